package emulator

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"
)

// TestMemoryIsFlatOverExpiredTokens requests 100,000 tokens that live for a minute each, of which few live at any time, and
// compares what is held after the first tenth and at the end.
func TestMemoryIsFlatOverExpiredTokens(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const tokens, tenth = 100_000, 10_000
	clock := testingclock.NewFakePassiveClock(noon)
	seed := DefaultSeed()
	seed.Users[0].Password = "Memory-Password-1"
	seed.Applications = append(seed.Applications, SeedApplication{
		ServiceName: "opaque", Profile: map[string]any{"TokenType": tokenTypeOpaque, "TokenLifetimeString": "00:01:00"},
		Grants: []SeedGrant{{Role: "OAuth Operators"}},
	})
	e, err := Start(Options{Seed: seed, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"oauth-operator@example.test"}, "client_secret": {"Memory-Password-1"},
	}.Encode()
	request := func() {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/OAuth2/Token/opaque", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer := httptest.NewRecorder()
		e.ServeHTTP(answer, r)
		if answer.Code != http.StatusOK {
			t.Fatalf("answered %d %s", answer.Code, answer.Body)
		}
	}
	held := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var early uint64
	app, _ := e.Application("opaque")
	for n := 1; n <= tokens; n++ {
		request()
		clock.SetTime(clock.Now().Add(100 * time.Millisecond)) // 600 live
		if n == tenth {
			early = held()
		}
	}
	late := held()
	t.Logf("%d KiB after %d tokens, %d KiB after %d; %d are remembered", early>>10, tenth, late>>10, tokens, e.IssuedTokens(app.Key))
	if n := e.IssuedTokens(app.Key); n > 600+pruneEvery {
		t.Errorf("%d tokens are remembered, of which 600 live", n)
	}
	if late > early+1<<20 {
		t.Errorf("what is held grew from %d to %d KiB", early>>10, late>>10)
	}
}
