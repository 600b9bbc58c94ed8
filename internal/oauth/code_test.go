package oauth_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// TestWhatATenantPutsInPlaceOfAnErrorCodeIsNotShown has it echo what it was sent, in ways that nobody can list.
func TestWhatATenantPutsInPlaceOfAnErrorCodeIsNotShown(t *testing.T) {
	for name, code := range map[string]string{
		"the secret":                 canary,
		"the header, in Base64":      base64.StdEncoding.EncodeToString([]byte(clientID + ":" + canary)),
		"the header, for URLs":       base64.RawURLEncoding.EncodeToString([]byte(clientID + ":" + canary)),
		"the secret, in capitals":    strings.ToUpper(canary),
		"the secret, with a comment": "wrong password " + canary,
		"half of a token":            "eyJhbGciOiJSUzI1NiJ9",
		"a page":                     "<b>no</b>",
		"lines":                      "a\nb",
		"much":                       strings.Repeat("a", 65),
	} {
		t.Run(name, func(t *testing.T) {
			client, endpoint := serve(t, answer(400, fmt.Sprintf(`{"error":%q}`, code)))
			_, err := client.RequestToken(t.Context(), endpoint, credential(), oauth.ScopeSet{})
			if err == nil || strings.Contains(err.Error(), code) {
				t.Errorf("got %v", err)
			}
		})
	}
}
