package application

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

const keyKnownScopes = "KnownScopes"

// changeScopes returns the desired list of scopes, each on top of what the tenant has under that name, and whether it differs.
func changeScopes(raw json.RawMessage, d Desired) (json.RawMessage, bool, error) {
	current, err := knownScopes(raw, d.ApplicationID)
	if err != nil {
		return nil, false, err
	}
	byName := map[string]knownScope{}
	for _, scope := range current {
		byName[scope.name()] = scope
	}
	differ := false
	out := make([]knownScope, 0, len(current))
	for _, want := range d.Scopes {
		scope, found := byName[want.Name]
		if !found {
			scope = knownScope{}
		}
		if !found || !scope.same(want) {
			differ = true
			set(scope, "Scope", encode(want.Name))
			set(scope, "Description", encode(want.Description))
			if d.Type == v1alpha1.ApplicationTypeOAuth2Client {
				set(scope, "AllowedRest", encode(orEmpty(want.RESTPatterns)))
			}
		}
		out = append(out, scope)
	}
	for _, name := range d.Retained {
		if scope, found := byName[name]; found {
			out = append(out, scope)
		}
	}
	return encode(out), differ || len(out) != len(current), nil
}

// knownScope is a scope as the tenant has it, with what the operator does not model, such as its type.
type knownScope map[string]json.RawMessage

func (k knownScope) name() string { return text(lookup(k, "Scope")) }

func (k knownScope) same(want Scope) bool {
	return text(lookup(k, "Description")) == want.Description && sameSet(texts(lookup(k, "AllowedRest")), want.RESTPatterns)
}

func knownScopes(raw json.RawMessage, applicationID string) ([]knownScope, error) {
	var scopes []knownScope
	if raw == nil {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &scopes); err != nil {
		return nil, fmt.Errorf("reading KnownScopes of application %q: not a list of objects", applicationID)
	}
	return scopes, nil
}

// AppliedScopes returns which scopes of a desired state are on an application as the tenant returned it, with the hash of each as it is
// there: that of the definition if it is the same by meaning. Those that are retained are among them.
func AppliedScopes(current map[string]json.RawMessage, d Desired) ([]v1alpha1.AppliedScope, error) {
	profile, err := readProfile(current, d.ApplicationID)
	if err != nil {
		return nil, err
	}
	scopes, err := knownScopes(lookup(profile, keyKnownScopes), d.ApplicationID)
	if err != nil {
		return nil, err
	}
	var applied []v1alpha1.AppliedScope
	for _, scope := range scopes {
		there := Scope{Name: scope.name(), Description: text(lookup(scope, "Description")), RESTPatterns: texts(lookup(scope, "AllowedRest"))}
		if at := slices.IndexFunc(d.Scopes, func(s Scope) bool { return s.Name == there.Name }); at >= 0 {
			if scope.same(d.Scopes[at]) {
				there = d.Scopes[at]
			}
		} else if !slices.Contains(d.Retained, there.Name) {
			continue
		}
		applied = append(applied, v1alpha1.AppliedScope{Name: there.Name, Hash: there.Hash()})
	}
	slices.SortFunc(applied, func(a, b v1alpha1.AppliedScope) int { return cmp.Compare(a.Name, b.Name) })
	return slices.CompactFunc(applied, func(a, b v1alpha1.AppliedScope) bool { return a.Name == b.Name }), nil
}
