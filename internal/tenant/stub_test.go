package tenant_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// canary is the admin's client secret, which must not show up anywhere.
const canary = "hunter2-canary"

// stub is a tenant that issues the tokens token-1, token-2 and so on, and knows whoami.
type stub struct {
	server *httptest.Server
	clock  *clocktesting.FakeClock
	// connections are open now.
	connections atomic.Int32

	mu       sync.Mutex
	password string
	lifetime time.Duration
	logins   int // token requests
	calls    int // of whoami
	valid    map[string]bool
	refuse   http.HandlerFunc // answers whoami instead, if set
	login    http.HandlerFunc // answers token requests instead, if set
}

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{
		clock:    clocktesting.NewFakeClock(time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)),
		password: canary, lifetime: time.Hour, valid: map[string]bool{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/token/{application}", s.token)
	mux.HandleFunc("POST /security/whoami", s.whoami)
	s.server = httptest.NewUnstartedServer(mux)
	s.server.EnableHTTP2 = true
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.connections.Add(1)
		case http.StateClosed:
			s.connections.Add(-1)
		case http.StateActive, http.StateIdle, http.StateHijacked:
		}
	}
	s.server.StartTLS()
	t.Cleanup(s.server.Close)
	return s
}

func (s *stub) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins++
	s.setDate(w)
	_, password, _ := r.BasicAuth()
	switch {
	case s.login != nil:
		s.login(w, r)
	case password != s.password:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"error":"invalid_client","error_description":%q}`, password)
	default:
		token := fmt.Sprintf("token-%d", s.logins)
		s.valid[token] = true
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":%d}`, token, int(s.lifetime.Seconds()))
	}
}

func (s *stub) whoami(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.setDate(w)
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case s.refuse != nil:
		s.refuse(w, r)
	case !s.valid[token]:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		_, _ = fmt.Fprintf(w, `{"success":true,"Result":{"User":%q,"UserUuid":"u-1"}}`, token)
	}
}

// setDate answers by the stub's clock.
func (s *stub) setDate(w http.ResponseWriter) {
	w.Header().Set("Date", s.clock.Now().Format(http.TimeFormat))
}

// revoke makes the tenant refuse all tokens that it has issued.
func (s *stub) revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.valid)
}

// change changes the tenant under its lock.
func (s *stub) change(change func(*stub)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// counts returns the token requests and the calls of whoami so far.
func (s *stub) counts() (logins, calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins, s.calls
}

func (s *stub) settings() tenant.Settings {
	return tenant.Settings{
		URL: s.server.URL, CABundle: certificate(s.server), Burst: 1000,
		ApplicationID: "operator-admin", Scope: "all",
		Credential: func(context.Context) (oauth.Credential, error) { return admin(canary), nil },
	}
}

func (s *stub) session(t *testing.T) *tenant.Session {
	t.Helper()
	session, err := tenant.NewPool(s.clock, nil).Session("corp", s.settings())
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func admin(password string) oauth.Credential {
	return oauth.Credential{ClientID: "op@corp.example", ClientSecret: oauth.NewSecret(password)}
}

func certificate(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}
