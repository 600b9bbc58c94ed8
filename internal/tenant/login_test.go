package tenant_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

func TestRefusedTokenLeadsToOneLoginUnderParallelCalls(t *testing.T) {
	s := newStub(t)
	session := s.session(t)
	if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.revoke()
	inParallel(20, func() {
		if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if logins, _ := s.counts(); logins != 2 {
		t.Errorf("there were %d logins, want the first and one more", logins)
	}
}

func TestFirstLoginIsShared(t *testing.T) {
	s := newStub(t)
	session := s.session(t)
	inParallel(20, func() { _, _ = session.Admin().WhoAmI(t.Context()) })
	if logins, calls := s.counts(); logins != 1 || calls != 20 {
		t.Errorf("there were %d logins and %d calls", logins, calls)
	}
}

func TestLoginIsRenewedByAge(t *testing.T) {
	cases := map[string]struct {
		lifetime, age time.Duration
		logins        int
	}{
		"a token is used for most of its life":          {time.Hour, 47 * time.Minute, 1},
		"a token is replaced after 80 % of its life":    {time.Hour, 48 * time.Minute, 2},
		"a short-lived token is used":                   {time.Minute, 29 * time.Second, 1},
		"a token is replaced 30 seconds before its end": {time.Minute, 30 * time.Second, 2},
		"a token that is always too old is used once":   {10 * time.Second, 0, 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t)
			s.lifetime = tc.lifetime
			session := s.session(t)
			for range 2 {
				if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.clock.Step(tc.age)
			}
			if logins, _ := s.counts(); logins != tc.logins {
				t.Errorf("there were %d logins, want %d", logins, tc.logins)
			}
		})
	}
}

func TestRefusedCredentialIsUnauthorizedAndNotSentAgainAtOnce(t *testing.T) {
	s := newStub(t)
	session := s.session(t)
	s.change(func(s *stub) { s.password = "another" })
	want := `calling security/whoami: logging in: requesting token for application "operator-admin": ` +
		"token endpoint answered 401 invalid_client"
	for range 5 {
		_, err := session.Admin().WhoAmI(t.Context())
		if _, isLogin := errors.AsType[*tenant.LoginError](err); !isLogin || err.Error() != want {
			t.Errorf("error is %v", err)
		}
		if failure.ClassOf(err) != failure.Unauthorized || !oauth.IsInvalidClient(err) {
			t.Errorf("class is %s", failure.ClassOf(err))
		}
	}
	expectLogins(t, s, 1)

	s.clock.Step(30 * time.Second)
	_, _ = session.Admin().WhoAmI(t.Context())
	expectLogins(t, s, 2)

	s.change(func(s *stub) { s.password = canary })
	if err := session.Authenticate(t.Context()); err != nil {
		t.Errorf("when somebody insists the error is %v", err)
	}
	if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
		t.Error(err)
	}
	expectLogins(t, s, 3)
}

func TestChangedCredentialIsSentAtOnce(t *testing.T) {
	s := newStub(t)
	pool := tenant.NewPool(s.clock, nil)
	s.password = "new"
	for i, password := range []string{canary, "new"} {
		settings := s.settings()
		settings.Credential = func(context.Context) (oauth.Credential, error) { return admin(password), nil }
		session, err := pool.Session("corp", settings)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Admin().WhoAmI(t.Context()); (err == nil) != (i == 1) {
			t.Errorf("with the password number %d the error is %v", i, err)
		}
	}
	expectLogins(t, s, 2)
}

func TestAuthenticateReplacesTheToken(t *testing.T) {
	s := newStub(t)
	session := s.session(t)
	for range 2 {
		if err := session.Authenticate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	principal, err := session.Admin().WhoAmI(t.Context())
	if err != nil || principal.Name != "token-2" {
		t.Errorf("the call went with %s, error %v", principal.Name, err)
	}
	expectLogins(t, s, 2)
}

func TestLoginFails(t *testing.T) {
	cases := map[string]struct {
		change func(*stub, *tenant.Settings)
		class  failure.Class
		text   string
	}{
		"a scope that is refused is no fault of the caller's object": {
			func(s *stub, _ *tenant.Settings) { s.login = answer(400, `{"error":"invalid_scope"}`) },
			failure.Unauthorized, `requesting token for application "operator-admin": token endpoint answered 400 invalid_scope`,
		},
		"an outage stays an outage": {
			func(s *stub, _ *tenant.Settings) { s.login = answer(502, canary) },
			failure.Transient, `requesting token for application "operator-admin": token endpoint answered 502`,
		},
		"a credential that can't be read": {
			func(_ *stub, set *tenant.Settings) {
				set.Credential = func(context.Context) (oauth.Credential, error) {
					return oauth.Credential{}, errors.New("Secret corp-admin is not there")
				}
			},
			failure.Unexpected, "reading the admin credential: Secret corp-admin is not there",
		},
		"no credential": {
			func(_ *stub, set *tenant.Settings) { set.Credential = nil },
			failure.Unauthorized, "tenant has no admin credential",
		},
		"a tenant for tokens only": {
			func(_ *stub, set *tenant.Settings) { set.ApplicationID = "" },
			failure.Unauthorized, "tenant has no admin credential",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t)
			settings := s.settings()
			tc.change(s, &settings)
			session, err := tenant.NewPool(s.clock, nil).Session("corp", settings)
			if err != nil {
				t.Fatal(err)
			}
			err = session.Authenticate(t.Context())
			if err == nil || err.Error() != tc.text {
				t.Errorf("error is %v, want %s", err, tc.text)
			}
			if got := failure.ClassOf(err); got != tc.class {
				t.Errorf("class is %s, want %s", got, tc.class)
			}
		})
	}
}

func TestCallerThatGivesUpDoesNotSpoilTheLogin(t *testing.T) {
	s := newStub(t)
	release := make(chan struct{})
	settings := s.settings()
	settings.Credential = func(context.Context) (oauth.Credential, error) {
		<-release
		return admin(canary), nil
	}
	session, err := tenant.NewPool(s.clock, nil).Session("corp", settings)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := session.Admin().WhoAmI(ctx)
		gaveUp <- err
	}()
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	close(release)
	if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
		t.Error(err)
	}
	if logins, _ := s.counts(); logins > 1 {
		t.Errorf("there were %d logins", logins)
	}
}

func TestNoSecretInErrors(t *testing.T) {
	s := newStub(t)
	session := s.session(t)
	for _, echo := range []http.HandlerFunc{
		answer(200, `{"success":false,"Message":"`+canary+`","MessageID":"`+canary+`","ErrorID":"`+canary+`"}`),
		answer(500, canary), answer(200, `{"success":true,"Result":{"User":["`+canary+`"]}}`), answer(200, "<"+canary),
		answer(302, canary), answer(403, canary),
	} {
		s.change(func(s *stub) { s.refuse = echo })
		_, err := session.Admin().WhoAmI(t.Context())
		if err == nil || strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "token-1") {
			t.Errorf("error is %v", err)
		}
	}
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://elsewhere.example/"+canary)
		w.Header().Set("X-Echo", canary)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func expectLogins(t *testing.T, s *stub, want int) {
	t.Helper()
	if logins, _ := s.counts(); logins != want {
		t.Errorf("there were %d logins, want %d", logins, want)
	}
}

func inParallel(n int, do func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(do)
	}
	all.Wait()
}

func TestATokenOfAnEarlierCredentialIsNotUsedAnyMore(t *testing.T) {
	for name, outage := range map[string]http.HandlerFunc{"the new one is refused": nil, "the tenant does not answer": answerWith(http.StatusBadGateway)} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t)
			pool := tenant.NewPool(s.clock, nil)
			session := open(t, pool, "corp", s.settings())
			if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
				t.Fatal(err)
			}
			changed := s.settings()
			changed.Credential = func(context.Context) (oauth.Credential, error) { return admin("wrong"), nil }
			if open(t, pool, "corp", changed) != session {
				t.Fatal("it is another session")
			}
			s.change(func(s *stub) { s.login = outage })
			if err := session.Authenticate(t.Context()); err == nil {
				t.Fatal("the wrong credential is accepted")
			}
			_, before := s.counts()
			if _, err := session.Admin().WhoAmI(t.Context()); err == nil {
				t.Error("the token of the old credential still opens the tenant")
			}
			if _, calls := s.counts(); calls != before {
				t.Error("a call was made with the token of the old credential")
			}
			s.change(func(s *stub) { s.login = nil })
			open(t, pool, "corp", s.settings())
			if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
				t.Errorf("the right credential is not used: %v", err)
			}
		})
	}
}

func TestATokenSurvivesALoginThatFailsWithItsOwnCredential(t *testing.T) {
	s := newStub(t)
	session := s.session(t)
	if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.change(func(s *stub) { s.login = answerWith(http.StatusBadGateway) })
	if err := session.Authenticate(t.Context()); err == nil {
		t.Fatal("there is no outage")
	}
	if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
		t.Errorf("a good token is lost in an outage: %v", err)
	}
}
