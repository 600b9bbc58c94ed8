package emulator_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestFaultsReplaceTheAnswer(t *testing.T) {
	cases := map[string]struct {
		fault       emulator.Fault
		status      int
		contentType string
		retryAfter  string
		text        string // part of the body
		effect      bool
	}{
		"a status with its header": {
			emulator.Fault{Kind: emulator.FaultStatus, Status: 429, RetryAfter: "7", Body: "slow down"},
			429,
			"text/plain; charset=utf-8", "7", "slow down", false,
		},
		"a status without advice": {
			emulator.Fault{Kind: emulator.FaultStatus, Status: 429},
			429,
			"text/plain; charset=utf-8", "", "", false,
		},
		"advice as a date": {
			emulator.Fault{Kind: emulator.FaultStatus, Status: 503, RetryAfter: "Sun, 01 Mar 2026 12:00:00 GMT", Body: "{}"},
			503,
			"application/json; charset=utf-8", "Sun, 01 Mar 2026 12:00:00 GMT", "{}", false,
		},
		"a page with a status": {
			emulator.Fault{Kind: emulator.FaultHTML, Status: 502, Body: "<p>Bad gateway</p>"},
			502,
			"text/html; charset=utf-8", "", "Bad gateway", false,
		},
		"a slow body": {
			emulator.Fault{Kind: emulator.FaultSlowBody, Delay: time.Millisecond},
			200, "application/json; charset=utf-8", "",
			`"success":true`, true,
		},
		"a status by default": {
			emulator.Fault{Kind: emulator.FaultStatus}, 500, "text/plain; charset=utf-8", "", "", false,
		},
		"a business failure": {
			emulator.Fault{Kind: emulator.FaultBusinessFailure, Body: "No."},
			200, "application/json; charset=utf-8", "",
			`"Message":"No."`, false,
		},
		"a page": {
			emulator.Fault{Kind: emulator.FaultHTML}, 200, "text/html; charset=utf-8", "", "<html>", false,
		},
		"half an answer": {
			emulator.Fault{Kind: emulator.FaultTruncatedJSON},
			200, "application/json; charset=utf-8", "",
			`{"success":true`, true,
		},
		"a fault of another operation": {
			emulator.Fault{Kind: emulator.FaultHTML, Operation: "Roles/*"},
			200, "application/json; charset=utf-8", "",
			`{"success":true`, true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tn := start(t, emulator.Options{})
			token := tn.login(t)
			if tc.fault.Operation == "" {
				tc.fault.Operation = "saasmanage/*"
			}
			remove := tn.Inject(tc.fault)
			defer remove()
			r := tn.call(t, token, "SaasManage/ImportAppFromTemplate", object{"ID": []string{"OAuth2Server"}})
			check(t, tc.status, r.status)
			check(t, tc.contentType, r.header.Get("Content-Type"))
			check(t, tc.retryAfter, r.header.Get("Retry-After"))
			if !strings.Contains(r.text, tc.text) {
				t.Errorf("body %q lacks %q", r.text, tc.text)
			}
			if tc.fault.Kind == emulator.FaultTruncatedJSON && json.Valid([]byte(r.text)) {
				t.Error("the body is valid JSON")
			}
			check(t, tc.effect, len(tn.Applications()) == 2)
			check(t, 1, tn.Calls()["SaasManage/ImportAppFromTemplate"])
		})
	}
}

func TestResetsLoseTheAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		kind emulator.FaultKind
		want int
	}{
		"before the effect": {emulator.FaultResetBefore, 1},
		"after the effect":  {emulator.FaultResetAfter, 2},
	} {
		t.Run(name, func(t *testing.T) {
			tn := start(t, emulator.Options{})
			token := tn.login(t)
			tn.Inject(emulator.Fault{Operation: "*", Kind: tc.kind, Count: 1})
			_, err := tn.try(t, http.MethodPost, "/SaasManage/ImportAppFromTemplate", `{"ID":["OAuth2Server"]}`,
				map[string]string{"Authorization": "Bearer " + token})
			if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
				t.Errorf("error is %v, want a reset", err)
			}
			check(t, tc.want, len(tn.Applications()))
			check(t, 1, tn.Calls()["SaasManage/ImportAppFromTemplate"])
			tn.must(t, token, "security/whoami", nil)
		})
	}
}

func TestFaultsEnd(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	status := func() int {
		t.Helper()
		return tn.call(t, token, "security/whoami", nil).status
	}
	tn.Inject(emulator.Fault{Operation: "Security/WhoAmI", Kind: emulator.FaultStatus, Status: 503, Count: 2})
	remove := tn.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 502})
	check(t, []int{503, 503, 502, 502}, []int{status(), status(), status(), status()})
	remove()
	remove()
	check(t, 200, status())
	tn.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultHTML, Status: 500})
	tn.ClearFaults()
	check(t, 200, status())
}

func TestLatencyIsRealAndEndsWithTheEmulator(t *testing.T) {
	tn := start(t, emulator.Options{Clock: testingclock.NewFakePassiveClock(startTime)})
	tn.Inject(emulator.Fault{Operation: "SysInfo/Version", Kind: emulator.FaultLatency, Delay: 20 * time.Millisecond, Count: 1})
	began := time.Now()
	tn.send(t, http.MethodGet, "/sysinfo/version", "", nil)
	if took := time.Since(began); took < 20*time.Millisecond {
		t.Errorf("the call took %v", took)
	}
	tn.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultLatency, Delay: time.Hour})
	var waiting sync.WaitGroup
	waiting.Go(func() { _, _ = tn.try(t, http.MethodGet, "/sysinfo/version", "", nil) })
	for tn.Calls()["SysInfo/Version"] < 2 {
		runtime.Gosched()
	}
	if err := tn.Close(); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
}

func TestASlowBodyComesAfterItsHeader(t *testing.T) {
	tn := start(t, emulator.Options{})
	const took = 50 * time.Millisecond
	tn.Inject(emulator.Fault{Operation: "SysInfo/Version", Kind: emulator.FaultSlowBody, Delay: took})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tn.URL()+"/sysinfo/version", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	response, err := tn.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	check(t, http.StatusOK, response.StatusCode)
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(content) || int64(len(content)) != response.ContentLength {
		t.Errorf("the body is %q, of %d bytes announced", content, response.ContentLength)
	}
	if waited := time.Since(began); waited < took {
		t.Errorf("the body took %v", waited)
	}
}

func TestTheDateFollowsTheTenantsClock(t *testing.T) {
	tn := start(t, emulator.Options{Clock: testingclock.NewFakePassiveClock(startTime)})
	tn.SetClockOffset(-time.Hour)
	check(t, "Sun, 01 Mar 2026 11:00:00 GMT", tn.send(t, http.MethodGet, "/sysinfo/version", "", nil).header.Get("Date"))
}

func TestCountersTellWhatWasCalled(t *testing.T) {
	tn := start(t, emulator.Options{})
	token := tn.login(t)
	before := tn.Calls()
	tn.call(t, token, "SECURITY/whoami/", nil)
	tn.call(t, token, "RedRock/Query", object{"Script": "SELECT * FROM User"})
	tn.call(t, token, "redrock/query/", object{"Script": "SELECT * FROM User"})
	tn.call(t, token, "no/such", nil)
	got := tn.Calls().Sub(before)
	check(t, emulator.Counters{"Security/WhoAmI": 1, "Redrock/query": 2, "Unknown": 1}, got)
	check(t, 4, got.Total())
	check(t, "Redrock/query: 2\nSecurity/WhoAmI: 1\nUnknown: 1", got.String())
	check(t, emulator.Counters{"OAuth2/Token/operator-admin": -1}, emulator.Counters{}.Sub(before))
	tn.ResetCalls()
	check(t, 0, tn.Calls().Total())
}

func TestTheLogHoldsNoSecrets(t *testing.T) {
	var log syncBuffer
	tn := start(t, emulator.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	token := tn.login(t)
	tn.must(t, token, "CDirectoryService/CreateUser", object{"Name": "svc@example.test", "Password": goodPassword})
	_, secret := tn.AdminCredential()
	text := log.String()
	if !strings.Contains(text, "operation=CDirectoryService/CreateUser") {
		t.Errorf("the log lacks the call: %s", text)
	}
	for _, planted := range []string{token, secret, goodPassword} {
		if strings.Contains(text, planted) {
			t.Error("the log holds a secret")
		}
	}
}

// syncBuffer is a buffer that several goroutines may use.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
