package emulator_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// tenant is an emulator with a client that speaks raw HTTP to it.
type tenant struct {
	*emulator.Emulator
	http *http.Client
}

// testKey spares the suite the making of keys, which takes most of the time under the race detector.
var testKey = emulator.SharedKey()

func start(t *testing.T, options emulator.Options) *tenant {
	t.Helper()
	if options.Keys == nil {
		options.Keys = testKey
	}
	e, err := emulator.Start(options)
	if err != nil {
		t.Fatalf("starting: %v", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(e.CABundle()) {
		t.Fatal("the CA bundle holds no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := e.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return &tenant{Emulator: e, http: &http.Client{Transport: transport}}
}

// reply is a complete answer.
type reply struct {
	status int
	header http.Header
	text   string
	fields map[string]any // the body, when it is a JSON object
}

func (r reply) success() bool { return r.fields["success"] == true }

func (tn *tenant) try(t *testing.T, method, path, body string, header map[string]string) (reply, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, tn.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := tn.http.Do(request)
	if err != nil {
		return reply{}, err
	}
	content, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	r := reply{status: response.StatusCode, header: response.Header, text: string(content)}
	_ = json.Unmarshal(content, &r.fields)
	return r, err
}

func (tn *tenant) send(t *testing.T, method, path, body string, header map[string]string) reply {
	t.Helper()
	r, err := tn.try(t, method, path, body, header)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// requestToken requests a token with the client credentials in the Basic header.
func (tn *tenant) requestToken(t *testing.T, app, id, secret, scope string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tn.URL()+"/OAuth2/Token/"+app,
		strings.NewReader(url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(id, secret)
	return tn.send(t, http.MethodPost, request.URL.Path,
		url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}.Encode(), map[string]string{
			"Authorization": request.Header.Get("Authorization"), "Content-Type": "application/x-www-form-urlencoded",
		})
}

// login returns a token of the default administrator.
func (tn *tenant) login(t *testing.T) string {
	t.Helper()
	id, secret := tn.AdminCredential()
	r := tn.requestToken(t, "operator-admin", id, secret, "all")
	token, ok := r.fields["access_token"].(string)
	if !ok {
		t.Fatalf("logging in: %d %s", r.status, r.text)
	}
	return token
}

// call makes an admin call.
func (tn *tenant) call(t *testing.T, token, path string, body any) reply {
	t.Helper()
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	return tn.send(t, http.MethodPost, "/"+path, content.String(), map[string]string{
		"Authorization": "Bearer " + token, "Content-Type": "application/json",
	})
}

// must makes an admin call that succeeds and returns its result.
func (tn *tenant) must(t *testing.T, token, path string, body any) any {
	t.Helper()
	r := tn.call(t, token, path, body)
	if r.status != http.StatusOK || !r.success() {
		t.Fatalf("%s: %d %s", path, r.status, r.text)
	}
	return r.fields["Result"]
}

// importApplication imports an application and gives it a ServiceName and a profile.
func (tn *tenant) importApplication(t *testing.T, token, template, serviceName string, profile map[string]any) string {
	t.Helper()
	list, _ := tn.must(t, token, "SaasManage/ImportAppFromTemplate", object{"ID": []string{template}}).([]any)
	if len(list) != 1 {
		t.Fatalf("import answered %v", list)
	}
	first, _ := list[0].(map[string]any)
	key, _ := first["_RowKey"].(string)
	update := object{"_RowKey": key, "Name": serviceName, "ServiceName": serviceName}
	if profile != nil {
		update["OAuthProfile"] = profile
	}
	tn.must(t, token, "SaasManage/UpdateApplicationDE", update)
	return key
}

// rows returns the Row objects of a query-style result.
func rows(t *testing.T, result any) []map[string]any {
	t.Helper()
	fields, _ := result.(map[string]any)
	list, ok := fields["Results"].([]any)
	if !ok {
		t.Fatalf("no rows in %v", result)
	}
	found := []map[string]any{}
	for _, item := range list {
		entry, _ := item.(map[string]any)
		values, _ := entry["Row"].(map[string]any)
		found = append(found, values)
	}
	return found
}

func check(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type object = map[string]any

func mustJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
