package tenant_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

func TestSameSettingsKeepTheSession(t *testing.T) {
	s := newStub(t)
	pool := tenant.NewPool(s.clock, nil)
	first := open(t, pool, "corp", s.settings())
	changes := map[string]struct {
		change func(*tenant.Settings)
		same   bool
	}{
		"nothing":                       {func(*tenant.Settings) {}, true},
		"another spelling of the URL":   {func(s *tenant.Settings) { s.URL = strings.Replace(s.URL, "https", "HTTPS", 1) + "/" }, true},
		"a default that is spelled out": {func(s *tenant.Settings) { s.Timeout = 10 * time.Second }, true},
		"another reader of the credential": {func(s *tenant.Settings) {
			s.Credential = func(context.Context) (oauth.Credential, error) { return oauth.Credential{}, nil }
		}, true},
		"another timeout":     {func(s *tenant.Settings) { s.Timeout = time.Second }, false},
		"another CA bundle":   {func(s *tenant.Settings) { s.CABundle = nil }, false},
		"another application": {func(s *tenant.Settings) { s.ApplicationID = "x" }, false},
		"another scope":       {func(s *tenant.Settings) { s.Scope = "x" }, false},
		"other limits":        {func(s *tenant.Settings) { s.Burst = 7 }, false},
	}
	for name, tc := range changes {
		t.Run(name, func(t *testing.T) {
			settings := s.settings()
			tc.change(&settings)
			if same := open(t, pool, "corp", settings) == first; same != tc.same {
				t.Errorf("same session: %v", same)
			}
			first = open(t, pool, "corp", s.settings())
		})
	}
	pool.Forget("corp")
	pool.Forget("unknown")
	if open(t, pool, "corp", s.settings()) == first {
		t.Error("a forgotten session is remembered")
	}
}

func TestBadSettingsAreExplained(t *testing.T) {
	s := newStub(t)
	good := string(certificate(s.server))
	cases := map[string]struct {
		url, bundle, want string
	}{
		"plain HTTP":           {"http://x.example", "", "tenant URL must start with https://"},
		"a user in the URL":    {"https://u:p@x.example", "", "tenant URL must not contain a user or password"},
		"a path":               {"https://x.example/a", "", "tenant URL must end after the host, without path, query or fragment"},
		"a query":              {"https://x.example?a", "", "tenant URL must end after the host, without path, query or fragment"},
		"no host":              {"https://", "", "tenant URL must name a host"},
		"no URL":               {"https://u:" + canary + "@%", "", "tenant URL is not a URL"},
		"a bundle of text":     {"https://x.example", "hello", "CA bundle holds something else than PEM after 0 certificates"},
		"a truncated bundle":   {"https://x.example", good + good[:200], "CA bundle holds something else than PEM after 1 certificates"},
		"a key in the bundle":  {"https://x.example", strings.ReplaceAll(good, "CERTIFICATE", "PRIVATE KEY"), `CA bundle holds a PEM block "PRIVATE KEY", only CERTIFICATE is allowed`},
		"a broken certificate": {"https://x.example", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "reading certificate 1 of the CA bundle: x509: malformed certificate"},
		"comments are fine":    {"https://x.example", "# a\n" + good + "# b\n", ""},
		"an IPv6 address":      {"https://[::1]:443/", "", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := tenant.NewPool(s.clock, nil).Session("corp", tenant.Settings{URL: tc.url, CABundle: []byte(tc.bundle)})
			if got := text(err); got != tc.want {
				t.Errorf("error is %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRequestToken(t *testing.T) {
	s := newStub(t)
	session := s.session(t)
	token, err := session.RequestToken(t.Context(), "orders", admin(canary), oauth.NewScopeSet("read"))
	if err != nil || token.AccessToken.Reveal() != "token-1" || token.Scopes.String() != "read" {
		t.Errorf("token %v, error %v", token, err)
	}
	_, err = session.RequestToken(t.Context(), "orders", admin("wrong"), oauth.ScopeSet{})
	want := `requesting token for application "orders": token endpoint answered 401 invalid_client`
	if text(err) != want || !oauth.IsInvalidClient(err) {
		t.Errorf("error is %v", err)
	}
}

func TestThrottlingClosesAllSessionsOfATenant(t *testing.T) {
	s := newStub(t)
	pool := tenant.NewPool(s.clock, nil)
	one, other := open(t, pool, "one", s.settings()), open(t, pool, "other", s.settings())
	throttle := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "40")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	s.change(func(s *stub) { s.refuse = throttle })
	_, err := one.Admin().WhoAmI(t.Context())
	if failure.ClassOf(err) != failure.Throttled || failure.RetryAfter(err) != 40*time.Second {
		t.Errorf("error is %v", err)
	}
	s.change(func(s *stub) { s.refuse = nil })
	s.clock.Step(10 * time.Second)

	_, err = other.RequestToken(t.Context(), "orders", admin(canary), oauth.ScopeSet{})
	if text(err) != `requesting token for application "orders": tenant asked for a pause in calls` ||
		failure.ClassOf(err) != failure.Throttled || failure.RetryAfter(err) != 30*time.Second {
		t.Errorf("error is %v, retry after %v", err, failure.RetryAfter(err))
	}
	if logins, calls := s.counts(); logins != 1 || calls != 1 {
		t.Errorf("there were %d logins and %d calls", logins, calls)
	}
	s.clock.Step(30 * time.Second)
	if _, err := one.Admin().WhoAmI(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLowestLimitOfAURLHolds(t *testing.T) {
	s := newStub(t)
	pool := tenant.NewPool(s.clock, nil)
	generous := open(t, pool, "generous", s.settings())
	strict := s.settings()
	strict.Burst, strict.RequestsPerSecond = 2, 0.5
	open(t, pool, "strict", strict)
	var err error
	for range 3 {
		_, err = generous.RequestToken(t.Context(), "orders", admin(canary), oauth.ScopeSet{})
	}
	if failure.ClassOf(err) != failure.Throttled || failure.RetryAfter(err) != 2*time.Second {
		t.Errorf("error is %v, retry after %v", err, failure.RetryAfter(err))
	}
	pool.Forget("strict")
	s.clock.Step(time.Minute)
	for range 20 {
		if _, err := generous.RequestToken(t.Context(), "orders", admin(canary), oauth.ScopeSet{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClockOffsetIsLearned(t *testing.T) {
	s := newStub(t)
	ours := newStub(t).clock // A clock that does not move with that of the tenant.
	session, err := tenant.NewPool(ours, nil).Session("corp", s.settings())
	if err != nil {
		t.Fatal(err)
	}
	if _, known := session.ClockOffset(); known {
		t.Error("the offset is known before the first answer")
	}
	s.clock.Step(-90 * time.Second)
	if err := session.Authenticate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, known := session.ClockOffset(); !known || (got+90*time.Second).Abs() > time.Second {
		t.Errorf("offset is %v, known %v", got, known)
	}
}

func TestCallsAreObserved(t *testing.T) {
	s := newStub(t)
	seen := &journal{}
	session := open(t, tenant.NewPool(s.clock, seen), "corp", s.settings())
	_, _ = session.Admin().WhoAmI(t.Context())
	s.server.Close()
	_, _ = session.Admin().WhoAmI(t.Context())
	_, _ = session.Admin().WhoAmI(tenant.ForToken(t.Context(), s.clock.Now()))
	want := []string{
		"login waits", "OAuth2/Token 200", "provisioning waits", "security/whoami 200",
		"provisioning waits", "security/whoami error", "token waits", "security/whoami error",
	}
	if diff := cmp.Diff(want, seen.lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// journal observes calls, one after the other.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) Exchanged(operation, code string, _ time.Duration) { j.note(operation + " " + code) }

func (j *journal) Waited(class tenant.Class, _ time.Duration) { j.note(class.String() + " waits") }

func (j *journal) note(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func TestConnectionProblemsAreNamed(t *testing.T) {
	s := newStub(t)
	settings := s.settings()
	settings.CABundle = nil
	distrusting := open(t, tenant.NewPool(s.clock, nil), "corp", settings)
	err := distrusting.Authenticate(t.Context())
	want := `requesting token for application "operator-admin": server certificate is not trusted: signed by an unknown authority`
	if text(err) != want || failure.ClassOf(err) != failure.Transient {
		t.Errorf("error is %v", err)
	}

	settings = s.settings()
	settings.Timeout = 20 * time.Millisecond
	hasty := open(t, tenant.NewPool(s.clock, nil), "corp", settings)
	stop := make(chan struct{})
	s.change(func(s *stub) { s.login = func(http.ResponseWriter, *http.Request) { <-stop } })
	err = hasty.Authenticate(t.Context())
	close(stop)
	if text(err) != `requesting token for application "operator-admin": no answer in time` {
		t.Errorf("error is %v", err)
	}
}

func TestSerialize(t *testing.T) {
	s := newStub(t)
	pool := tenant.NewPool(s.clock, nil)
	one, other := open(t, pool, "one", s.settings()), open(t, pool, "other", s.settings())
	unlock, err := one.Serialize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := other.Serialize(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("while another session of the tenant holds the lock the error is %v", err)
	}
	unlock()
	unlock() // Has no effect.
	unlock, err = other.Serialize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestASessionThatIsReplacedClosesItsConnections(t *testing.T) {
	s := newStub(t)
	pool := tenant.NewPool(s.clock, nil)
	if err := open(t, pool, "corp", s.settings()).Authenticate(t.Context()); err != nil {
		t.Fatal(err)
	}
	renewed := s.settings()
	renewed.CABundle = append([]byte("# renewed\n"), renewed.CABundle...)
	if err := open(t, pool, "corp", renewed).Authenticate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.NewTimer(10 * time.Second); s.connections.Load() != 1; {
		select {
		case <-deadline.C:
			t.Fatalf("%d connections are open", s.connections.Load())
		default:
			runtime.Gosched()
		}
	}
}

func TestEndpoints(t *testing.T) {
	s := newStub(t)
	session := s.session(t)
	got := map[tenant.EndpointKind]string{}
	for _, kind := range []tenant.EndpointKind{
		tenant.EndpointToken, tenant.EndpointAuthorize, tenant.EndpointIntrospect, tenant.EndpointJWKS,
		tenant.EndpointIssuer, tenant.EndpointDiscovery, "unknown",
	} {
		got[kind] = strings.TrimPrefix(session.Endpoint(kind, "a/b"), s.server.URL)
	}
	want := map[tenant.EndpointKind]string{
		"token": "/oauth2/token/a%2Fb", "authorize": "/oauth2/authorize/a%2Fb", "introspect": "/oauth2/introspect/a%2Fb",
		"jwks": "/OAuth2/Keys/a%2Fb", "issuer": "/a%2Fb/", "discovery": "/a%2Fb/.well-known/openid-configuration", "unknown": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func open(t *testing.T, pool *tenant.Pool, name string, settings tenant.Settings) *tenant.Session {
	t.Helper()
	session, err := pool.Session(name, settings)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
