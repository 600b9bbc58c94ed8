package verification

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// forgetAfter is after how long without a token the keys of an application are forgotten.
const forgetAfter = 30 * 24 * time.Hour

// Application answers about its own tokens.
type Application interface {
	// Keys reads the application's key set.
	Keys(ctx context.Context) (jose.JSONWebKeySet, error)
	// Introspect asks about an opaque token.
	Introspect(ctx context.Context, token oauth.Secret) (oauth.Introspection, error)
}

// Verifier checks tokens, and remembers the keys of applications. It is safe for concurrent use.
type Verifier struct {
	clock clock.PassiveClock

	mu   sync.Mutex
	sets map[string]*remembered
}

type remembered struct {
	*keySet
	used time.Time
}

// New returns a Verifier that knows no keys yet.
func New(clock clock.PassiveClock) *Verifier {
	return &Verifier{clock: clock, sets: map[string]*remembered{}}
}

// Check says whether a token that was issued a moment ago is what was asked for. id tells applications apart.
//
// A JWT costs one call for the keys of its application the first time, and one more, at most every 5 minutes, when it was not signed by
// one of them. Any other token costs one call. What the tenant does not answer leaves the token Unverified.
func (v *Verifier) Check(ctx context.Context, id string, application Application, token oauth.Token, expected Expected) Finding {
	parsed, err := jwt.ParseSigned(token.AccessToken.Reveal(), append(checkable(), jose.HS256, jose.HS384, jose.HS512))
	if err != nil {
		return v.introspect(ctx, application, token, expected)
	}
	said := claims{token.Issuer, token.Audience, token.TenantExpirationTime}
	if found := expected.mismatch(v.clock.Now(), said); found != nil {
		return *found
	}
	if found := v.checkSignature(ctx, id, application, parsed); found != nil {
		return *found
	}
	if !expected.knows(token.Issuer) {
		return unverified(IssuerUnknown, "the signature is right, and the issuer is none that is known; set spec.issuer of the OAuthClient to have it checked")
	}
	return verified("signature, issuer, audience and expiry are right")
}

// checkable are the algorithms of which a public key checks the signature.
func checkable() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

// checkSignature returns nil when the signature is right. A key set that does not fit the token is read again before anything is said: keys
// come and go.
func (v *Verifier) checkSignature(ctx context.Context, id string, application Application, token *jwt.JSONWebToken) *Finding {
	header := token.Headers[0]
	if !slices.Contains(checkable(), jose.SignatureAlgorithm(header.Algorithm)) {
		found := unverified(KeyUnknown, "the token is signed with a key that the tenant does not publish")
		return &found
	}
	set := v.keysOf(id)
	keys, err := set.get(ctx, 0, application.Keys)
	if err != nil {
		found := unverified(KeysUnavailable, "the keys to check the signature with cannot be had: %v", err)
		return &found
	}
	found := signedBy(keys.JSONWebKeySet, header.KeyID, token)
	if found == nil || keys.fresh {
		return found
	}
	again, err := set.get(ctx, keys.reads, application.Keys)
	if err != nil || !again.newer(keys) {
		return found
	}
	return signedBy(again.JSONWebKeySet, header.KeyID, token)
}

// signedBy returns nil when one of keys that the token names has signed it.
func signedBy(keys jose.JSONWebKeySet, id string, token *jwt.JSONWebToken) *Finding {
	candidates := keys.Keys
	if id != "" {
		candidates = keys.Key(id)
	}
	for _, key := range candidates {
		if token.Claims(key.Key) == nil {
			return nil
		}
	}
	found := unverified(KeyUnknown, "the token is signed with a key that the tenant does not publish")
	if id != "" && len(candidates) > 0 {
		found = refuted(SignatureInvalid, "the key that the token names did not sign it")
	}
	return &found
}

// introspect asks the tenant about a token that is opaque to everybody else.
func (v *Verifier) introspect(ctx context.Context, application Application, token oauth.Token, expected Expected) Finding {
	said, err := application.Introspect(ctx, token.AccessToken)
	if err != nil {
		return unverified(IntrospectionUnavailable, "the token is opaque, and the tenant does not tell about it: %v", err)
	}
	if !said.Active {
		return refuted(Inactive, "the tenant says that the token that it has issued a moment ago is not active")
	}
	// What the tenant does not tell is not compared.
	if said.Issuer == "" {
		expected.Issuer = ""
	}
	if len(said.Audience) == 0 {
		expected.Audience = ""
	}
	if found := expected.mismatch(v.clock.Now(), claims{said.Issuer, said.Audience, said.ExpirationTime}); found != nil {
		return *found
	}
	return verified("the tenant says that the token is active")
}

// keysOf returns the key set of an application, and forgets those of others that nobody has asked for in a long time.
func (v *Verifier) keysOf(id string) *keySet {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.clock.Now()
	set, found := v.sets[id]
	if !found {
		for other, old := range v.sets {
			if now.Sub(old.used) > forgetAfter {
				delete(v.sets, other)
			}
		}
		set = &remembered{keySet: newKeySet(v.clock)}
		v.sets[id] = set
	}
	set.used = now
	return set.keySet
}
