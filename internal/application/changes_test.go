package application_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/application"
)

// server is an application for one's own APIs.
func server() application.Desired {
	return application.Desired{
		ApplicationID: "orders", Name: "Orders", Description: "Orders [mark]",
		Type: v1alpha1.ApplicationTypeOAuth2Server, Audience: "https://orders.example.com",
		ClientIDType: v1alpha1.ClientIDTypeConfidential, MustBeOAuthClient: true, GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeClientCredentials},
		TokenType: v1alpha1.TokenTypeJWT, TokenLifetime: 5 * time.Hour,
		Scopes: []application.Scope{{Name: "read", Description: "Read"}, {Name: "write"}},
	}
}

// clientApplication is an application for the tenant's own APIs.
func clientApplication() application.Desired {
	d := server()
	d.Type, d.Audience = v1alpha1.ApplicationTypeOAuth2Client, ""
	d.Scopes = []application.Scope{{Name: "users", Description: "Users", RESTPatterns: []string{"/UserMgmt/.*", "/Roles/<a>&b"}}}
	return d
}

// publicApplication is one for public clients with PKCE, with everything that users see.
func publicApplication() application.Desired {
	d := server()
	d.ClientIDType, d.AllowedClients, d.MustBeOAuthClient = v1alpha1.ClientIDTypeList, []string{"desktop", "phone"}, false
	d.GrantTypes = []v1alpha1.GrantType{v1alpha1.GrantTypeAuthorizationCode, v1alpha1.GrantTypeImplicit, v1alpha1.GrantTypeResourceOwner}
	d.RedirectURIs, d.RefreshLifetime = []string{"https://shop.example.com/callback", "com.example.shop:/callback"}, 365*24*time.Hour
	d.ConsentRequired, d.AllowScopeSelection = true, true
	return d
}

// inSync returns what a tenant answers for server() and clientApplication() when they are as desired.
func inSync(d application.Desired) string {
	scopes := `[{"Scope":"read","Description":"Read"},{"Scope":"write","Description":""}]`
	target := "false"
	audience := `"Audience":"https://orders.example.com",`
	if d.Type == v1alpha1.ApplicationTypeOAuth2Client {
		scopes = `[{"Scope":"users","Description":"Users","AllowedRest":["/UserMgmt/.*","/Roles/<a>&b"]}]`
		target, audience = "true", ""
	}
	return `{"Name":"Orders","ServiceName":"orders","Description":"Orders [mark]","OAuthProfile":{"TargetIsUs":` + target + `,"ClientIDType":1,` +
		`"AllowPublic":false,"MustBeOauthClient":true,"TokenType":"JwtRS256","AllowedAuth":"ClientCreds","TokenLifetimeString":"0.05:00:00",` +
		`"AllowRefresh":false,` + audience + `"KnownScopes":` + scopes + `}}`
}

func object(t testing.TB, raw string) map[string]json.RawMessage {
	t.Helper()
	var o map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &o); err != nil {
		t.Fatalf("reading the application: %v\n%s", err, raw)
	}
	return o
}

func changes(t testing.TB, current map[string]json.RawMessage, d application.Desired) application.Update {
	t.Helper()
	update, err := application.Changes(current, d)
	if err != nil {
		t.Fatal(err)
	}
	return update
}

func TestChangesTreatsTheClaimsScriptAsText(t *testing.T) {
	for name, tc := range map[string]struct {
		there, wanted string
		differs       bool
	}{
		"none is wanted, and the built-in one is there": {"@oauth2", "", false},
		"none is wanted, and somebody's is there":       {"setClaim('a', 'b');", "", false},
		"the same":                          {"a;\nb;", "a;\nb;", false},
		"the same with other ends of lines": {"a;\r\nb;\r\n", "a;\nb;", false},
		"another":                           {"@oauth2", "a;", true},
		"blanks inside":                     {"a; b;", "a;  b;", true},
	} {
		t.Run(name, func(t *testing.T) {
			current, d := object(t, inSync(server())), server()
			raw, err := json.Marshal(tc.there)
			if err != nil {
				t.Fatal(err)
			}
			current["OpenIDConnectScript"], d.ClaimsScript = raw, tc.wanted
			update := changes(t, current, d)
			if !tc.differs {
				if !update.IsEmpty() {
					t.Errorf("it differs in %v", update.Changed)
				}
				return
			}
			if diff := cmp.Diff([]string{"spec.claimsScript"}, update.Changed); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if string(update.Fields["Script"]) != string(update.Fields["OpenIDConnectScript"]) || len(update.Fields) != 2 {
				t.Errorf("it sends %s", update.Fields)
			}
		})
	}
}

func TestChangesOfWhatIsObservedLookPastAnyMark(t *testing.T) {
	d := server()
	d.Observed, d.Description = true, "Orders"
	marked := strings.Replace(inSync(server()), "[mark]", "[oauth-operator cluster=a owner=OAuthClient/b/c uid=d]", 1)
	if update := changes(t, object(t, marked), d); !update.IsEmpty() {
		t.Errorf("it differs in %v", update.Changed)
	}
	d.Description = "Other"
	if diff := cmp.Diff([]string{"spec.description"}, changes(t, object(t, marked), d).Changed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARetainedScopeIsKeptAsTheTenantHasIt(t *testing.T) {
	d := server()
	d.Scopes, d.Retained = d.Scopes[:1], []string{"gone", "write"}
	if update := changes(t, object(t, inSync(server())), d); !update.IsEmpty() {
		t.Errorf("it differs in %v", update.Changed)
	}
	d.Scopes[0].Description = "Read all"
	update := changes(t, object(t, strings.Replace(inSync(server()), `{"Scope":"write"`, `{"Type":"x","Scope":"write"`, 1)), d)
	if profile := string(update.Fields["OAuthProfile"]); !strings.Contains(profile, `{"Description":"","Scope":"write","Type":"x"}`) || strings.Contains(profile, "gone") {
		t.Errorf("it sends %s", profile)
	}
	d.Retained = nil
	if diff := cmp.Diff([]string{"spec.scopes"}, changes(t, object(t, inSync(server())), d).Changed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAppliedScopesAreThoseOfTheDesiredStateThatAreThere(t *testing.T) {
	d := clientApplication()
	d.Scopes = append(d.Scopes, application.Scope{Name: "absent"})
	d.Retained = []string{"kept", "absent-too"}
	same := `{"Scope":"users","Description":"Users","AllowedRest":["/Roles/<a>&b","/UserMgmt/.*"]}`
	for name, tc := range map[string]struct {
		scopes string
		want   []v1alpha1.AppliedScope
	}{
		"nothing":                        {`null`, nil},
		"one that means the same":        {`[` + same + `]`, []v1alpha1.AppliedScope{{Name: "users", Hash: d.Scopes[0].Hash()}}},
		"one that is there twice":        {`[` + same + `,` + same + `]`, []v1alpha1.AppliedScope{{Name: "users", Hash: d.Scopes[0].Hash()}}},
		"one that somebody else defined": {`[{"Scope":"theirs"}]`, nil},
		"one that differs": {
			`[{"Scope":"users","Description":"other"}]`,
			[]v1alpha1.AppliedScope{{Name: "users", Hash: application.Scope{Name: "users", Description: "other"}.Hash()}},
		},
		"one that is retained": {`[{"Scope":"kept"}]`, []v1alpha1.AppliedScope{{Name: "kept", Hash: application.Scope{Name: "kept"}.Hash()}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := application.AppliedScopes(object(t, `{"OAuthProfile":{"KnownScopes":`+tc.scopes+`}}`), d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestChangesIsEmptyWhenTheApplicationMeansTheSame(t *testing.T) {
	spelled := func(old, replacement string) func(string) string {
		return func(raw string) string {
			if !strings.Contains(raw, old) {
				panic("nothing to replace: " + old)
			}
			return strings.Replace(raw, old, replacement, 1)
		}
	}
	for name, tc := range map[string]struct {
		change  func(string) string
		desired application.Desired
	}{
		"an application that is as desired":              {func(s string) string { return s }, server()},
		"an application for the tenant's own APIs":       {func(s string) string { return s }, clientApplication()},
		"scopes in another order":                        {spelled(`[{"Scope":"read","Description":"Read"},{"Scope":"write","Description":""}]`, `[{"Scope":"write","Description":""},{"Scope":"read","Description":"Read"}]`), server()},
		"REST patterns in another order":                 {spelled(`["/UserMgmt/.*","/Roles/<a>&b"]`, `["/Roles/<a>&b","/UserMgmt/.*"]`), clientApplication()},
		"REST patterns with HTML characters escaped":     {spelled(`/Roles/<a>&b`, `/Roles/\u003ca\u003e\u0026b`), clientApplication()},
		"a scope without a description":                  {spelled(`{"Scope":"write","Description":""}`, `{"Scope":"write"}`), server()},
		"a scope whose description is null":              {spelled(`{"Scope":"write","Description":""}`, `{"Scope":"write","Description":null}`), server()},
		"grant types with blanks":                        {spelled(`"AllowedAuth":"ClientCreds"`, `"AllowedAuth":" ClientCreds , "`), server()},
		"a lifetime without days":                        {spelled(`0.05:00:00`, `05:00:00`), server()},
		"a lifetime with one digit":                      {spelled(`0.05:00:00`, `5:00:00`), server()},
		"a lifetime with a fraction":                     {spelled(`0.05:00:00`, `0.05:00:00.0000000`), server()},
		"ClientIDType as the vendor's client spells it":  {spelled(`"ClientIDType":1`, `"ClientIdType":1`), server()},
		"ClientIDType by its name":                       {spelled(`"ClientIDType":1`, `"ClientIDType":"confidential"`), server()},
		"ClientIDType by its name in capitals":           {spelled(`"ClientIDType":1`, `"ClientIDType":"Confidential"`), server()},
		"a boolean as a string":                          {spelled(`"MustBeOauthClient":true`, `"MustBeOauthClient":"True"`), server()},
		"a false boolean as a string":                    {spelled(`"AllowPublic":false`, `"AllowPublic":"False"`), server()},
		"a false boolean that is missing":                {spelled(`"AllowRefresh":false,`, ``), server()},
		"a false boolean that is null":                   {spelled(`"AllowRefresh":false`, `"AllowRefresh":null`), server()},
		"keys in another case":                           {spelled(`"MustBeOauthClient"`, `"mustbeoauthclient"`), server()},
		"the profile under another case":                 {spelled(`"OAuthProfile"`, `"OauthProfile"`), server()},
		"an issuer that is the tenant's own default":     {spelled(`"AllowRefresh"`, `"Issuer":"https://t.example.com/orders","AllowRefresh"`), server()},
		"fields that the operator does not model":        {spelled(`"AllowRefresh"`, `"Script":"x = 1.0","AllowRefresh"`), server()},
		"an audience on a client application is not our": {spelled(`"AllowRefresh"`, `"Audience":"theirs","AllowRefresh"`), clientApplication()},
	} {
		t.Run(name, func(t *testing.T) {
			update := changes(t, object(t, tc.change(inSync(tc.desired))), tc.desired)
			if !update.IsEmpty() || len(update.Changed) != 0 {
				t.Errorf("%v is to change: %s", update.Changed, update.Fields)
			}
		})
	}
}

func TestChangesNamesWhatDiffers(t *testing.T) {
	replace := func(old, replacement string) func(string, *application.Desired) string {
		return func(raw string, _ *application.Desired) string {
			if !strings.Contains(raw, old) {
				panic("nothing to replace: " + old)
			}
			return strings.Replace(raw, old, replacement, 1)
		}
	}
	want := func(change func(*application.Desired)) func(string, *application.Desired) string {
		return func(raw string, d *application.Desired) string { change(d); return raw }
	}
	for name, tc := range map[string]struct {
		change func(raw string, d *application.Desired) string
		paths  []string
		keys   []string
	}{
		"another name":              {replace(`"Name":"Orders"`, `"Name":"Other"`), []string{"spec.displayName"}, []string{"Name"}},
		"an ID that is not set yet": {replace(`"ServiceName":"orders"`, `"ServiceName":null`), []string{"spec.applicationID"}, []string{"ServiceName"}},
		"an edited description":     {replace(`Orders [mark]`, `Orders`), []string{"spec.description"}, []string{"Description"}},
		"another token type":        {want(func(d *application.Desired) { d.TokenType = v1alpha1.TokenTypeOpaque }), []string{"spec.token.type"}, []string{"OAuthProfile"}},
		"another lifetime":          {want(func(d *application.Desired) { d.TokenLifetime = time.Hour }), []string{"spec.token.lifetime"}, []string{"OAuthProfile"}},
		"a lifetime that nobody can read": {
			replace(`0.05:00:00`, `PT5H`), []string{"spec.token.lifetime"}, []string{"OAuthProfile"},
		},
		"another audience":               {want(func(d *application.Desired) { d.Audience = "b" }), []string{"spec.audience"}, []string{"OAuthProfile"}},
		"an audience that is taken away": {want(func(d *application.Desired) { d.Audience = "" }), []string{"spec.audience"}, []string{"OAuthProfile"}},
		"an issuer":                      {want(func(d *application.Desired) { d.Issuer = "https://i" }), []string{"spec.issuer"}, []string{"OAuthProfile"}},
		"refresh tokens":                 {replace(`"AllowRefresh":false`, `"AllowRefresh":true`), []string{"spec.token.refreshToken"}, []string{"OAuthProfile"}},
		"refresh tokens, as a string":    {replace(`"AllowRefresh":false`, `"AllowRefresh":"TRUE"`), []string{"spec.token.refreshToken"}, []string{"OAuthProfile"}},
		"further grant types":            {replace(`"ClientCreds"`, `"ClientCreds, AuthorizationCode"`), []string{"spec.token.grantTypes"}, []string{"OAuthProfile"}},
		"public clients":                 {replace(`"ClientIDType":1`, `"ClientIDType":2`), []string{"spec.clientIDType"}, []string{"OAuthProfile"}},
		"a type of clients that is no number": {
			replace(`"ClientIDType":1`, `"ClientIDType":[1]`), []string{"spec.clientIDType"}, []string{"OAuthProfile"},
		},
		"another kind of application, with several keys, named once": {
			replace(`"TargetIsUs":false,"ClientIDType":1,"AllowPublic":false`, `"TargetIsUs":true,"ClientIDType":0,"AllowPublic":true`), []string{"spec.type", "spec.clientIDType"}, []string{"OAuthProfile"},
		},
		"a redirect URI": {want(func(d *application.Desired) { d.RedirectURIs = []string{"https://a"} }), []string{"spec.redirectURIs"}, []string{"OAuthProfile"}},
		"redirect URIs that are taken away": {
			replace(`"AllowRefresh"`, `"Redirects":["https://a"],"AllowRefresh"`), []string{"spec.redirectURIs"}, []string{"OAuthProfile"},
		},
		"refresh tokens that live longer": {want(func(d *application.Desired) { d.RefreshLifetime = time.Hour }), []string{"spec.token.refreshToken"}, []string{"OAuthProfile"}},
		"consent, in both its parts": {
			want(func(d *application.Desired) { d.ConsentRequired, d.AllowScopeSelection = true, true }), []string{"spec.userConsent"}, []string{"OAuthProfile"},
		},
		"any user as a client": {want(func(d *application.Desired) { d.MustBeOAuthClient = false }), []string{"spec.mustBeOAuthClient"}, []string{"OAuthProfile"}},
		"public clients by name": {
			want(func(d *application.Desired) {
				d.ClientIDType, d.AllowedClients, d.MustBeOAuthClient = v1alpha1.ClientIDTypeList, []string{"phone"}, false
			}), []string{"spec.clientIDType", "spec.allowedClients", "spec.mustBeOAuthClient"}, []string{"OAuthProfile"},
		},
		"a missing scope":               {replace(`,{"Scope":"write","Description":""}`, ``), []string{"spec.scopes"}, []string{"OAuthProfile"}},
		"a scope too many":              {replace(`{"Scope":"write","Description":""}`, `{"Scope":"write"},{"Scope":"admin"}`), []string{"spec.scopes"}, []string{"OAuthProfile"}},
		"a scope twice":                 {replace(`{"Scope":"write","Description":""}`, `{"Scope":"write"},{"Scope":"write"}`), []string{"spec.scopes"}, []string{"OAuthProfile"}},
		"one scope twice, another none": {replace(`"Scope":"write"`, `"Scope":"read"`), []string{"spec.scopes"}, []string{"OAuthProfile"}},
		"another description of a scope": {
			replace(`"Description":"Read"`, `"Description":"Read it"`), []string{"spec.scopes"}, []string{"OAuthProfile"},
		},
		"a scope in another case, which is another scope": {replace(`"Scope":"read"`, `"Scope":"Read"`), []string{"spec.scopes"}, []string{"OAuthProfile"}},
		"no scopes at all":      {replace(`[{"Scope":"read","Description":"Read"},{"Scope":"write","Description":""}]`, `null`), []string{"spec.scopes"}, []string{"OAuthProfile"}},
		"everything at the top": {replace(`"Name":"Orders","ServiceName":"orders","Description":"Orders [mark]",`, ``), []string{"spec.displayName", "spec.applicationID", "spec.description"}, []string{"Description", "Name", "ServiceName"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := server()
			raw := tc.change(inSync(d), &d)
			update := changes(t, object(t, raw), d)
			if diff := cmp.Diff(tc.paths, update.Changed); diff != "" {
				t.Errorf("changed paths (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.keys, slices.Sorted(maps.Keys(update.Fields))); diff != "" {
				t.Errorf("fields to send (-want +got):\n%s", diff)
			}
			converges(t, object(t, raw), update, d)
		})
	}
}

// converges checks that nothing is left to change once an update was applied.
func converges(t testing.TB, current map[string]json.RawMessage, update application.Update, d application.Desired) {
	t.Helper()
	after := maps.Clone(current)
	for key, value := range update.Fields {
		for existing := range after {
			if strings.EqualFold(existing, key) {
				delete(after, existing)
			}
		}
		after[key] = value
	}
	if again := changes(t, after, d); !again.IsEmpty() {
		t.Errorf("after the update %v is to change again: %s", again.Changed, again.Fields)
	}
}

func TestChangesMakesAProfileWhereThereIsNone(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing at all":  `{}`,
		"no profile":      `{"Name":"Orders","ServiceName":"orders","Description":"Orders [mark]"}`,
		"a null profile":  `{"Name":"Orders","ServiceName":"orders","Description":"Orders [mark]","OAuthProfile":null}`,
		"an empty one":    `{"Name":"Orders","ServiceName":"orders","Description":"Orders [mark]","OAuthProfile":{}}`,
		"null everywhere": `{"Name":null,"OAuthProfile":{"ClientIDType":null,"KnownScopes":null,"TokenLifetimeString":null}}`,
	} {
		for _, d := range []application.Desired{server(), clientApplication()} {
			t.Run(fmt.Sprintf("%s/%s", d.Type, name), func(t *testing.T) {
				current := object(t, raw)
				update := changes(t, current, d)
				if diff := cmp.Diff(decode(t, string(object(t, inSync(d))["OAuthProfile"]), switchedOff), decode(t, string(update.Fields["OAuthProfile"]), switchedOff)); diff != "" {
					t.Errorf("profile (-want +got):\n%s", diff)
				}
				converges(t, current, update, d)
			})
		}
	}
}

// switchedOff drops what means the same when it is missing.
func switchedOff(_ string, value any) bool { return value == false || value == "" || value == nil }

func decode(t testing.TB, raw string, drop func(key string, value any) bool) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(raw), &o); err != nil {
		t.Fatalf("reading %s: %v", raw, err)
	}
	maps.DeleteFunc(o, drop)
	return o
}

func TestChangesRefusesWhatItCannotRead(t *testing.T) {
	for name, tc := range map[string]struct{ raw, says string }{
		"a profile that is a list":   {`{"OAuthProfile":[]}`, `reading OAuthProfile of application "orders": not an object`},
		"a profile that is a string": {`{"OAuthProfile":"hunter2"}`, `reading OAuthProfile of application "orders": not an object`},
		"a profile that is a number": {`{"OAuthProfile":1}`, `reading OAuthProfile of application "orders": not an object`},
		"scopes that are an object":  {`{"OAuthProfile":{"KnownScopes":{}}}`, `reading KnownScopes of application "orders": not a list of objects`},
		"scopes that are strings":    {`{"OAuthProfile":{"KnownScopes":["hunter2"]}}`, `reading KnownScopes of application "orders": not a list of objects`},
		"scopes that are one string": {`{"OAuthProfile":{"KnownScopes":"hunter2"}}`, `reading KnownScopes of application "orders": not a list of objects`},
	} {
		t.Run(name, func(t *testing.T) {
			update, err := application.Changes(object(t, tc.raw), server())
			if err == nil || err.Error() != tc.says {
				t.Errorf("got error %v", err)
			}
			if !update.IsEmpty() {
				t.Errorf("something would be sent: %s", update.Fields)
			}
		})
	}
}

// unmodelled are values whose form a careless codec changes.
const unmodelled = `{"float":1.0,"big":9007199254740993,"exponent":1e3,"negative":-0.0,"html":"<a href=\"x\">&amp;</a>","escaped":"\u003c\u00e9\u2028","slash":"a\/b","nested":{"b":[1.50,null,{"z":1,"a":2}],"a":{}},"empty":[]}`

func TestChangesCarriesOverWhatItDoesNotModelByteForByte(t *testing.T) {
	profile := `{"Unknown":` + unmodelled + `,"Script":"if (a < b && c > d) {}","Number":1.0,"KnownScopes":[` +
		`{"Scope":"read","Description":"Old","AllowedRest":["/kept"],"Extra":` + unmodelled + `},` +
		`{"Scope":"write","Unknown":1.0}]}`
	current := object(t, `{"OAuthProfile":`+profile+`,"Elsewhere":`+unmodelled+`}`)
	update := changes(t, current, server())
	if _, sent := update.Fields["Elsewhere"]; sent {
		t.Error("a field that the operator does not model is sent")
	}
	sent := object(t, string(update.Fields["OAuthProfile"]))
	for key, want := range map[string]string{"Unknown": unmodelled, "Script": `"if (a < b && c > d) {}"`, "Number": `1.0`} {
		if diff := cmp.Diff(want, string(sent[key])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	var scopes []map[string]json.RawMessage
	if err := json.Unmarshal(sent["KnownScopes"], &scopes); err != nil {
		t.Fatal(err)
	}
	got := []map[string]string{}
	for _, scope := range scopes {
		texts := map[string]string{}
		for key, value := range scope {
			texts[key] = string(value)
		}
		got = append(got, texts)
	}
	want := []map[string]string{
		{"Scope": `"read"`, "Description": `"Read"`, "AllowedRest": `["/kept"]`, "Extra": unmodelled},
		{"Scope": `"write"`, "Unknown": `1.0`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scopes (-want +got):\n%s", diff)
	}
}

func TestChangesKeepsTheKeysAsTheTenantSpellsThem(t *testing.T) {
	update := changes(t, object(t, `{"OAuthProfile":{"ClientIdType":0,"allowedauth":"Implicit"}}`), server())
	sent := object(t, string(update.Fields["OAuthProfile"]))
	if string(sent["ClientIdType"]) != "1" || string(sent["allowedauth"]) != `"ClientCreds"` {
		t.Errorf("sent %s", update.Fields["OAuthProfile"])
	}
	for _, key := range []string{"ClientIDType", "AllowedAuth"} {
		if _, twice := sent[key]; twice {
			t.Errorf("%s is sent twice: %s", key, update.Fields["OAuthProfile"])
		}
	}
}

// TestChangesSettlesWithAKeyInTwoSpellings: reading one spelling and writing the other would send the same update for ever.
func TestChangesSettlesWithAKeyInTwoSpellings(t *testing.T) {
	for _, raw := range []string{
		`{"OAuthProfile":{"ClientIDType":0,"ClientIdType":1}}`,
		`{"OAuthProfile":{"ClientIdType":0,"clientidtype":1}}`,
		`{"OAuthProfile":{"KnownScopes":[{"Scope":"read","Description":"Old","description":"Read"},{"Scope":"write","DESCRIPTION":"a","description":""}]}}`,
	} {
		current := object(t, raw)
		converges(t, current, changes(t, current, server()), server())
	}
}

func TestChangesDoesNotTouchItsArguments(t *testing.T) {
	raw := `{"OAuthProfile":{"ClientIDType":0,"KnownScopes":[{"Scope":"read"}]}}`
	current, d := object(t, raw), server()
	changes(t, current, d)
	if diff := cmp.Diff(object(t, raw), current); diff != "" {
		t.Errorf("the tenant's answer (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(server(), d); diff != "" {
		t.Errorf("the desired state (-before +after):\n%s", diff)
	}
}

func TestChangesSendsHTMLCharactersAsTheyAre(t *testing.T) {
	d := clientApplication()
	d.Name = "Orders & <Returns>"
	update := changes(t, object(t, `{}`), d)
	if got := string(update.Fields["Name"]); got != `"Orders & <Returns>"` {
		t.Errorf("Name is sent as %s", got)
	}
	if got := string(update.Fields["OAuthProfile"]); !strings.Contains(got, `"/Roles/<a>&b"`) {
		t.Errorf("the profile is sent as %s", got)
	}
}

// FuzzChanges: whatever a tenant answers, either it cannot be read, or one update is enough and what is not modelled survives it.
func FuzzChanges(f *testing.F) {
	f.Add(inSync(server()))
	f.Add(inSync(clientApplication()))
	f.Add(`{"OAuthProfile":` + unmodelled + `}`)
	f.Add(`{"OAuthProfile":{"KnownScopes":[{"Scope":"read","x":1.0},null,{"scope":"write"},{}]}}`)
	f.Add(`{"name":"a","NAME":"b","OAuthProfile":{"ClientIdType":"confidential","clientidtype":1}}`)
	f.Fuzz(func(t *testing.T, raw string) {
		var current map[string]json.RawMessage
		if json.Unmarshal([]byte(raw), &current) != nil {
			return
		}
		for _, d := range []application.Desired{server(), clientApplication(), publicApplication()} {
			update, err := application.Changes(current, d)
			if err != nil {
				continue
			}
			if len(update.Fields) == 0 != (len(update.Changed) == 0) {
				t.Errorf("%d fields to send, %d paths that changed", len(update.Fields), len(update.Changed))
			}
			for key, value := range update.Fields {
				if !json.Valid(value) {
					t.Errorf("%s is sent as %s", key, value)
				}
			}
			converges(t, current, update, d)
		}
	})
}

func BenchmarkChanges(b *testing.B) {
	d := clientApplication()
	scopes := make([]string, 64)
	d.Scopes = nil
	for i := range scopes {
		name := fmt.Sprintf("scope-%02d", i)
		d.Scopes = append(d.Scopes, application.Scope{Name: name, RESTPatterns: []string{"/UserMgmt/.*", "/Roles/.*"}})
		scopes[i] = `{"Scope":"` + name + `","AllowedRest":["/UserMgmt/.*","/Roles/.*"]}`
	}
	known := inSync(clientApplication())
	before, _, _ := strings.Cut(known, `"KnownScopes":`)
	current := object(b, before+`"KnownScopes":[`+strings.Join(scopes, ",")+`]}}`)
	for name, d := range map[string]application.Desired{"equal": d, "different": server()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if update := changes(b, current, d); update.IsEmpty() != (name == "equal") {
					b.Fatal(update.Changed)
				}
			}
		})
	}
}
