package emulator_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func (tn *tenant) controlCall(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, tn.ControlURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := tn.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestTheControlPortSteersTheTenant(t *testing.T) {
	tn := start(t, emulator.Options{
		ControlAddress: "127.0.0.1:0", Clock: testingclock.NewFakePassiveClock(startTime),
	})
	version := func() reply { return tn.send(t, http.MethodGet, "/sysinfo/version", "", nil) }
	steps := []struct {
		name, method, path, body string
		status                   int
		text                     string // of the answer, when not empty
		then                     func() any
		want                     any
	}{
		{"health", "GET", "/healthz", "", 200, "ok\n", nil, nil},
		{"the CA", "GET", "/ca.pem", "", 200, string(tn.CABundle()), nil, nil},
		{
			"a fault", "POST", "/faults", `{"operation":"*","kind":"Status","status":503,"count":5}`, 204, "",
			func() any { return version().status }, 503,
		},
		{"no faults", "DELETE", "/faults", "", 204, "", func() any { return version().status }, 200},
		{"counters", "GET", "/calls", "", 200, `{"SysInfo/Version":2}` + "\n", nil, nil},
		{"no counters", "DELETE", "/calls", "", 204, "", func() any { return tn.Calls().Total() }, 0},
		{
			"an offset", "POST", "/clock-offset", `{"offset":"-90s"}`, 204, "",
			func() any { return version().header.Get("Date") }, "Sun, 01 Mar 2026 11:58:30 GMT",
		},
		{"a fault that stays", "POST", "/faults", `{"operation":"Roles/*","kind":"SlowBody","delay":"1s"}`, 204, "", nil, nil},
		{
			"the faults", "GET", "/faults", "", 200,
			`[{"operation":"Roles/*","kind":"SlowBody","delay":"1s"}]` + "\n", nil, nil,
		},
		{"switches", "PUT", "/switches", `{"mergeProfile":true}`, 204, "", func() any { return tn.Switches().MergeProfile }, true},
		{"the switches", "GET", "/switches", "", 200, `{"mergeProfile":true}` + "\n", nil, nil},
		{"an unknown switch", "PUT", "/switches", `{"mergeProfiles":true}`, 400, "", func() any { return tn.Switches().MergeProfile }, true},
		{"an unknown reading", "PUT", "/switches", `{"scriptField":"Code"}`, 400, "", nil, nil},
		{"no switches", "PUT", "/switches", `{}`, 204, "", func() any { return tn.Switches() }, emulator.Switches{}},
		{"a rate limit", "PUT", "/rate-limit", `{"perSecond":0.001,"burst":1}`, 204, "", func() any { return version().status }, 200},
		{"the rate limit", "GET", "/rate-limit", "", 200, `{"perSecond":0.001,"burst":1}` + "\n", func() any { return version().status }, 429},
		{"a negative rate limit", "PUT", "/rate-limit", `{"perSecond":-1}`, 400, "", nil, nil},
		{"no rate limit", "PUT", "/rate-limit", `{}`, 204, "", func() any { return version().status }, 200},
		{"two values", "PUT", "/rate-limit", `{} {}`, 400, "", nil, nil},
		{"no JSON", "POST", "/faults", `no`, 400, "", nil, nil},
		{"an unknown kind", "POST", "/faults", `{"operation":"*","kind":"Flood"}`, 400, "", nil, nil},
		{"an unknown field", "POST", "/faults", `{"operation":"*","kind":"HTML","when":"now"}`, 400, "", nil, nil},
		{"a fault for nothing", "POST", "/faults", `{"kind":"HTML"}`, 400, "", nil, nil},
		{"latency without delay", "POST", "/faults", `{"operation":"*","kind":"Latency"}`, 400, "", nil, nil},
		{"a delay without unit", "POST", "/faults", `{"operation":"*","kind":"Latency","delay":"5"}`, 400, "", nil, nil},
		{"an offset without unit", "POST", "/clock-offset", `{"offset":"5"}`, 400, "", nil, nil},
	}
	for _, step := range steps {
		status, text := tn.controlCall(t, step.method, step.path, step.body)
		if status != step.status || (step.text != "" && text != step.text) {
			t.Errorf("%s: %d %q, want %d %q", step.name, status, text, step.status, step.text)
		}
		if step.then != nil {
			check(t, step.want, step.then())
		}
	}
}

func TestPagesOfOtherSitesDoNotReachTheControlPort(t *testing.T) {
	tn := start(t, emulator.Options{ControlAddress: "127.0.0.1:0"})
	for name, header := range map[string]map[string]string{
		"by their origin":          {"Origin": "https://attacker.example"},
		"by the browser's account": {"Sec-Fetch-Site": "cross-site"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, tn.ControlURL()+"/faults", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range header {
			request.Header.Set(key, value)
		}
		response, err := tn.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("told %s: status %d", name, response.StatusCode)
		}
	}
}
