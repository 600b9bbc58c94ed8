package verification_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/verification"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// application is one on a tenant that the test is, over HTTPS.
type application struct {
	*oauth.Client
	url string

	mu                    sync.Mutex
	keys, introspection   http.HandlerFunc
	keyReads, introspects int
}

func (a *application) Keys(ctx context.Context) (jose.JSONWebKeySet, error) {
	return a.Client.Keys(ctx, a.url+"/keys")
}

func (a *application) Introspect(ctx context.Context, token oauth.Secret) (oauth.Introspection, error) {
	return a.Client.Introspect(ctx, a.url+"/introspect", oauth.Credential{ClientID: "billing", ClientSecret: oauth.NewSecret("secret")}, token)
}

// ServeHTTP implements http.Handler.
func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.URL.Path == "/keys" {
		a.keyReads++
		a.keys(w, r)
		return
	}
	a.introspects++
	a.introspection(w, r)
}

func (a *application) publish(keys ...jose.JSONWebKey) {
	a.set(answer(200, jose.JSONWebKeySet{Keys: keys}))
}

func (a *application) set(keys http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys = keys
}

func (a *application) reads() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.keyReads
}

func serve(t testing.TB, clock *clocktesting.FakeClock) *application {
	t.Helper()
	a := &application{introspection: answer(404, nil)}
	a.publish()
	server := httptest.NewUnstartedServer(a)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	a.Client, a.url = &oauth.Client{HTTP: server.Client(), Clock: clock}, server.URL
	return a
}

func answer(status int, body any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
}

func newKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(id string, key *rsa.PrivateKey) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Public(), KeyID: id, Algorithm: "RS256", Use: "sig"}
}

func usual() jwt.Claims {
	return jwt.Claims{Issuer: "https://t/orders/", Audience: jwt.Audience{"https://orders"}, Expiry: jwt.NewNumericDate(noon.Add(time.Hour))}
}

// sign returns a token as the token endpoint's client returns it.
func sign(t testing.TB, algorithm jose.SignatureAlgorithm, id string, key any, claims jwt.Claims) oauth.Token {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	token := oauth.Token{AccessToken: oauth.NewSecret(text), Issuer: claims.Issuer, Audience: claims.Audience}
	if claims.Expiry != nil {
		token.TenantExpirationTime = claims.Expiry.Time()
	}
	return token
}

func asked() verification.Expected {
	return verification.Expected{Issuer: "https://t/orders/", Audience: "https://orders"}
}

func TestWhatASignedTokenComesTo(t *testing.T) {
	first, second := newKey(t), newKey(t)
	right := sign(t, jose.RS256, "1", first, usual())
	with := func(change func(*jwt.Claims)) oauth.Token {
		claims := usual()
		change(&claims)
		return sign(t, jose.RS256, "1", first, claims)
	}
	published := answer(200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("0", second), public("1", first)}})
	for name, tc := range map[string]struct {
		token    oauth.Token
		keys     http.HandlerFunc
		expected verification.Expected
		verdict  verification.Verdict
		reason   verification.Reason
		reads    int
	}{
		"everything is right": {right, published, asked(), verification.Verified, verification.AllRight, 1},
		"nothing is asked for, and the issuer is a usual one": {
			right, published, verification.Expected{UsualIssuers: []string{"https://t", "https://t/orders/"}}, verification.Verified, verification.AllRight, 1,
		},
		"nobody knows the issuer":      {right, published, verification.Expected{UsualIssuers: []string{"https://t"}}, verification.Unverified, verification.IssuerUnknown, 1},
		"the key has no ID in the JWT": {sign(t, jose.RS256, "", first, usual()), published, asked(), verification.Verified, verification.AllRight, 1},
		"one of several audiences":     {with(func(c *jwt.Claims) { c.Audience = jwt.Audience{"a", "https://orders"} }), published, asked(), verification.Verified, verification.AllRight, 1},
		"another issuer":               {with(func(c *jwt.Claims) { c.Issuer = "https://t/orders" }), published, asked(), verification.Refuted, verification.IssuerMismatch, 0},
		"no issuer":                    {with(func(c *jwt.Claims) { c.Issuer = "" }), published, asked(), verification.Refuted, verification.IssuerMismatch, 0},
		"another audience":             {with(func(c *jwt.Claims) { c.Audience = jwt.Audience{"https://others"} }), published, asked(), verification.Refuted, verification.AudienceMismatch, 0},
		"no audience":                  {with(func(c *jwt.Claims) { c.Audience = nil }), published, asked(), verification.Refuted, verification.AudienceMismatch, 0},
		"it has expired":               {with(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(noon.Add(-time.Minute)) }), published, asked(), verification.Refuted, verification.Expired, 0},
		"it has expired within the leeway": {
			with(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(noon.Add(-59 * time.Second)) }), published, asked(), verification.Verified, verification.AllRight, 1,
		},
		"it has expired by a clock that is ahead": {
			right, published, verification.Expected{ClockOffset: time.Hour + time.Minute}, verification.Refuted, verification.Expired, 0,
		},
		"it has expired by our clock, and the tenant's is behind": {
			with(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(noon.Add(-6 * time.Minute)) }), published,
			verification.Expected{Issuer: "https://t/orders/", ClockOffset: -7 * time.Minute},
			verification.Verified, verification.AllRight, 1,
		},
		"it does not expire":             {with(func(c *jwt.Claims) { c.Expiry = nil }), published, asked(), verification.Verified, verification.AllRight, 1},
		"another key signed it":          {sign(t, jose.RS256, "1", second, usual()), published, asked(), verification.Refuted, verification.SignatureInvalid, 1},
		"an unknown key signed it":       {sign(t, jose.RS256, "2", second, usual()), published, asked(), verification.Unverified, verification.KeyUnknown, 1},
		"an unknown key without an ID":   {sign(t, jose.RS256, "", newKey(t), usual()), published, asked(), verification.Unverified, verification.KeyUnknown, 1},
		"a shared key signed it":         {sign(t, jose.HS256, "1", []byte(strings.Repeat("k", 32)), usual()), published, asked(), verification.Unverified, verification.KeyUnknown, 0},
		"there are no keys":              {right, answer(200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}), asked(), verification.Unverified, verification.KeyUnknown, 1},
		"the tenant publishes no keys":   {right, answer(404, nil), asked(), verification.Unverified, verification.KeysUnavailable, 1},
		"the keys are a page for people": {right, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, asked(), verification.Unverified, verification.KeysUnavailable, 1},
		"the tenant fails":               {right, answer(503, nil), asked(), verification.Unverified, verification.KeysUnavailable, 1},
		"a key set with strange members": {
			right, func(w http.ResponseWriter, _ *http.Request) {
				raw, _ := json.Marshal(public("1", first))
				_, _ = w.Write([]byte(`{"keys":[{"kty":"??"},{"kty":"oct","k":"c2VjcmV0","kid":"1"},` + string(raw) + `]}`))
			}, asked(), verification.Verified, verification.AllRight, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakeClock(noon)
			a := serve(t, clock)
			a.set(tc.keys)
			found := verification.New(clock).Check(t.Context(), "orders", a, tc.token, tc.expected)
			if found.Verdict != tc.verdict || found.Reason != tc.reason {
				t.Errorf("it is %s, %s: %s", found.Verdict, found.Reason, found.Message)
			}
			if n := a.reads(); n != tc.reads {
				t.Errorf("the keys were read %d times, not %d", n, tc.reads)
			}
			if strings.Contains(found.Message, tc.token.AccessToken.Reveal()[:20]) {
				t.Error("the message has the token")
			}
		})
	}
}

func TestWhatAnOpaqueTokenComesTo(t *testing.T) {
	for name, tc := range map[string]struct {
		introspection http.HandlerFunc
		verdict       verification.Verdict
		reason        verification.Reason
	}{
		"it is active":              {answer(200, map[string]any{"active": true}), verification.Verified, verification.AllRight},
		"it is active and told all": {answer(200, map[string]any{"active": true, "iss": "https://t/orders/", "aud": "https://orders", "exp": noon.Add(time.Hour).Unix()}), verification.Verified, verification.AllRight},
		"it is inactive":            {answer(200, map[string]any{"active": false}), verification.Refuted, verification.Inactive},
		"it is for others":          {answer(200, map[string]any{"active": true, "aud": []string{"https://others"}}), verification.Refuted, verification.AudienceMismatch},
		"it is by others":           {answer(200, map[string]any{"active": true, "iss": "https://others"}), verification.Refuted, verification.IssuerMismatch},
		"it has expired":            {answer(200, map[string]any{"active": true, "exp": noon.Add(-time.Hour).Unix()}), verification.Refuted, verification.Expired},
		"the tenant does not say":   {answer(200, map[string]any{}), verification.Unverified, verification.IntrospectionUnavailable},
		"the client may not ask":    {answer(401, map[string]any{"error": "invalid_client"}), verification.Unverified, verification.IntrospectionUnavailable},
		"there is no such endpoint": {answer(404, nil), verification.Unverified, verification.IntrospectionUnavailable},
		"the tenant fails":          {answer(500, nil), verification.Unverified, verification.IntrospectionUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakeClock(noon)
			a := serve(t, clock)
			a.introspection = tc.introspection
			found := verification.New(clock).Check(t.Context(), "orders", a, oauth.Token{AccessToken: oauth.NewSecret("opaque")}, asked())
			if found.Verdict != tc.verdict || found.Reason != tc.reason {
				t.Errorf("it is %s, %s: %s", found.Verdict, found.Reason, found.Message)
			}
			if a.introspects != 1 || a.reads() != 0 {
				t.Errorf("%d questions and %d reads of the keys", a.introspects, a.reads())
			}
		})
	}
}

// TestKeysAreReadOnceAndAgainWhenTheyDoNotFit: each step checks a token that key signed, and tells how often the keys were read by then.
func TestKeysAreReadOnceAndAgainWhenTheyDoNotFit(t *testing.T) {
	old, next := newKey(t), newKey(t)
	by := func(id string, key *rsa.PrivateKey) oauth.Token { return sign(t, jose.RS256, id, key, usual()) }
	type step struct {
		after   time.Duration
		publish http.HandlerFunc
		token   oauth.Token
		verdict verification.Verdict
		reads   int
	}
	set := func(keys ...jose.JSONWebKey) http.HandlerFunc { return answer(200, jose.JSONWebKeySet{Keys: keys}) }
	for name, steps := range map[string][]step{
		"keys that fit are read once": {
			{0, set(public("1", old)), by("1", old), verification.Verified, 1},
			{0, nil, by("1", old), verification.Verified, 1},
			{20 * 24 * time.Hour, nil, by("1", old), verification.Verified, 1},
		},
		"a new key is found with one more call": {
			{0, set(public("1", old)), by("1", old), verification.Verified, 1},
			{10 * time.Minute, set(public("1", old), public("2", next)), by("2", next), verification.Verified, 2},
			{0, nil, by("1", old), verification.Verified, 2},
		},
		"a key that was replaced under its ID is found with one more call": {
			{0, set(public("1", old)), by("1", old), verification.Verified, 1},
			{10 * time.Minute, set(public("1", next)), by("1", next), verification.Verified, 2},
		},
		"a key that is never published is asked for every 5 minutes at most": {
			{0, set(public("1", old)), by("2", next), verification.Unverified, 1},
			{time.Minute, nil, by("2", next), verification.Unverified, 1},
			{4 * time.Minute, nil, by("2", next), verification.Unverified, 2},
			{time.Minute, nil, by("2", next), verification.Unverified, 2},
		},
		"keys stay when they cannot be read again": {
			{0, set(public("1", old)), by("1", old), verification.Verified, 1},
			{10 * time.Minute, answer(503, nil), by("2", next), verification.Unverified, 2},
			{0, nil, by("1", old), verification.Verified, 2},
		},
		"an outage is over after 5 minutes": {
			{0, answer(503, nil), by("1", old), verification.Unverified, 1},
			{time.Minute, set(public("1", old)), by("1", old), verification.Unverified, 1},
			{4 * time.Minute, nil, by("1", old), verification.Verified, 2},
		},
		"keys that are not published are asked for once a day": {
			{0, answer(404, nil), by("1", old), verification.Unverified, 1},
			{23 * time.Hour, set(public("1", old)), by("1", old), verification.Unverified, 1},
			{time.Hour, nil, by("1", old), verification.Verified, 2},
		},
		"a clock that is set back by days does not hold the keys back": {
			{0, answer(404, nil), by("1", old), verification.Unverified, 1},
			{-48 * time.Hour, set(public("1", old)), by("1", old), verification.Verified, 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakeClock(noon)
			a, verifier := serve(t, clock), verification.New(clock)
			for i, s := range steps {
				clock.SetTime(clock.Now().Add(s.after))
				if s.publish != nil {
					a.set(s.publish)
				}
				token := s.token
				token.TenantExpirationTime = time.Time{}
				found := verifier.Check(t.Context(), "orders", a, token, verification.Expected{UsualIssuers: []string{"https://t/orders/"}})
				if found.Verdict != s.verdict || a.reads() != s.reads {
					t.Errorf("step %d: it is %s, %s: %s; the keys were read %d times", i, found.Verdict, found.Reason, found.Message, a.reads())
				}
			}
		})
	}
}

func TestManyTokensAtOnceReadTheKeysOnce(t *testing.T) {
	clock := clocktesting.NewFakeClock(noon)
	key := newKey(t)
	a, verifier := serve(t, clock), verification.New(clock)
	a.publish(public("1", key))
	token := sign(t, jose.RS256, "1", key, usual())
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if found := verifier.Check(t.Context(), "orders", a, token, asked()); found.Verdict != verification.Verified {
				t.Errorf("it is %s, %s: %s", found.Verdict, found.Reason, found.Message)
			}
		})
	}
	group.Wait()
	if n := a.reads(); n != 1 {
		t.Errorf("the keys were read %d times", n)
	}
}

func TestAPassThatIsGivenUpSaysNothingAboutTheKeys(t *testing.T) {
	clock := clocktesting.NewFakeClock(noon)
	key := newKey(t)
	a, verifier := serve(t, clock), verification.New(clock)
	a.publish(public("1", key))
	token := sign(t, jose.RS256, "1", key, usual())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if found := verifier.Check(ended, "orders", a, token, asked()); found.Verdict != verification.Unverified {
		t.Errorf("it is %s", found.Verdict)
	}
	if found := verifier.Check(t.Context(), "orders", a, token, asked()); found.Verdict != verification.Verified {
		t.Errorf("the next pass finds %s, %s: %s", found.Verdict, found.Reason, found.Message)
	}
}

// BenchmarkCheck is what the check of each token costs once the keys of its application are known.
func BenchmarkCheck(b *testing.B) {
	clock := clocktesting.NewFakeClock(noon)
	key := newKey(b)
	a := serve(b, clock)
	a.publish(public("1", key))
	token, v := sign(b, jose.RS256, "1", key, usual()), verification.New(clock)
	b.ReportAllocs()
	for b.Loop() {
		if finding := v.Check(b.Context(), "orders", a, token, asked()); finding.Verdict != verification.Verified {
			b.Fatal(finding)
		}
	}
}
