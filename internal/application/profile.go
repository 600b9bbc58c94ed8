package application

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// setting is one key of the OAuth profile: what it is to be, and whether what it is means the same. A missing key (nil) means the
// same as false or an empty string: the tenant need not return what is switched off.
type setting struct {
	key, path string
	value     any
	same      func(raw json.RawMessage) bool
}

// Paths in an OAuthClient that settings are reported under.
const (
	// PathClientIDType is that of who may be a client.
	PathClientIDType = "spec.clientIDType"
	// PathGrantTypes is that of the grants by which clients get tokens.
	PathGrantTypes = "spec.token.grantTypes"

	pathType    = "spec.type"
	pathConsent = "spec.userConsent"
	pathRefresh = "spec.token.refreshToken"
)

// settings lists what the operator models of an OAuth profile.
func settings(d Desired) []setting {
	out := []setting{
		flag("TargetIsUs", pathType, d.Type == v1alpha1.ApplicationTypeOAuth2Client),
		{"TokenType", "spec.token.type", string(d.TokenType), sameText(string(d.TokenType))},
		{"AllowedAuth", PathGrantTypes, strings.Join(wireGrantTypes(d.GrantTypes), ","), func(raw json.RawMessage) bool {
			return sameSet(list(text(raw)), wireGrantTypes(d.GrantTypes))
		}},
		lifetime("TokenLifetimeString", "spec.token.lifetime", d.TokenLifetime),
		{"Redirects", "spec.redirectURIs", orEmpty(d.RedirectURIs), sameTexts(d.RedirectURIs)},
		flag("Confirm", pathConsent, d.ConsentRequired),
		flag("AllowScopeSelect", pathConsent, d.AllowScopeSelection),
		flag("AllowRefresh", pathRefresh, d.RefreshLifetime > 0),
	}
	if d.RefreshLifetime > 0 {
		out = append(out, lifetime("RefreshLifetimeString", pathRefresh, d.RefreshLifetime))
	}
	out = append(out, clientSettings(d)...)
	if d.Type == v1alpha1.ApplicationTypeOAuth2Server {
		out = append(out, setting{"Audience", "spec.audience", d.Audience, sameText(d.Audience)})
		if d.Issuer != "" {
			// Without an issuer in the spec the tenant's own default stays, which nobody but the tenant knows.
			out = append(out, setting{"Issuer", "spec.issuer", d.Issuer, sameText(d.Issuer)})
		}
	}
	return out
}

// clientSettings says who may be a client. The tenant has one number for Anything and List, and older keys beside it from which it
// derives the rest, so all four are always set together.
func clientSettings(d Desired) []setting {
	const public, confidential = 0, 1
	kind, spelling := public, []string{"anything", "list"}
	if d.ClientIDType == v1alpha1.ClientIDTypeConfidential {
		kind, spelling = confidential, []string{"confidential"}
	}
	return []setting{
		{"ClientIDType", PathClientIDType, kind, func(raw json.RawMessage) bool {
			return number(raw) == strconv.Itoa(kind) || slices.Contains(spelling, strings.ToLower(text(raw)))
		}},
		flag("AllowPublic", PathClientIDType, kind == public),
		{"AllowedClients", "spec.allowedClients", orEmpty(d.AllowedClients), sameTexts(d.AllowedClients)},
		flag("MustBeOauthClient", "spec.mustBeOAuthClient", d.MustBeOAuthClient),
	}
}

func flag(key, path string, want bool) setting { return setting{key, path, want, sameBool(want)} }

func lifetime(key, path string, want time.Duration) setting {
	return setting{key, path, formatTimespan(want), func(raw json.RawMessage) bool {
		got, ok := parseTimespan(text(raw))
		return ok && got == want
	}}
}

// wireGrantTypes returns the vendor's names of grant types.
func wireGrantTypes(types []v1alpha1.GrantType) []string {
	out := make([]string, len(types))
	for i, t := range types {
		switch t {
		case v1alpha1.GrantTypeClientCredentials:
			out[i] = "ClientCreds"
		case v1alpha1.GrantTypeResourceOwner:
			out[i] = "ResourceCreds"
		case v1alpha1.GrantTypeAuthorizationCode, v1alpha1.GrantTypeImplicit:
			out[i] = string(t)
		}
	}
	return out
}

// orEmpty returns a list that is written as [] when it is empty: null is how the tenant says that it has none, and [] is what takes
// away what it has.
func orEmpty(s []string) []string { return append([]string{}, s...) }

// changeProfile brings an OAuth profile to the desired state and returns the paths of what it changed.
func changeProfile(profile map[string]json.RawMessage, d Desired) ([]string, error) {
	var changed []string
	for _, s := range settings(d) {
		if !s.same(lookup(profile, s.key)) {
			set(profile, s.key, encode(s.value))
			changed = append(changed, s.path)
		}
	}
	scopes, differ, err := changeScopes(lookup(profile, keyKnownScopes), d)
	if err != nil {
		return nil, err
	}
	if differ {
		set(profile, keyKnownScopes, scopes)
		changed = append(changed, "spec.scopes")
	}
	return changed, nil
}
