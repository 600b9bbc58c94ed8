package emulator_test

import (
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

var startTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ordersSeed is a tenant with one application, one client that may use it, and clients that may not.
func ordersSeed() emulator.Seed {
	client := func(name string, change func(*emulator.SeedUser)) emulator.SeedUser {
		u := emulator.SeedUser{
			Name: name + "@example.test", Password: goodPassword, OauthClient: true, ServiceUser: true,
			Roles: []string{"orders clients"},
		}
		change(&u)
		return u
	}
	seed := emulator.DefaultSeed()
	seed.Roles = append(seed.Roles, emulator.SeedRole{Name: "orders clients", ID: "r1"})
	seed.Users = append(seed.Users,
		client("good", func(*emulator.SeedUser) {}),
		client("direct", func(u *emulator.SeedUser) { u.Roles = nil }),
		client("viewer", func(u *emulator.SeedUser) { u.Roles = nil }),
		client("ungranted", func(u *emulator.SeedUser) { u.Roles = nil }),
		client("person", func(u *emulator.SeedUser) { u.OauthClient, u.ServiceUser = false, false }),
		client("locked", func(u *emulator.SeedUser) { u.State = "Locked" }),
		client("forced", func(u *emulator.SeedUser) { u.ForcePasswordChangeNext = true }),
	)
	seed.Applications = append(seed.Applications, emulator.SeedApplication{
		ServiceName: "orders", Scopes: []emulator.SeedScope{{Scope: "read"}, {Scope: "write"}},
		Profile: map[string]any{"Audience": "https://api.shop", "TokenLifetimeString": "0.00:30:00"},
		Grants: []emulator.SeedGrant{
			{Role: "orders clients"}, {User: "direct@example.test"}, {User: "viewer@example.test", Rights: "View"},
		},
	})
	return seed
}

func startOrders(t *testing.T, switches emulator.Switches) *tenant {
	t.Helper()
	return start(t, emulator.Options{
		Seed: ordersSeed(), Clock: testingclock.NewFakePassiveClock(startTime), Switches: switches,
	})
}

func TestTokenHasTheClaimsOfTheApplication(t *testing.T) {
	tn := startOrders(t, emulator.Switches{})
	r := tn.requestToken(t, "Orders", "GOOD@example.test", goodPassword, "write read write")
	text, _ := r.fields["access_token"].(string)
	delete(r.fields, "access_token")
	check(t, object{"token_type": "Bearer", "expires_in": 1800.0, "scope": "write read"}, r.fields)
	check(t, "no-store", r.header.Get("Cache-Control"))

	var set jose.JSONWebKeySet
	keys := tn.send(t, http.MethodGet, "/OAuth2/Keys/orders/", "", nil)
	if err := json.Unmarshal([]byte(keys.text), &set); err != nil {
		t.Fatal(err)
	}
	signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	found := set.Key(signed.Signatures[0].Header.KeyID)
	if len(found) != 1 {
		t.Fatalf("the key set has %d keys under the token's key ID", len(found))
	}
	payload, err := signed.Verify(found[0])
	if err != nil {
		t.Fatal(err)
	}
	var claims object
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	u, _ := tn.User("good@example.test")
	delete(claims, "jti")
	check(t, object{
		"iss": tn.URL() + "/orders/", "aud": "https://api.shop", "sub": u.ID, "unique_name": "good@example.test",
		"scope": "write read", "iat": float64(startTime.Unix()), "exp": float64(startTime.Unix() + 1800),
	}, claims)

	again := tn.requestToken(t, "orders", "good@example.test", goodPassword, "read")
	if again.fields["access_token"] == text {
		t.Error("two tokens of one second are equal")
	}
	check(t, emulator.Counters{"OAuth2/Token/orders": 2, "OAuth2/Keys": 1}, tn.Calls())
}

func TestTokenRequestsAreRefused(t *testing.T) {
	cases := map[string]struct {
		switches   emulator.Switches
		app        string // orders when empty
		id, secret string
		scope      string
		status     int
		want       string
	}{
		"a wrong secret":                    {id: "good", secret: "x", status: 401, want: "invalid_client"},
		"an empty secret":                   {id: "good", secret: "-", status: 401, want: "invalid_client"},
		"an unknown client":                 {id: "nobody", status: 401, want: "invalid_client"},
		"a locked client":                   {id: "locked", status: 401, want: "invalid_client"},
		"a user who is no client":           {id: "person", status: 400, want: "unauthorized_client"},
		"a client without grant":            {id: "ungranted", status: 400, want: "access_denied"},
		"a client who may only view":        {id: "viewer", status: 400, want: "access_denied"},
		"a scope that is not defined":       {id: "good", scope: "read admin", status: 400, want: "invalid_scope"},
		"a scope in another case":           {id: "good", scope: "READ", status: 400, want: "invalid_scope"},
		"an unknown application":            {app: "nothing", id: "good", status: 400, want: "invalid_request"},
		"a client of another application":   {app: "operator-admin", id: "good", status: 400, want: "access_denied"},
		"an unknown application, as 404":    {switches: emulator.Switches{UnknownApplicationNotFound: true}, app: "nothing", id: "good", status: 404, want: "invalid_request"},
		"no grant, as unauthorized":         {switches: emulator.Switches{UngrantedAsUnauthorized: true}, id: "ungranted", status: 400, want: "unauthorized_client"},
		"a password that must be changed":   {switches: emulator.Switches{PasswordChangeBlocks: true}, id: "forced", status: 401, want: "invalid_client"},
		"an empty application, the default": {app: "-", id: "person", status: 400, want: "unauthorized_client"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tn := startOrders(t, tc.switches)
			app, secret := tc.app, tc.secret
			switch app {
			case "":
				app = "orders"
			case "-":
				app = ""
			}
			switch secret {
			case "":
				secret = goodPassword
			case "-":
				secret = ""
			}
			r := tn.requestToken(t, app, tc.id+"@example.test", secret, tc.scope)
			check(t, tc.status, r.status)
			check(t, any(tc.want), r.fields["error"])
			if (r.status == http.StatusUnauthorized) != (r.header.Get("WWW-Authenticate") != "") {
				t.Errorf("status %d with WWW-Authenticate %q", r.status, r.header.Get("WWW-Authenticate"))
			}
			if strings.Contains(r.text, goodPassword) {
				t.Error("the answer holds the password")
			}
		})
	}
}

func TestTokenRequestsAreGranted(t *testing.T) {
	cases := map[string]struct {
		switches  emulator.Switches
		id, scope string
		want      string
	}{
		"through a role":                       {id: "good", scope: "read", want: "read"},
		"by a direct grant":                    {id: "direct", scope: "read", want: "read"},
		"without scope":                        {id: "good", want: ""},
		"narrowed, where that is chosen":       {switches: emulator.Switches{NarrowScopes: true}, id: "good", scope: "admin read", want: "read"},
		"with a password that must be changed": {id: "forced", scope: "read", want: "read"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tn := startOrders(t, tc.switches)
			r := tn.requestToken(t, "orders", tc.id+"@example.test", goodPassword, tc.scope)
			check(t, http.StatusOK, r.status)
			check(t, any(tc.want), r.fields["scope"])
		})
	}
}

func TestTheFormOfTokenRequestsMatters(t *testing.T) {
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	const credentials = "&client_id=good%40example.test&client_secret=" + goodPassword
	cases := map[string]struct {
		method, body string
		header       map[string]string
		status       int
		want         any
	}{
		"credentials in the form": {"POST", "grant_type=client_credentials&scope=read" + credentials, form, 200, nil},
		"JSON": {
			"POST", `{"grant_type":"client_credentials"}`,
			map[string]string{"Content-Type": "application/json"},
			400,
			"invalid_request",
		},
		"no grant type":      {"POST", "scope=read" + credentials, form, 400, "invalid_request"},
		"another grant type": {"POST", "grant_type=magic" + credentials, form, 400, "unsupported_grant_type"},
		"a parameter twice": {
			"POST", "grant_type=client_credentials&scope=read&scope=write" + credentials, form, 400, "invalid_request",
		},
		"percent-encoded Basic credentials": {
			"POST", "grant_type=client_credentials", map[string]string{
				"Content-Type":  "application/x-www-form-urlencoded",
				"Authorization": "Basic Z29vZCU0MGV4YW1wbGUudGVzdDpDb3JyZWN0LUhvcnNlLTc=", // good%40example.test
			}, 401, "invalid_client",
		},
		"a header that is not Basic": {
			"POST", "grant_type=client_credentials" + credentials, map[string]string{
				"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Bearer x",
			}, 401, "invalid_client",
		},
		"GET": {"GET", "", form, 405, nil},
	}
	tn := startOrders(t, emulator.Switches{})
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := tn.send(t, tc.method, "/oauth2/token/orders", tc.body, tc.header)
			check(t, tc.status, r.status)
			check(t, tc.want, r.fields["error"])
		})
	}
}

func TestTheProfileDecidesWhoIsAdmitted(t *testing.T) {
	cases := map[string]struct {
		profile object
		id      string
		want    any
	}{
		"the flow must be on":               {object{"AllowedAuth": "AuthorizationCode"}, "good", "unauthorized_client"},
		"a person, where that is allowed":   {object{"MustBeOauthClient": false}, "person", nil},
		"a client in the list":              {object{"ClientIDType": 0, "AllowedClients": []any{"Good@example.test"}}, "good", nil},
		"a client not in the list":          {object{"ClientIDType": 0, "AllowedClients": []any{"x@example.test"}}, "good", "unauthorized_client"},
		"anything still needs a credential": {object{"ClientIDType": 0}, "locked", "invalid_client"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tn := startOrders(t, emulator.Switches{})
			app, _ := tn.Application("orders")
			err := tn.EditApplication(app.Key, func(raw map[string]any) {
				profile, _ := raw["OAuthProfile"].(map[string]any)
				maps.Copy(profile, tc.profile)
			})
			if err != nil {
				t.Fatal(err)
			}
			r := tn.requestToken(t, "orders", tc.id+"@example.test", goodPassword, "")
			check(t, tc.want, r.fields["error"])
		})
	}
}

func TestOpaqueTokensAreIntrospectedAndRevoked(t *testing.T) {
	tn := startOrders(t, emulator.Switches{})
	app, _ := tn.Application("orders")
	if err := tn.EditApplication(app.Key, func(raw map[string]any) {
		profile, _ := raw["OAuthProfile"].(map[string]any)
		profile["TokenType"] = "Opaque"
	}); err != nil {
		t.Fatal(err)
	}
	text, _ := tn.requestToken(t, "orders", "good@example.test", goodPassword, "read").fields["access_token"].(string)
	if text == "" || strings.Contains(text, ".") {
		t.Fatalf("token %q is not opaque", text)
	}
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	credentials := "&client_id=direct%40example.test&client_secret=" + goodPassword
	introspect := func() object {
		t.Helper()
		return tn.send(t, http.MethodPost, "/oauth2/introspect/orders", "token="+text+credentials, header).fields
	}
	u, _ := tn.User("good@example.test")
	check(t, object{
		"active": true, "scope": "read", "client_id": "good@example.test", "username": "good@example.test",
		"token_type": "Bearer", "sub": u.ID, "iss": tn.URL() + "/orders/", "aud": "https://api.shop",
		"iat": float64(startTime.Unix()), "exp": float64(startTime.Unix() + 1800),
	}, introspect())

	tn.send(t, http.MethodPost, "/oauth2/revoke/orders", "token="+text+credentials, header)
	check(t, any(true), introspect()["active"]) // somebody else's token
	credentials = "&client_id=good%40example.test&client_secret=" + goodPassword
	r := tn.send(t, http.MethodPost, "/oauth2/revoke/orders", "token="+text+credentials, header)
	check(t, http.StatusOK, r.status)
	check(t, object{"active": false}, introspect())
}

func TestSigningKeysRotate(t *testing.T) {
	tn := start(t, emulator.Options{Seed: ordersSeed()})
	app, _ := tn.Application("orders")
	keyIDs := func(name string) []string {
		t.Helper()
		var set jose.JSONWebKeySet
		if err := json.Unmarshal([]byte(tn.send(t, http.MethodGet, "/OAuth2/Keys/"+name, "", nil).text), &set); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, key := range set.Keys {
			if _, ok := key.Key.(*rsa.PublicKey); !ok {
				t.Fatalf("the key set holds a %T", key.Key)
			}
			ids = append(ids, key.KeyID)
		}
		return ids
	}
	before := keyIDs("orders")
	if err := tn.RotateSigningKey(app.Key); err != nil {
		t.Fatal(err)
	}
	after := keyIDs("orders")
	check(t, before, after[:1])
	check(t, 2, len(after))
	text, _ := tn.requestToken(t, "orders", "good@example.test", goodPassword, "").fields["access_token"].(string)
	signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	check(t, after[1], signed.Signatures[0].Header.KeyID)
	if other := keyIDs("operator-admin"); other[0] == before[0] {
		t.Error("two applications share a key ID")
	}
}

func TestApplicationsHaveKeysOfTheirOwn(t *testing.T) {
	tn := start(t, emulator.Options{Seed: ordersSeed(), Keys: emulator.NewKeys()})
	var moduli []string
	for _, name := range []string{"orders", "operator-admin", "ORDERS"} {
		var set struct {
			Keys []struct{ N string }
		}
		if err := json.Unmarshal([]byte(tn.send(t, http.MethodGet, "/OAuth2/Keys/"+name, "", nil).text), &set); err != nil {
			t.Fatal(err)
		}
		moduli = append(moduli, set.Keys[0].N)
	}
	if moduli[0] == moduli[1] || moduli[0] != moduli[2] {
		t.Error("want one key per application that stays")
	}
}

func TestDiscoveryNamesTheEndpoints(t *testing.T) {
	tn := start(t, emulator.Options{PublicURL: "https://tenant.example.test"})
	r := tn.send(t, http.MethodGet, "/Operator-Admin/.Well-Known/openid-configuration", "", nil)
	for name, want := range map[string]string{
		"issuer":         "https://tenant.example.test/operator-admin/",
		"jwks_uri":       "https://tenant.example.test/OAuth2/Keys/operator-admin",
		"token_endpoint": "https://tenant.example.test/OAuth2/Token/operator-admin",
	} {
		check(t, any(want), r.fields[name])
	}
	check(t, 404, tn.send(t, http.MethodGet, "/nothing/.well-known/openid-configuration", "", nil).status)

	absent := start(t, emulator.Options{Switches: emulator.Switches{KeysAbsent: true, DiscoveryAbsent: true}})
	check(t, 404, absent.send(t, http.MethodGet, "/operator-admin/.well-known/openid-configuration", "", nil).status)
	check(t, 404, absent.send(t, http.MethodGet, "/OAuth2/Keys/operator-admin", "", nil).status)
}
