package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArgumentsComeFromTheQueryAndTheBody(t *testing.T) {
	cases := map[string]struct {
		query, body string
		want        map[string]any
	}{
		"nothing":                       {"", "", map[string]any{}},
		"the query alone":               {"_RowKey=a&ID=b", "", map[string]any{"_rowkey": "a", "id": "b"}},
		"the body alone":                {"", `{"Name":"a","Flag":true}`, map[string]any{"name": "a", "flag": true}},
		"the body wins over the query":  {"name=a&x=1", `{"Name":"b"}`, map[string]any{"name": "b", "x": "1"}},
		"a null in the body wins, too":  {"name=a", `{"Name":null}`, map[string]any{"name": nil}},
		"white space is an empty body":  {"name=a", " \r\n", map[string]any{"name": "a"}},
		"null is an empty body":         {"name=a", "null", map[string]any{"name": "a"}},
		"the first of several in query": {"name=a&name=b", "", map[string]any{"name": "a"}},
		"a broken query leaves the rest": {
			"name=a&%zz=1", "", map[string]any{"name": "a"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x?"+tc.query, strings.NewReader(tc.body))
			got, err := readArguments(r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.values); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBodiesThatAreNoArgumentsAreRefused(t *testing.T) {
	for name, body := range map[string]string{
		"half an object":     `{"Name":`,
		"text":               `"Name"`,
		"a number":           "1",
		"two objects":        `{} {}`,
		"a form":             "Name=a",
		"too much":           `{"Name":"` + strings.Repeat("x", maxBody) + `"}`,
		"nested without end": strings.Repeat("[", 100_000),
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", strings.NewReader(body))
		if _, err := readArguments(r); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// FuzzArguments sends any query and body to the admin API as an administrator. Whatever comes, the answer is an envelope
// with a boolean success and the nine keys, the arguments read the same however their names are spelled, and the tenant
// goes on.
func FuzzArguments(f *testing.F) {
	operations := adminOperations()
	calls := minimalCalls()
	for i, op := range operations {
		text, err := json.Marshal(calls[op.name])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), "", text)
	}
	f.Add(uint8(0), "ID=OAuth2Server&%zz", []byte(`{"id":["OAuth2Server","OAuth2ServerClient"]}`))
	f.Add(uint8(1), "_RowKey=orders", []byte(`{"OAuthProfile":{"KnownScopes":[{"Scope":"a","AllowedRest":"("}],"AllowedAuth":"ClientCreds, Implicit","clientidtype":"list"}}`))
	f.Add(uint8(7), "", []byte(`{"ID":"orders","Grants":[{"PType":"role","Principal":"ops","Rights":"View,,None"},null,1]}`))
	f.Add(uint8(40), "", []byte(`[{"Role":"ops","Path":"/x"},[],null]`))
	f.Add(uint8(52), "", []byte(`{"Args":{"PageNumber":"2","PageSize":"9223372036854775807"}}`))
	f.Add(uint8(52), "", []byte(`{"user":"{\"_or\":[{\"a\":{\"_like\":{\"value\":1}}}]}","Args":{"PageNumber":-1,"PageSize":9223372036854775807,"Limit":"x"}}`))
	f.Fuzz(func(t *testing.T, index uint8, query string, body []byte) {
		op := operations[int(index)%len(operations)]
		e := fuzzedTenant(t)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/"+op.name, bytes.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Authorization", "Bearer fuzz")
		answer := httptest.NewRecorder()
		e.ServeHTTP(answer, r)
		if answer.Code != http.StatusOK {
			t.Fatalf("%s answered %d", op.name, answer.Code)
		}
		var fields map[string]any
		if err := json.Unmarshal(answer.Body.Bytes(), &fields); err != nil {
			if !strings.HasPrefix(op.name, "RoleAttributes/") {
				t.Fatalf("%s answered %s", op.name, answer.Body)
			}
			return // a bare array
		}
		if success, ok := fields["success"].(bool); ok && (len(fields) != 9 || success != (fields["Message"] == nil)) {
			t.Fatalf("%s answered %s", op.name, answer.Body)
		}
		if _, err := e.snapshot(noon); err != nil {
			t.Fatalf("after %s: %v", op.name, err)
		}
		e.Applications()
		e.applicationTable().result(newArguments(nil))
	})
}

// fuzzAuthority spares every run the making of keys.
var fuzzAuthority = sync.OnceValues(newAuthority)

// fuzzedTenant returns a tenant that does not listen, which has what minimalCalls names and takes the token "fuzz".
func fuzzedTenant(t *testing.T) *Emulator {
	t.Helper()
	e := newEmulator(Options{})
	var err error
	if e.authority, err = fuzzAuthority(); err != nil {
		t.Fatal(err)
	}
	seed := DefaultSeed()
	seed.Roles = append(seed.Roles, SeedRole{ID: "ops", Name: "ops"})
	seed.Users = append(seed.Users, SeedUser{Name: "svc@example.test", Password: "Svc-Password-1"})
	seed.Applications = append(seed.Applications, SeedApplication{ServiceName: "orders"})
	if err := e.plant(seed); err != nil {
		t.Fatal(err)
	}
	e.rename("orders", "svc@example.test")
	app, _ := e.Application("operator-admin")
	u, _ := e.User("oauth-operator@example.test")
	e.state.storeToken("fuzz", &token{
		authorization: &authorization{application: app.Key, user: u.ID}, scopes: []string{"all"}, expires: e.now().AddDate(1, 0, 0),
	}, e.now())
	return e
}

func TestNamesOfTheQueryAreRead(t *testing.T) {
	values := url.Values{"Script": {"SELECT ID FROM Role WHERE Name = 'a''b'"}}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x?"+values.Encode(), http.NoBody)
	got, err := readArguments(r)
	if err != nil || got.text("script") != values.Get("Script") {
		t.Errorf("got %q, %v", got.text("script"), err)
	}
}
