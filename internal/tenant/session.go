package tenant

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/verification"
)

// Session is the way to one tenant under one set of Settings. It is safe for concurrent use.
type Session struct {
	settings  Settings
	circuit   *circuit
	gate      *gate
	transport *http.Transport
	tokens    *oauth.Client
	login     *login
	admin     *identity.Client
	verifier  *verification.Verifier
}

func newSession(
	settings Settings, c *circuit, g *gate, roots *x509.CertPool, clock clock.Clock, observer Observer,
) *Session {
	transport := newTransport(roots, settings.Proxy)
	client := &http.Client{
		Transport: &gatedTransport{circuit: c, gate: g, proxy: settings.Proxy, next: transport, clock: clock, observer: observer},
		Timeout:   settings.Timeout,
	}
	s := &Session{
		settings: settings, circuit: c, gate: g, transport: transport,
		tokens: &oauth.Client{HTTP: client, Clock: clock}, verifier: verification.New(clock),
	}
	s.login = &login{
		request: s.requestAdminToken, credential: settings.Credential, clock: clock,
		// A login reads its credential and makes one exchange.
		timeout: 2 * settings.Timeout,
	}
	s.admin = &identity.Client{BaseURL: settings.URL, HTTP: client, Authorize: s.authorize}
	return s
}

// Admin returns the client for the tenant's own API. It logs in when it must.
func (s *Session) Admin() *identity.Client { return s.admin }

// Authenticate logs in as admin now, whatever is cached, and replaces the cached token. It is the proof that the
// credential works at this moment. Errors are *LoginError, *GateError or that of the context.
func (s *Session) Authenticate(ctx context.Context) error {
	if err := s.gate.enter(ctx); err != nil {
		return err
	}
	return s.login.renew(ctx)
}

// RequestToken requests a token for a client of the application; see oauth.Client.RequestToken.
func (s *Session) RequestToken(
	ctx context.Context, applicationID string, cred oauth.Credential, scopes oauth.ScopeSet,
) (oauth.Token, error) {
	token, err := s.tokens.RequestToken(ctx, s.Endpoint(EndpointToken, applicationID), cred, scopes)
	if err != nil {
		return oauth.Token{}, fmt.Errorf("requesting token for application %q: %w", applicationID, err)
	}
	return token, nil
}

func (s *Session) requestAdminToken(ctx context.Context, cred oauth.Credential) (oauth.Token, error) {
	if s.settings.ApplicationID == "" {
		return oauth.Token{}, ErrNoAdminLogin
	}
	ctx = WithClass(ctx, ClassLogin) // whoever made it necessary: others may wait for it, too
	return s.RequestToken(ctx, s.settings.ApplicationID, cred, oauth.ParseScopeSet(s.settings.Scope))
}

// authorize is login.authorize for passes that have a place at the tenant: a login holds whoever waits for it.
func (s *Session) authorize(ctx context.Context, refused oauth.Secret) (oauth.Secret, error) {
	if err := s.gate.enter(ctx); err != nil {
		return oauth.Secret{}, err
	}
	return s.login.authorize(ctx, refused)
}

// Enter takes the place at the tenant that the first call of a pass would take, or returns *GateError when there is none. A pass asks for it before it
// reads what only matters for a call.
func (s *Session) Enter(ctx context.Context) error { return s.gate.enter(ctx) }

// ClockOffset returns by how much the tenant's clock is ahead of ours, in whole seconds, and whether that is known:
// it takes one answer. Less than a second can't be told from the Date header and counts as 0.
func (s *Session) ClockOffset() (time.Duration, bool) { return s.gate.offset.get() }

// Circuit returns whether calls are sent, or held back because the tenant does not answer.
func (s *Session) Circuit() Circuit { return s.circuit.state() }

// Serialize waits until no other holder works on the same tenant URL, for sequences of calls that must not mix with
// their like: an import can be recognized afterwards only if no other ran beside it. The caller must call unlock,
// once or more. The lock holds within this process only: others may be at the same, which the caller has to allow for.
func (s *Session) Serialize(ctx context.Context) (unlock func(), err error) {
	if err := s.gate.enter(ctx); err != nil {
		return nil, err
	}
	select {
	case s.gate.turn <- struct{}{}:
		return sync.OnceFunc(func() { <-s.gate.turn }), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for another import on the tenant: %w", ctx.Err())
	}
}
