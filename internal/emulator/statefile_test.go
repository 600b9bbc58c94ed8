package emulator

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator/handle"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rich starts a tenant that has something of everything.
func rich(t *testing.T, options Options) *Emulator {
	t.Helper()
	options.Clock = testingclock.NewFakePassiveClock(noon)
	e, err := Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := e.AddRole(SeedRole{Name: "ops", Description: "d", Rights: []string{rightUsers}}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.AddUser(SeedUser{Name: "svc@other.test", Description: "mark", Roles: []string{"ops"}, State: "Locked"}); err != nil {
		t.Fatal(err)
	}
	key, err := e.AddApplication(map[string]any{"Name": "Orders", "ServiceName": "orders", "Future": map[string]any{"a": []any{1.0, "b"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.AddGrant(key, SeedGrant{Role: "ops"}); err != nil {
		t.Fatal(err)
	}
	if err := e.RotateSigningKey(key); err != nil {
		t.Fatal(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.state
	u := s.userByName("svc@other.test")
	u.columns["cost"], u.extra["OfficeNumber"], u.lastLogin = "4711", "7", noon
	s.userAttributes = []attribute{{ID: "cost", Name: "cost", Type: "Text"}}
	s.roleAttributes = []attribute{{ID: "a1", Name: "Tier", Type: "Text"}}
	s.roleByName("ops").attributes["a1"] = "gold"
	a := &authorization{application: key, client: u.name, user: u.id, scopes: []string{"read"}, authTime: noon}
	for _, text := range []string{"first", "second"} {
		s.storeToken(text, &token{authorization: a, id: text, scopes: a.scopes, issued: noon, expires: noon.Add(time.Hour)}, noon)
	}
	s.storeToken("expired", &token{authorization: a, id: "expired", issued: noon.Add(-time.Hour), expires: noon}, noon)
	s.flows.refresh.Put("refresh", &refreshToken{authorization: a, issued: noon, expires: noon.Add(time.Hour)}, noon.Add(time.Hour), noon)
	s.flows.sessions.Put("session", &session{user: u.id, authTime: noon, expires: noon.Add(time.Hour)}, noon.Add(time.Hour), noon)
	s.flows.rememberConsent(consent{user: u.id, application: key, client: "c"}, []string{"read"})
	return e
}

func TestASavedTenantIsRestoredWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	first := rich(t, Options{StateFile: path})
	if err := first.save(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	// The first tenant still runs: what counts is what the file had when it was last saved.
	second, err := Start(Options{StateFile: path, Clock: testingclock.NewFakePassiveClock(noon), Seed: Seed{Suffixes: []string{"ignored.test"}}})
	if err != nil {
		t.Fatal(err)
	}
	after, err := second.snapshot(noon)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("(-saved +restored):\n%s", diff)
	}
	if diff := cmp.Diff(picture(first), picture(second)); diff != "" {
		t.Errorf("(-saved +restored):\n%s", diff)
	}
	if first.admin != second.admin || first.admin.secret == "" {
		t.Error("the administrator has another credential")
	}
	expectShared(t, second.state)
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

// picture is what others see of a tenant.
func picture(e *Emulator) []any {
	return []any{e.Applications(), e.Users(), e.Roles(), string(e.CABundle())}
}

// expectShared expects the tokens of rich that live, all of one authorization.
func expectShared(t *testing.T, s *state) {
	t.Helper()
	refresh, ok := s.flows.refresh.Get("refresh", noon)
	if !ok || len(s.tokens) != 2 {
		t.Fatalf("the refresh token is restored %v, and %d access tokens are, of which 2 live", ok, len(s.tokens))
	}
	for _, issued := range s.tokens {
		if issued.authorization != refresh.authorization {
			t.Error("tokens of one authorization have several")
		}
	}
}

func TestEveryAnsweredCallIsSaved(t *testing.T) {
	keys := SharedKey()
	calls := minimalCalls()
	for _, op := range adminOperations() {
		t.Run(op.name, func(t *testing.T) {
			c := newAPIClient(t, keys, rightApplications, rightUsers, rightRoles)
			c.file = &stateFile{path: filepath.Join(t.TempDir(), "state.json")}
			if err := c.save(); err != nil {
				t.Fatal(err)
			}
			c.send(t, http.MethodPost, "/"+op.name, encode(t, calls[op.name]), contentTypeJSON)
			after, err := c.snapshot(c.now())
			if err != nil {
				t.Fatal(err)
			}
			saved, err := os.ReadFile(c.file.path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(after), string(saved)); diff != "" {
				t.Errorf("an effect is not saved (-tenant +file):\n%s", diff)
			}
		})
	}
}

func TestATenantThatCanNotBeSavedSaysSo(t *testing.T) {
	c := newAPIClient(t, SharedKey(), rightRoles)
	c.file = &stateFile{path: filepath.Join(t.TempDir(), "nothing", "state.json")}
	if a := c.send(t, http.MethodPost, "/Roles/StoreRole", `{"Name":"new"}`, contentTypeJSON); a.status != http.StatusInternalServerError {
		t.Errorf("a call that could not be saved is answered %d %s", a.status, a.text)
	}
	if a := c.send(t, http.MethodPost, "/Redrock/query", `{"Script":"SELECT ID FROM Role"}`, contentTypeJSON); a.status != http.StatusOK {
		t.Errorf("a read is answered %d %s", a.status, a.text)
	}
	c.file = nil
}

func TestAFileThatIsNoTenantIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	e := rich(t, Options{StateFile: path})
	if err := e.save(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":                   "",
		"half a file":               string(whole[:len(whole)/2]),
		"another version":           strings.Replace(string(whole), `"version":1`, `"version":2`, 1),
		"another thing":             "[]",
		"a hash of another length":  strings.Replace(string(whole), `"password":"`, `"password":"AAAA`, 1),
		"a key that is none":        strings.Replace(string(whole), `"key":"MIG`, `"key":"AAA`, 1),
		"an unknown authorization":  strings.Replace(string(whole), `"authorization":0`, `"authorization":9`, 1),
		"an application without it": strings.Replace(string(whole), `"fields":{`, `"field":{`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if text == string(whole) {
				t.Fatal("the text was not changed")
			}
			if err := os.WriteFile(path+".bad", []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			bad, err := Start(Options{StateFile: path + ".bad"})
			if err == nil {
				_ = bad.Close()
				t.Fatal("it was accepted")
			}
			if strings.Contains(err.Error(), e.admin.secret) {
				t.Error("the error holds a secret")
			}
			if left, err := os.ReadFile(path + ".bad"); err != nil || string(left) != text {
				t.Errorf("the file was touched: %v", err)
			}
		})
	}
}

func TestWhatWasHandedOutIsNotInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	e := rich(t, Options{StateFile: path})
	secret := handle.New()
	e.mu.Lock()
	e.state.flows.sessions.Put(secret, &session{user: "u", expires: noon.Add(time.Hour)}, noon.Add(time.Hour), noon)
	e.state.storeToken(secret, &token{authorization: &authorization{}, expires: noon.Add(time.Hour)}, noon)
	e.state.userByName("svc@other.test").setPassword(secret, noon)
	e.mu.Unlock()
	if err := e.save(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), secret) {
		t.Errorf("the file holds what opens the tenant, %v", err)
	}
}
