package application

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oauth-operator/oauth-operator/internal/ownership"
)

// Keys of an application's JSON object that the operator models.
const (
	keyName         = "Name"
	keyServiceName  = "ServiceName"
	keyDescription  = "Description"
	keyOAuthProfile = "OAuthProfile"
	// The claims script is read from one key. Sources disagree to which of the two it is written, so it is written to both.
	keyScriptRead    = "OpenIDConnectScript"
	keyScriptWritten = "Script"
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
	description := text(lookup(current, keyDescription))
	if desired.Observed {
		description = ownership.Strip(description) // a mark is no difference to who only looks
	}
	for _, field := range []struct{ key, path, is, want string }{
		{keyName, "spec.displayName", text(lookup(current, keyName)), desired.Name},
		{keyServiceName, "spec.applicationID", text(lookup(current, keyServiceName)), desired.ApplicationID},
		{keyDescription, "spec.description", description, desired.Description},
	} {
		if field.is != field.want {
			u.Fields[field.key] = encode(field.want)
			u.Changed = append(u.Changed, field.path)
		}
	}
	if script := desired.ClaimsScript; script != "" && !sameScript(text(lookup(current, keyScriptRead)), script) {
		u.Fields[keyScriptRead], u.Fields[keyScriptWritten] = encode(script), encode(script)
		u.Changed = append(u.Changed, "spec.claimsScript")
	}
	profile, err := readProfile(current, desired.ApplicationID)
	if err != nil {
		return Update{}, err
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

// readProfile returns the OAuth profile of an application, empty when the tenant leaves it out.
func readProfile(current map[string]json.RawMessage, applicationID string) (map[string]json.RawMessage, error) {
	profile := map[string]json.RawMessage{}
	if raw := lookup(current, keyOAuthProfile); raw != nil {
		if err := json.Unmarshal(raw, &profile); err != nil {
			return nil, fmt.Errorf("reading %s of application %q: not an object", keyOAuthProfile, applicationID)
		}
	}
	return profile, nil
}

// sameScript says whether two scripts differ in nothing but the ends of their lines and the blanks around them, which YAML and the portal
// treat each in its own way.
func sameScript(a, b string) bool {
	plain := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return plain(a) == plain(b)
}
