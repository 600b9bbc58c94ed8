package oauth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

const (
	tenantTime = "Mon, 02 Nov 2026 10:00:00 GMT"
	clientID   = "billing@corp.example"
)

// serve starts a tenant that answers every request with handler and returns a client for it.
func serve(t *testing.T, handler http.HandlerFunc) (*oauth.Client, string) {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	return newClient(server.Client()), server.URL + "/oauth2/token/orders"
}

func newClient(client *http.Client) *oauth.Client {
	return &oauth.Client{HTTP: client, Clock: clocktesting.NewFakePassiveClock(localTime())}
}

func localTime() time.Time { return time.Date(2026, 11, 2, 10, 0, 42, 900_000_000, time.UTC) }

func credential() oauth.Credential {
	return oauth.Credential{ClientID: clientID, ClientSecret: oauth.NewSecret(canary)}
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", tenantTime)
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestTokenRequestOnTheWire(t *testing.T) {
	var got *http.Request
	var form url.Values
	client, endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got, form = r, r.PostForm
		answer(200, `{"access_token":"a","token_type":"Bearer","expires_in":60}`)(w, r)
	})
	if _, err := client.RequestToken(t.Context(), endpoint, credential(), oauth.NewScopeSet("write", "read")); err != nil {
		t.Fatal(err)
	}
	want := url.Values{"grant_type": {"client_credentials"}, "scope": {"read write"}}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
	// base64("billing@corp.example:hunter2-canary"): the login name is not percent-encoded.
	if auth := got.Header.Get("Authorization"); auth != "Basic YmlsbGluZ0Bjb3JwLmV4YW1wbGU6aHVudGVyMi1jYW5hcnk=" {
		t.Errorf("Authorization: %s", auth)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "X-IDAP-NATIVE-CLIENT": "true",
	} {
		if value := got.Header.Get(name); value != want {
			t.Errorf("%s: %q, want %q", name, value, want)
		}
	}
	if got.Method != http.MethodPost || got.URL.Path != "/oauth2/token/orders" || got.URL.RawQuery != "" {
		t.Errorf("request is %s %s", got.Method, got.URL)
	}
}

func TestTokenIsRead(t *testing.T) {
	jwtExpiry := time.Date(2026, 11, 2, 14, 59, 58, 0, time.UTC)
	signed := sign(t, jwt.Claims{Issuer: "https://t/orders/", Audience: jwt.Audience{"a", "b"}, Expiry: jwt.NewNumericDate(jwtExpiry)})
	requested := oauth.NewScopeSet("read", "write")
	now := localTime().Truncate(time.Second)
	date := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		handler http.HandlerFunc
		want    oauth.Token
	}{
		"an opaque token lives from the local clock and from the Date header": {
			answer(200, `{"access_token":"opaque","token_type":"Bearer","expires_in":18000,"scope":"write read"}`),
			oauth.Token{
				AccessToken: oauth.NewSecret("opaque"), Type: "Bearer", Scopes: requested, RequestTime: now,
				ExpirationTime: now.Add(5 * time.Hour), TenantExpirationTime: date.Add(5 * time.Hour), Lifetime: 5 * time.Hour,
			},
		},
		"a JWT tells its own expiry, key, issuer and audience": {
			answer(200, `{"access_token":"`+signed+`","token_type":"bearer","expires_in":18000,"scope":"read"}`),
			oauth.Token{
				AccessToken: oauth.NewSecret(signed), Type: "bearer", Scopes: oauth.NewScopeSet("read"), RequestTime: now,
				ExpirationTime: now.Add(5 * time.Hour), TenantExpirationTime: jwtExpiry, Lifetime: 5 * time.Hour,
				KeyID: "key-1", Issuer: "https://t/orders/", Audience: []string{"a", "b"},
			},
		},
		"an absent scope grants what was requested": {
			answer(200, `{"access_token":"o","token_type":"Bearer","expires_in":60}`),
			oauth.Token{
				AccessToken: oauth.NewSecret("o"), Type: "Bearer", Scopes: requested, RequestTime: now,
				ExpirationTime: now.Add(time.Minute), TenantExpirationTime: date.Add(time.Minute), Lifetime: time.Minute,
			},
		},
		"an empty scope grants nothing, and without a Date the tenant's expiry is unknown": {
			answer(200, `{"access_token":"o","token_type":"Bearer","expires_in":60,"scope":""}`, "Date", "soon"),
			oauth.Token{
				AccessToken: oauth.NewSecret("o"), Type: "Bearer", RequestTime: now,
				ExpirationTime: now.Add(time.Minute), Lifetime: time.Minute,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			client, endpoint := serve(t, tc.handler)
			got, err := client.RequestToken(t.Context(), endpoint, credential(), requested)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTokenRequestFails(t *testing.T) {
	echo := `"error_description":"` + canary + `"`
	cases := map[string]struct {
		handler http.HandlerFunc
		class   failure.Class
		retry   time.Duration
		text    string
	}{
		"a wrong secret": {
			answer(401, `{"error":"invalid_client",`+echo+`}`), failure.Unauthorized, 0, "token endpoint answered 401 invalid_client",
		},
		"a scope that is not allowed": {
			answer(400, `{"error":"invalid_scope",`+echo+`}`), failure.Rejected, 0, "token endpoint answered 400 invalid_scope",
		},
		"an error code that echoes the secret": {
			answer(400, `{"error":"`+canary+`"}`), failure.Unexpected, 0, "token endpoint answered 400 with no error code",
		},
		"an error code with characters that are not allowed": {
			answer(400, `{"error":"bad\ncode"}`), failure.Unexpected, 0, "token endpoint answered 400 with no error code",
		},
		"an error code without end": {
			answer(400, `{"error":"`+strings.Repeat("a", 65)+`"}`), failure.Unexpected, 0, "token endpoint answered 400 with no error code",
		},
		"too many requests with seconds": {
			answer(429, ``, "Retry-After", "17"), failure.Throttled, 17 * time.Second, "token endpoint answered 429",
		},
		"too many requests with a date, by the tenant's clock": {
			answer(429, ``, "Retry-After", "Mon, 02 Nov 2026 10:00:30 GMT"), failure.Throttled, 30 * time.Second, "token endpoint answered 429",
		},
		"too many requests for a day": {
			answer(429, ``, "Retry-After", "86400"), failure.Throttled, time.Hour, "token endpoint answered 429",
		},
		"too many requests until a moment that has passed": {
			answer(429, ``, "Retry-After", "Mon, 02 Nov 2026 09:00:30 GMT"), failure.Throttled, 0, "token endpoint answered 429",
		},
		"unavailable with Retry-After": {
			answer(503, `<html>`, "Retry-After", "5"), failure.Throttled, 5 * time.Second, "token endpoint answered 503",
		},
		"unavailable": {answer(503, `<html>`), failure.Transient, 0, "token endpoint answered 503"},
		"a failure of the tenant that names a code": {
			answer(500, `{"error":"invalid_client"}`), failure.Transient, 0, "token endpoint answered 500 invalid_client",
		},
		"an HTML page with status 200": {
			answer(200, `<html>`+canary, "Content-Type", "text/html; charset=utf-8"), failure.Unexpected, 0,
			"token endpoint answered 200 with an HTML page",
		},
		"an HTML page with status 404": {
			answer(404, ` <!DOCTYPE html>`), failure.Unexpected, 0, "token endpoint answered 404 with an HTML page",
		},
		"truncated JSON": {
			answer(200, `{"access_token":"`+canary), failure.Unexpected, 0, "token endpoint answered 200 with text that is no token answer",
		},
		"no token": {
			answer(200, `{"token_type":"Bearer","expires_in":60}`), failure.Unexpected, 0, "token endpoint answered 200 with no access token",
		},
		"a token of another type": {
			answer(200, `{"access_token":"a","token_type":"mac","expires_in":60}`), failure.Unexpected, 0,
			"token endpoint answered 200 with a token that is no bearer token",
		},
		"no lifetime": {
			answer(200, `{"access_token":"a","token_type":"Bearer"}`), failure.Unexpected, 0,
			"token endpoint answered 200 with no usable lifetime (expires_in)",
		},
		"a negative lifetime": {
			answer(200, `{"access_token":"a","token_type":"Bearer","expires_in":-1}`), failure.Unexpected, 0,
			"token endpoint answered 200 with no usable lifetime (expires_in)",
		},
		"a lifetime that overflows": {
			answer(200, `{"access_token":"a","token_type":"Bearer","expires_in":1e300}`), failure.Unexpected, 0,
			"token endpoint answered 200 with no usable lifetime (expires_in)",
		},
		"a giant body": {
			answer(200, strings.Repeat(" ", 1<<20)+"{}"), failure.Unexpected, 0, "answer is larger than 1048576 bytes",
		},
		"a body that breaks off": {
			answer(200, `{"access`, "Content-Length", "100"), failure.Transient, 0, "connection closed before the answer was complete",
		},
		"a header that echoes the secret and is malformed": {
			rawAnswer("HTTP/1.1 200 OK\r\n" + canary + "\r\n\r\n"), failure.Transient, 0, "connection failed",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			client, endpoint := serve(t, tc.handler)
			_, err := client.RequestToken(t.Context(), endpoint, credential(), oauth.NewScopeSet("read"))
			if err == nil {
				t.Fatal("there is no error")
			}
			if got := failure.ClassOf(err); got != tc.class {
				t.Errorf("class is %s, want %s", got, tc.class)
			}
			if got := failure.RetryAfter(err); got != tc.retry {
				t.Errorf("retry after %v, want %v", got, tc.retry)
			}
			if err.Error() != tc.text {
				t.Errorf("error is %q, want %q", err, tc.text)
			}
			if isInvalid := oauth.IsInvalidClient(err); isInvalid != (tc.class == failure.Unauthorized) {
				t.Errorf("IsInvalidClient is %v", isInvalid)
			}
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	visits := 0
	client, endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		visits++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	_, err := client.RequestToken(t.Context(), endpoint, credential(), oauth.ScopeSet{})
	if visits != 1 || failure.ClassOf(err) != failure.Unexpected {
		t.Errorf("%d requests, error %v", visits, err)
	}
}

func TestConnectionFails(t *testing.T) {
	server := httptest.NewTLSServer(answer(200, `{}`))
	server.Config.ErrorLog = quiet()
	trusting, endpoint := newClient(server.Client()), server.URL
	_, err := newClient(&http.Client{}).RequestToken(t.Context(), endpoint, credential(), oauth.ScopeSet{})
	if err == nil || err.Error() != "server certificate is not trusted: signed by an unknown authority" {
		t.Errorf("with the wrong CA the error is %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := trusting.RequestToken(canceled, endpoint, credential(), oauth.ScopeSet{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a canceled context the error is %v", err)
	}
	server.Close()
	_, err = trusting.RequestToken(t.Context(), endpoint, credential(), oauth.ScopeSet{})
	if err == nil || err.Error() != "connection refused" || failure.ClassOf(err) != failure.Transient {
		t.Errorf("with a closed server the error is %v", err)
	}
}

func TestUnfitCredentialIsNotSent(t *testing.T) {
	cases := map[string]struct {
		id, secret, text string
	}{
		"no client ID":                     {"", canary, "client ID is empty"},
		"no client secret":                 {clientID, "", "client secret is empty"},
		"a colon in the client ID":         {"a:b", canary, "client ID contains a colon"},
		"a line break after the client ID": {clientID + "\n", canary, "client ID contains a control character, such as a line break at its end"},
		"a line break after the client secret": {
			clientID, canary + "\n", "client secret contains a control character, such as a line break at its end",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			client, endpoint := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
			cred := oauth.Credential{ClientID: tc.id, ClientSecret: oauth.NewSecret(tc.secret)}
			_, err := client.RequestToken(t.Context(), endpoint, cred, oauth.ScopeSet{})
			if err == nil || err.Error() != tc.text || failure.ClassOf(err) != failure.Rejected {
				t.Errorf("error is %v, want %q", err, tc.text)
			}
		})
	}
}

func sign(t *testing.T, claims jwt.Claims) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "key-1"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
