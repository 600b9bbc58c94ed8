package tenant

import (
	"context"

	"github.com/go-jose/go-jose/v4"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/verification"
)

// Verify checks a token that was issued to the client with this credential; see verification.Verifier.Check. The offset of the tenant's clock and the
// issuers that it gives by itself are added to what is expected. Keys are remembered as long as the Session: another IdentityTenant for the
// same URL may have been lied to about them.
func (s *Session) Verify(
	ctx context.Context, applicationID string, cred oauth.Credential, token oauth.Token, expected verification.Expected,
) verification.Finding {
	expected.ClockOffset, _ = s.ClockOffset()
	issuer := s.Endpoint(EndpointIssuer, applicationID)
	expected.UsualIssuers = []string{issuer, issuer[:len(issuer)-1], s.settings.URL, s.settings.URL + "/"}
	return s.verifier.Check(ctx, applicationID, &tokenApplication{session: s, id: applicationID, credential: cred}, token, expected)
}

// tokenApplication answers about the tokens of one application, in the name of one of its clients.
type tokenApplication struct {
	session    *Session
	id         string
	credential oauth.Credential
}

// Keys implements verification.Application.
func (a *tokenApplication) Keys(ctx context.Context) (jose.JSONWebKeySet, error) {
	return a.session.tokens.Keys(ctx, a.session.Endpoint(EndpointJWKS, a.id))
}

// Introspect implements verification.Application.
func (a *tokenApplication) Introspect(ctx context.Context, token oauth.Secret) (oauth.Introspection, error) {
	return a.session.tokens.Introspect(ctx, a.session.Endpoint(EndpointIntrospect, a.id), a.credential, token)
}
