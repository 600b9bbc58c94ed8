package tenant_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// answerWith is a way in which a stub answers a call.
func answerWith(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

func TestWhatOpensACircuit(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		opens  bool
	}{
		"a server that fails":        {answerWith(http.StatusInternalServerError), true},
		"a gateway without a server": {answerWith(http.StatusBadGateway), true},
		"no answer":                  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true},
		"a refusal":                  {answerWith(http.StatusForbidden), false},
		"an unknown path":            {answerWith(http.StatusNotFound), false},
		"a page for people":          {answerWith(http.StatusOK, "Content-Type", "text/html"), false},
		"too many calls":             {answerWith(http.StatusTooManyRequests), false},
		"a pause that is asked for":  {answerWith(http.StatusServiceUnavailable, "Retry-After", "1"), false},
		"a failed call": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"success":false,"Message":"no"}`))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t)
			session := s.session(t)
			s.change(func(s *stub) { s.refuse = tc.answer })
			for range 8 {
				_, _ = session.Admin().WhoAmI(t.Context())
				s.clock.Step(1100 * time.Millisecond)
			}
			if open := session.Circuit().Open; open != tc.opens {
				t.Errorf("the circuit is open: %v", open)
			}
			if _, calls := s.counts(); tc.opens && calls != 5 || !tc.opens && calls != 8 {
				t.Errorf("%d calls were sent", calls)
			}
		})
	}
}

// deaf makes a stub fail all calls until it hears again.
func (s *stub) deaf(deaf bool) {
	s.change(func(s *stub) {
		s.refuse, s.login = nil, nil
		if deaf {
			s.refuse, s.login = answerWith(http.StatusBadGateway), answerWith(http.StatusBadGateway)
		}
	})
}

func exhaust(t *testing.T, session *tenant.Session) {
	t.Helper()
	for range 5 {
		_, _ = session.RequestToken(t.Context(), "orders", admin(canary), oauth.ScopeSet{})
	}
	if !session.Circuit().Open {
		t.Fatal("the circuit is not open")
	}
}

func TestAnOpenCircuitRefusesEverybodyWithoutACall(t *testing.T) {
	s := newStub(t)
	pool := tenant.NewPool(s.clock, nil)
	one, other := open(t, pool, "one", s.settings()), open(t, pool, "other", s.settings())
	s.deaf(true)
	exhaust(t, one)
	logins, _ := s.counts()

	_, err := other.RequestToken(t.Context(), "orders", admin(canary), oauth.ScopeSet{})
	want := `requesting token for application "orders": calls are held back until the tenant answers again: tenant answers with status 502`
	if text(err) != want || failure.ClassOf(err) != failure.Transient {
		t.Errorf("error is %v, of class %v", err, failure.ClassOf(err))
	}
	if wait := failure.RetryAfter(err); wait < 4*time.Second || wait > 5*time.Second {
		t.Errorf("the call may go after %v", wait)
	}
	if now, _ := s.counts(); now != logins {
		t.Error("a call was sent")
	}

	s.deaf(false)
	s.clock.Step(5 * time.Second)
	for _, session := range []*tenant.Session{other, one} {
		if _, err := session.RequestToken(t.Context(), "orders", admin(canary), oauth.ScopeSet{}); err != nil {
			t.Error(err)
		}
	}
	if c := one.Circuit(); c.Open || !c.Answered || c.Err != nil {
		t.Errorf("the circuit is %+v", c)
	}
}

func TestACallThatIsGivenUpSaysNothing(t *testing.T) {
	s := newStub(t)
	session := s.session(t)
	stop := make(chan struct{})
	s.change(func(s *stub) { s.login = func(http.ResponseWriter, *http.Request) { <-stop } })
	for range 6 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		if _, err := session.RequestToken(ctx, "orders", admin(canary), oauth.ScopeSet{}); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	}
	close(stop)
	if session.Circuit().Open {
		t.Error("impatience opened the circuit")
	}
}

func TestCircuitsBelongToWays(t *testing.T) {
	s, another := newStub(t), newStub(t)
	pool := tenant.NewPool(s.clock, nil)
	dead, alive := open(t, pool, "dead", s.settings()), open(t, pool, "alive", another.settings())
	s.deaf(true)
	exhaust(t, dead)
	if _, err := alive.RequestToken(t.Context(), "orders", admin(canary), oauth.ScopeSet{}); err != nil {
		t.Errorf("another tenant suffers: %v", err)
	}

	same := s.settings()
	same.Timeout, same.Burst = time.Second, 3
	if !open(t, pool, "dead", same).Circuit().Open {
		t.Error("another timeout closed the circuit")
	}
	mended := s.settings()
	mended.CABundle = append([]byte("# renewed\n"), mended.CABundle...)
	if open(t, pool, "dead", mended).Circuit().Open {
		t.Error("another CA bundle waits for the circuit of the old one")
	}
}

func TestWatchersHearOfOpeningsAndClosings(t *testing.T) {
	s := newStub(t)
	pool := tenant.NewPool(s.clock, nil)
	heard := map[string]int{}
	stop := pool.Watch(func(name string) { heard[name]++ })
	one := open(t, pool, "one", s.settings())
	open(t, pool, "other", s.settings())
	elsewhere := newStub(t)
	open(t, pool, "elsewhere", elsewhere.settings())
	s.deaf(true)
	exhaust(t, one)
	exhaust(t, one)
	if heard["one"] != 1 || heard["other"] != 1 || heard["elsewhere"] != 0 {
		t.Errorf("after the opening, heard of %v", heard)
	}
	s.deaf(false)
	s.clock.Step(5 * time.Second)
	if _, err := one.RequestToken(t.Context(), "orders", admin(canary), oauth.ScopeSet{}); err != nil {
		t.Fatal(err)
	}
	if heard["one"] != 2 || heard["other"] != 2 {
		t.Errorf("after the closing, heard of %v", heard)
	}
	stop()
	s.deaf(true)
	exhaust(t, one)
	if heard["one"] != 2 {
		t.Error("who does not listen any more is told")
	}
}
