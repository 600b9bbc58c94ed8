package oauth_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// fuzzed is a tenant that gives one answer to everything.
type fuzzed struct {
	status      int
	contentType string
	body        []byte
}

// RoundTrip implements http.RoundTripper.
func (f fuzzed) RoundTrip(request *http.Request) (*http.Response, error) {
	header := http.Header{"Content-Type": {f.contentType}, "Date": {tenantTime}}
	return &http.Response{StatusCode: f.status, Header: header, Body: io.NopCloser(strings.NewReader(string(f.body))), Request: request}, nil
}

// client of it. Anything else than a status would not get past net/http.
func (f fuzzed) client() *oauth.Client {
	f.status = 100 + (f.status%900+900)%900
	return newClient(&http.Client{Transport: f})
}

// seedAnswers are answers of token endpoints, key sets and introspection, and what looks like them.
func seedAnswers(f *testing.F) {
	f.Helper()
	for _, body := range []string{
		"", "null", "{}", "[]", "<html>", strings.Repeat("[", 20000),
		`{"access_token":"opaque","token_type":"Bearer","expires_in":3600,"scope":"read write"}`,
		`{"access_token":"eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3OTM2MTM2MDAsImF1ZCI6WyJhIl19.c2ln","token_type":"bearer","expires_in":"3600"}`,
		`{"access_token":"x","token_type":"Bearer","expires_in":1e300}`, `{"access_token":"x","token_type":"Bearer","expires_in":0.5}`,
		`{"error":"invalid_client","error_description":"` + canary + `"}`, `{"error":"` + canary + `"}`, `{"error":{"code":1}}`,
		`{"keys":[{"kty":"RSA","n":"` + strings.Repeat("A", 4096) + `","e":"AQAB","kid":"1"},{"kty":"oct","k":"AAAA"},{"kty":"EC"},7,null]}`,
		`{"keys":[{"kty":"RSA","n":"","e":""},{"kty":"OKP","crv":"Ed25519","x":""}]}`,
		`{"active":true,"exp":1e400,"aud":["a",1]}`, `{"active":true,"exp":-9e18,"iss":"i","aud":"a"}`, `{"active":"yes"}`, `{"active":false}`,
	} {
		for _, status := range []int{200, 400, 401, 503} {
			f.Add(status, "application/json", []byte(body))
		}
	}
	f.Add(200, "text/html", []byte("{}"))
	f.Add(204, ";", []byte{0xff, 0xfe})
}

// checkRefused looks at what is told of an answer that is of no use.
func checkRefused(t *testing.T, err error) {
	t.Helper()
	if failure.ClassOf(err) == "" {
		t.Errorf("the error has no class: %v", err)
	}
	if strings.Contains(err.Error(), canary) || len(err.Error()) > 200 {
		t.Errorf("the error shows too much: %v", err)
	}
}

// FuzzTokenAnswer looks for answers of a token endpoint that panic, pass for a token without being one, or get into an error.
func FuzzTokenAnswer(f *testing.F) {
	seedAnswers(f)
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		asked := oauth.NewScopeSet("read")
		token, err := fuzzed{status, contentType, body}.client().RequestToken(t.Context(), "https://tenant.example/oauth2/token/orders", credential(), asked)
		if err != nil {
			checkRefused(t, err)
			return
		}
		switch {
		case token.AccessToken.IsZero(), token.Lifetime < time.Second, !token.ExpirationTime.Equal(token.RequestTime.Add(token.Lifetime)):
			t.Errorf("this is no token: %+v", token)
		case !slices.IsSorted(token.Scopes.Slice()), !oauth.ParseScopeSet(token.Scopes.String()).Equal(token.Scopes):
			t.Errorf("the scopes do not read back: %q", token.Scopes)
		}
	})
}

// FuzzKeys looks for key sets that panic, and for keys that cannot check a signature, or take for ever to.
func FuzzKeys(f *testing.F) {
	seedAnswers(f)
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		set, err := fuzzed{status, contentType, body}.client().Keys(t.Context(), "https://tenant.example/oauth2/keys/orders")
		if err != nil {
			checkRefused(t, err)
			return
		}
		if len(set.Keys) > 64 {
			t.Errorf("%d keys are kept", len(set.Keys))
		}
		for _, key := range set.Keys {
			if !key.IsPublic() || !key.Valid() {
				t.Errorf("a key is kept that checks nothing: %+v", key)
			}
		}
	})
}

// FuzzIntrospection looks for answers that panic, or say that a token is active without doing so.
func FuzzIntrospection(f *testing.F) {
	seedAnswers(f)
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		said, err := fuzzed{status, contentType, body}.client().Introspect(
			t.Context(), "https://tenant.example/oauth2/introspect/orders", credential(), oauth.NewSecret(canary))
		if err != nil {
			checkRefused(t, err)
			return
		}
		if said.Active && !strings.Contains(strings.ToLower(string(body)), "true") {
			t.Errorf("%s is taken for an active token", body)
		}
	})
}
