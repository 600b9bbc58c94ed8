package tenantfaults_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// trouble is what happens to a tenant for an hour.
type trouble struct {
	// begin lets it begin. It returns what ends it.
	begin func(s *street) (end func())
	// tokens says that tokens are renewed all the same.
	tokens bool
	// each is how many exchanges there may be for each object and hour, beside those of the first minutes; from the schedule of what happens.
	each int
	// length of it; an hour if 0.
	length time.Duration
}

// Exchanges in an hour.
const (
	// held: one probe at most for each pause of the circuit, which is a minute less a fifth: 75 for all objects together. For each of the 4 tokens that may
	// fall due there is one after each tenth of the time that it has left, too: 22 until a tenth of that is left, 66 until a second of a quarter of an hour is.
	held = (75 + 4*66) / 9
	// answered: each object asks after 5 minutes at most, at random, which makes 24 on the average; and for a token that lives, after each tenth of the
	// time that it has left.
	answered = 60
	// fine: what happens in an hour without any trouble, and a quarter more.
	fine = 20
)

// inject is a fault of the emulator.
func inject(fault emulator.Fault) func(*street) func() {
	return func(s *street) func() { return s.broken.tenant.Inject(fault) }
}

// answer is a fault before the tenant.
func answer(spoil func(http.ResponseWriter, *http.Request, http.Handler)) func(*street) func() {
	return func(s *street) func() {
		s.broken.front.answer.Store(&spoil)
		return func() { s.broken.front.answer.Store(nil) }
	}
}

// change is a mistake in the IdentityTenant.
func change(do func(*v1alpha1.IdentityTenant)) func(*street) func() {
	return func(s *street) func() {
		described := s.broken.described.object.(*v1alpha1.IdentityTenant)
		right := described.DeepCopy()
		s.Update(described, func() { do(described) })
		s.broken.described.due = s.clock.Now()
		return func() {
			s.Update(described, func() { described.Spec = right.Spec })
			s.broken.described.due = s.clock.Now()
			s.wake(s.broken, s.broken.described)
		}
	}
}

func isLogin(r *http.Request) bool {
	return strings.EqualFold(r.URL.Path, "/OAuth2/Token/operator-admin")
}

func troubles() map[string]trouble {
	var seen atomic.Int64
	return map[string]trouble{
		"errors of the server": {begin: inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 500}), each: held},
		"lost connections":     {begin: inject(emulator.Fault{Operation: "*", Kind: emulator.FaultResetBefore}), each: held},
		"no answers in time": {
			begin: inject(emulator.Fault{Operation: "*", Kind: emulator.FaultLatency, Delay: 1100 * time.Millisecond}), each: held, length: 5 * time.Minute,
		},
		"slow answers":   {begin: inject(emulator.Fault{Operation: "*", Kind: emulator.FaultLatency, Delay: 50 * time.Millisecond}), each: fine, tokens: true},
		"pages":          {begin: inject(emulator.Fault{Operation: "*", Kind: emulator.FaultHTML}), each: answered},
		"halves of JSON": {begin: inject(emulator.Fault{Operation: "*", Kind: emulator.FaultTruncatedJSON}), each: answered},
		"refusals":       {begin: inject(emulator.Fault{Operation: "*", Kind: emulator.FaultBusinessFailure}), each: answered},
		"throttling of every fifth call": {begin: answer(func(w http.ResponseWriter, r *http.Request, tenant http.Handler) {
			if seen.Add(1)%5 == 0 {
				w.Header().Set("Retry-After", "2")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			tenant.ServeHTTP(w, r)
		}), each: fine, tokens: true},
		"throttling of all calls": {begin: inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 429, RetryAfter: "30"}), each: answered},
		"admin tokens that have expired": {begin: answer(func(w http.ResponseWriter, r *http.Request, tenant http.Handler) {
			if strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			tenant.ServeHTTP(w, r)
		}), each: answered, tokens: true},
		"an admin credential that was rotated": {begin: func(s *street) func() {
			id, password := s.broken.tenant.AdminCredential()
			right := "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+password))
			return answer(func(w http.ResponseWriter, r *http.Request, tenant http.Handler) {
				if isLogin(r) && r.Header.Get("Authorization") == right || strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(http.StatusUnauthorized)
					_, _ = w.Write([]byte(`{"error":"invalid_client"}`))
					return
				}
				tenant.ServeHTTP(w, r)
			})(s)
		}, each: answered, tokens: true},
		"another certificate authority": {begin: func(s *street) func() {
			wrong := string(s.sound.tenant.CABundle())
			return change(func(t *v1alpha1.IdentityTenant) { t.Spec.TLS.CABundle = wrong })(s)
		}, each: held},
		// Only the proxy knows the tenant's name.
		"a name that does not resolve": {begin: change(func(t *v1alpha1.IdentityTenant) { t.Spec.Proxy = nil }), each: held},
		"a proxy that does not resolve": {begin: change(func(t *v1alpha1.IdentityTenant) {
			t.Spec.Proxy = &v1alpha1.ProxyConfig{URL: "http://proxy.invalid:3128"}
		}), each: held},
		"a clock that is ahead":  {begin: offset(7 * time.Minute), each: fine, tokens: true},
		"a clock that is behind": {begin: offset(-7 * time.Minute), each: fine, tokens: true},
	}
}

func offset(by time.Duration) func(*street) func() {
	return func(s *street) func() {
		s.broken.tenant.SetClockOffset(by)
		return func() { s.broken.tenant.SetClockOffset(0) }
	}
}

// brief are the troubles that each run of the tests goes through: one of each kind. RESILIENCE_LONG has all of them.
func brief() []string {
	return []string{
		"errors of the server", "halves of JSON", "throttling of every fifth call", "an admin credential that was rotated", "a name that does not resolve",
		"a clock that is ahead",
	}
}

// TestAnHourOfTrouble counts what the operator does while a tenant is in trouble, and looks at how it ends. One trouble comes after the other, and the operator
// is started again before each.
func TestAnHourOfTrouble(t *testing.T) {
	lifetimes := []time.Duration{20 * time.Minute, 40 * time.Minute, 90 * time.Minute, 3 * time.Hour}
	all := troubles()
	names := brief()
	if os.Getenv("RESILIENCE_LONG") != "" {
		names = slices.Sorted(maps.Keys(all))
	}
	whole := newStreet(t, lifetimes)
	for _, name := range names {
		if !t.Run(name, func(t *testing.T) { whole.in(t).goThrough(all[name]) }) {
			t.FailNow() // what comes next would begin with what is broken
		}
	}
}

func (s *street) goThrough(tc trouble) {
	s.t.Helper()
	s.restart()
	s.live(time.Minute)
	soonest := slices.MinFunc(s.broken.clients, func(a, b *item) int { return a.renewal.Compare(b.renewal) })
	s.live(soonest.renewal.Add(-10 * time.Second).Sub(s.clock.Now())) // so that something falls due however short it is
	length := tc.length
	if length == 0 {
		length = time.Hour
	}
	end := tc.begin(s)
	calls, elsewhere, passes := s.calls.exchanges.Load(), s.sound.tenant.Calls().Total(), s.passes
	s.live(length)
	neighbours := s.sound.tenant.Calls().Total() - elsewhere
	made := int(s.calls.exchanges.Load()-calls) - neighbours
	bound := tc.each * len(s.broken.items())
	s.t.Logf("%d exchanges of at most %d; %d with the neighbour, %d passes", made, bound, neighbours, s.passes-passes)
	if made > bound {
		s.t.Errorf("%d exchanges were made in %v, more than %d", made, length, bound)
	}
	if made == 0 {
		s.t.Error("nobody has looked whether it is over")
	}
	s.expectInOrder(s.sound, "the neighbour's")
	if tc.tokens {
		s.expectInOrder(s.broken, "its own")
	}
	live := map[*item]time.Time{}
	for _, i := range s.broken.clients {
		if i.expires.After(s.clock.Now()) {
			live[i] = i.expires
		}
	}
	end()
	s.live(6 * time.Minute) // the back-off ends after five
	for i, expired := range live {
		if i.expires.Equal(expired) && expired.Before(s.clock.Now()) {
			s.t.Errorf("the token of %s was good when the trouble ended, and has expired since", i.object.GetName())
		}
	}
	if !s.allReady() {
		s.live(time.Hour) // what only somebody's act ends is tried again after an hour
	}
	for _, i := range s.broken.items() {
		if !i.ready {
			s.t.Errorf("%T %s is not Ready when it is all over: %s", i.object, i.object.GetName(), why(i))
		}
	}
	s.expectInOrder(s.sound, "the neighbour's")
}

func (s *street) allReady() bool {
	return !slices.ContainsFunc(s.broken.items(), func(i *item) bool { return !i.ready })
}

// expectInOrder checks that all tokens of a house are good, and were replaced when they were due.
func (s *street) expectInOrder(h *house, whose string) {
	s.t.Helper()
	const most = 30 * time.Second
	for _, i := range h.clients {
		if !i.expires.After(s.clock.Now()) || i.late > most {
			s.t.Errorf("%s client %s: its token expires at %v, it is %v, and one was %v late: %s", whose, i.object.GetName(), i.expires, s.clock.Now(), i.late, why(i))
		}
	}
}

// why tells the conditions of an object.
func why(i *item) string {
	var conditions []string
	add := func(kind, status, reason, message string) {
		conditions = append(conditions, fmt.Sprintf("%s=%s %s: %s", kind, status, reason, message))
	}
	switch o := i.object.(type) {
	case *v1alpha1.IdentityTenant:
		for _, c := range o.Status.Conditions {
			add(c.Type, string(c.Status), c.Reason, c.Message)
		}
	case *v1alpha1.OAuthClient:
		for _, c := range o.Status.Conditions {
			add(c.Type, string(c.Status), c.Reason, c.Message)
		}
	case *v1alpha1.ConfidentialClient:
		for _, c := range o.Status.Conditions {
			add(c.Type, string(c.Status), c.Reason, c.Message)
		}
	}
	return strings.Join(conditions, "; ")
}
