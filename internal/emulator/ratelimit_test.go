package emulator_test

import (
	"net/http"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestCallsBeyondTheRateLimitAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		limit      emulator.RateLimit
		statuses   []int // of four calls at one moment
		retryAfter string
		then       []int // of two more, four seconds later
	}{
		"no limit":        {emulator.RateLimit{}, []int{200, 200, 200, 200}, "", []int{200, 200}},
		"a call a second": {emulator.RateLimit{PerSecond: 1}, []int{200, 429, 429, 429}, "1", []int{200, 429}},
		"a burst":         {emulator.RateLimit{PerSecond: 1, Burst: 3}, []int{200, 200, 200, 429}, "1", []int{200, 200}},
		"a slow tenant":   {emulator.RateLimit{PerSecond: 0.25}, []int{200, 429, 429, 429}, "4", []int{200, 429}},
		"no advice": {
			emulator.RateLimit{PerSecond: 1, Burst: 3, WithoutRetryAfter: true}, []int{200, 200, 200, 429}, "", []int{200, 200},
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := testingclock.NewFakePassiveClock(startTime)
			tn := start(t, emulator.Options{Clock: clock, RateLimit: tc.limit})
			var last reply
			call := func() int {
				last = tn.send(t, http.MethodGet, "/sysinfo/version", "", nil)
				return last.status
			}
			check(t, tc.statuses, []int{call(), call(), call(), call()})
			check(t, tc.retryAfter, last.header.Get("Retry-After"))
			clock.SetTime(startTime.Add(4 * time.Second))
			check(t, tc.then, []int{call(), call()})
			check(t, 6, tn.Calls().Total())
		})
	}
}

func TestRefusedCallsHaveNoEffect(t *testing.T) {
	tn := start(t, emulator.Options{Clock: testingclock.NewFakePassiveClock(startTime)})
	token := tn.login(t)
	if err := tn.SetRateLimit(emulator.RateLimit{PerSecond: 1}); err != nil {
		t.Fatal(err)
	}
	tn.must(t, token, "Security/WhoAmI", nil)
	check(t, 429, tn.call(t, token, "Roles/StoreRole", object{"Name": "ops"}).status)
	if _, ok := tn.Role("ops"); ok {
		t.Error("the refused call stored the role")
	}
	if err := tn.SetRateLimit(emulator.RateLimit{PerSecond: -1}); err == nil {
		t.Error("a negative limit was accepted")
	}
	check(t, emulator.RateLimit{PerSecond: 1, Burst: 1}, tn.RateLimit())
}
