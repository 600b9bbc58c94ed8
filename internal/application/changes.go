package application

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// Keys of an application's JSON object that the operator models.
const (
	keyName         = "Name"
	keyServiceName  = "ServiceName"
	keyDescription  = "Description"
	keyOAuthProfile = "OAuthProfile"
)

// Update is what to send to the tenant so that an application becomes as desired.
type Update struct {
	// Fields are the top-level keys to send, each with its whole new value; empty when nothing differs.
	Fields map[string]json.RawMessage
	// Changed names what differs by its path in the OAuthClient, such as spec.token.lifetime; never values.
	Changed []string
}

// IsEmpty says that the application is as desired.
func (u Update) IsEmpty() bool { return len(u.Fields) == 0 }

// Changes compares an application as the tenant returned it with the desired one. The comparison is by meaning: the order of
// lists, blanks after commas and the spelling of durations do not count. What the operator does not model is carried over
// unchanged, also inside the OAuth profile and inside each scope. The error says which part of the answer could not be read.
func Changes(current map[string]json.RawMessage, desired Desired) (Update, error) {
	u := Update{Fields: map[string]json.RawMessage{}}
	for _, field := range []struct{ key, path, want string }{
		{keyName, "spec.displayName", desired.Name},
		{keyServiceName, "spec.applicationID", desired.ApplicationID},
		{keyDescription, "spec.description", desired.Description},
	} {
		if text(lookup(current, field.key)) != field.want {
			u.Fields[field.key] = encode(field.want)
			u.Changed = append(u.Changed, field.path)
		}
	}
	profile := map[string]json.RawMessage{}
	if raw := lookup(current, keyOAuthProfile); raw != nil {
		if err := json.Unmarshal(raw, &profile); err != nil {
			return Update{}, fmt.Errorf("reading %s of application %q: not an object", keyOAuthProfile, desired.ApplicationID)
		}
	}
	changed, err := changeProfile(profile, desired)
	if err != nil {
		return Update{}, err
	}
	if len(changed) > 0 {
		u.Fields[keyOAuthProfile] = encode(profile)
		for _, path := range changed {
			if path != "" && !slices.Contains(u.Changed, path) {
				u.Changed = append(u.Changed, path)
			}
		}
	}
	return u, nil
}

// setting is one key of the OAuth profile: what it is to be, and whether what it is means the same. A missing key (nil) means the
// same as false or an empty string: the tenant need not return what is switched off.
type setting struct {
	key, path string
	value     any
	same      func(raw json.RawMessage) bool
}

// Paths in an OAuthClient that settings are reported under.
const (
	pathType         = "spec.type"
	pathClientIDType = "spec.clientIDType"
	pathConsent      = "spec.userConsent"
	pathRefresh      = "spec.token.refreshToken"
)

// settings lists what the operator models of an OAuth profile.
func settings(d Desired) []setting {
	out := []setting{
		flag("TargetIsUs", pathType, d.Type == v1alpha1.ApplicationTypeOAuth2Client),
		{"TokenType", "spec.token.type", string(d.TokenType), sameText(string(d.TokenType))},
		{"AllowedAuth", "spec.token.grantTypes", strings.Join(wireGrantTypes(d.GrantTypes), ","), func(raw json.RawMessage) bool {
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
		{"ClientIDType", pathClientIDType, kind, func(raw json.RawMessage) bool {
			return number(raw) == strconv.Itoa(kind) || slices.Contains(spelling, strings.ToLower(text(raw)))
		}},
		flag("AllowPublic", pathClientIDType, kind == public),
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
	scopes, differ, err := changeScopes(lookup(profile, "KnownScopes"), d)
	if err != nil {
		return nil, err
	}
	if differ {
		set(profile, "KnownScopes", scopes)
		changed = append(changed, "spec.scopes")
	}
	return changed, nil
}

// changeScopes returns the desired list of scopes, each on top of what the tenant has under that name, and whether it differs.
func changeScopes(raw json.RawMessage, d Desired) (json.RawMessage, bool, error) {
	var current []map[string]json.RawMessage
	if raw != nil {
		if err := json.Unmarshal(raw, &current); err != nil {
			return nil, false, fmt.Errorf("reading KnownScopes of application %q: not a list of objects", d.ApplicationID)
		}
	}
	byName := map[string]map[string]json.RawMessage{}
	for _, scope := range current {
		byName[text(lookup(scope, "Scope"))] = scope
	}
	differ := len(current) != len(d.Scopes)
	out := make([]map[string]json.RawMessage, 0, len(d.Scopes))
	for _, want := range d.Scopes {
		scope, found := byName[want.Name]
		if !found {
			scope = map[string]json.RawMessage{}
		}
		if !found || text(lookup(scope, "Description")) != want.Description || !sameSet(texts(lookup(scope, "AllowedRest")), want.RESTPatterns) {
			differ = true
			set(scope, "Scope", encode(want.Name))
			set(scope, "Description", encode(want.Description))
			if d.Type == v1alpha1.ApplicationTypeOAuth2Client {
				set(scope, "AllowedRest", encode(orEmpty(want.RESTPatterns)))
			}
		}
		out = append(out, scope)
	}
	return encode(out), differ, nil
}
