package oauth

import (
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Token is an issued access token and what is known about it. Nothing in it is verified: KeyID, Issuer, Audience
// and TenantExpirationTime of a JWT are what the token itself claims.
type Token struct {
	// AccessToken is the token itself.
	AccessToken Secret
	// Type is the token type as the tenant spelled it, "Bearer" in any case.
	Type string
	// Scopes are the granted scopes, which may be fewer than the requested ones.
	Scopes ScopeSet
	// RequestTime is the local clock just before the request, in whole seconds.
	RequestTime time.Time
	// ExpirationTime is RequestTime plus Lifetime, so that it is never later than the tenant's own expiry as
	// measured by the local clock.
	ExpirationTime time.Time
	// TenantExpirationTime is the expiry by the tenant's clock: the exp claim of a JWT, else the answer's Date
	// header plus Lifetime. It is zero if the answer has neither.
	TenantExpirationTime time.Time
	// Lifetime is expires_in.
	Lifetime time.Duration
	// KeyID names the key that signed a JWT. It is empty for an opaque token.
	KeyID string
	// Issuer is the iss claim of a JWT. It is empty for an opaque token.
	Issuer string
	// Audience is the aud claim of a JWT. It is nil for an opaque token.
	Audience []string
}

// readClaims fills in what a JWT says about itself (RFC 9068 section 2.2) without verifying it. Any other token is
// opaque to its client (RFC 6749 section 1.4), and that is fine.
func (t *Token) readClaims() {
	parsed, err := jwt.ParseSigned(t.AccessToken.Reveal(), readableAlgorithms())
	if err != nil {
		return
	}
	var claims jwt.Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return
	}
	t.KeyID = parsed.Headers[0].KeyID
	t.Issuer = claims.Issuer
	t.Audience = claims.Audience
	if claims.Expiry != nil && *claims.Expiry > 0 {
		t.TenantExpirationTime = claims.Expiry.Time().UTC()
	}
}

// readableAlgorithms are the algorithms of tokens that we read. Reading trusts none of them.
func readableAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, jose.HS256, jose.HS384, jose.HS512,
	}
}
