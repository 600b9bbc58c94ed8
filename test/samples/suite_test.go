package samples_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's tests.
var server *environment.Server

func TestMain(m *testing.M) { environment.Main(m, func(s *environment.Server) { server = s }) }

// apply applies a use case with the operator running, and waits until all of it is Ready.
func apply(t *testing.T, useCase string, roles ...emulator.SeedRole) *environment.World {
	t.Helper()
	w := server.New(t, emulator.Options{})
	for _, role := range roles {
		if _, err := w.Tenant.AddRole(role); err != nil {
			t.Fatal(err)
		}
	}
	w.StartOperator()
	w.ApplyUseCase(useCase)
	return w
}

// secretOf returns what is published for a ConfidentialClient.
func secretOf(w *environment.World, name string) map[string][]byte {
	return w.TokenSecret(&v1alpha1.ConfidentialClient{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace(environment.UseCasePart), Name: name}}).Data
}

// profile returns an application's settings on the tenant, without those that the tenant chose itself.
func profile(t *testing.T, w *environment.World, applicationID string) emulator.Application {
	t.Helper()
	application, found := w.Tenant.Application(applicationID)
	if !found {
		t.Fatalf("the tenant has no application %q", applicationID)
	}
	application.Profile.Issuer = ""
	if !application.Profile.AllowRefresh {
		application.Profile.RefreshLifetime = 0
	}
	return application
}

// post sends a request to the tenant as anybody could, and returns the status and the answer.
func post(t *testing.T, w *environment.World, address, contentType, body string, authorize func(*http.Request)) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	authorize(request)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.Tenant.CABundle())
	https := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	defer https.CloseIdleConnections()
	response, err := https.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatalf("reading the answer of %s: %v", address, err)
	}
	return response.StatusCode, answer
}

// call calls one of the tenant's own APIs with a token, and says whether it was let in and the call succeeded.
func call(t *testing.T, w *environment.World, server, path, token string, arguments map[string]any) bool {
	t.Helper()
	body, err := json.Marshal(arguments)
	if err != nil {
		t.Fatal(err)
	}
	status, answer := post(t, w, server+path, "application/json", string(body), func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
	t.Logf("%s answers %d, %v", path, status, answer["Message"])
	return status == http.StatusOK && answer["success"] == true
}

// requestToken requests a token as a client does that knows nothing but what it is given (RFC 6749 section 4.4).
func requestToken(t *testing.T, w *environment.World, tokenURL, clientID, clientSecret, scope string) (string, error) {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	status, answer := post(t, w, tokenURL, "application/x-www-form-urlencoded", form.Encode(), func(r *http.Request) { r.SetBasicAuth(clientID, clientSecret) })
	token, _ := answer["access_token"].(string)
	if status != http.StatusOK || token == "" {
		return "", fmt.Errorf("the tenant answered %d, %v", status, answer["error"])
	}
	return token, nil
}
