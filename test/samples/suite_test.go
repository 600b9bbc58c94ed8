package samples_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's tests.
var server *environment.Server

func TestMain(m *testing.M) { environment.Main(m, func(s *environment.Server) { server = s }) }

// part is the world's namespace for the one namespace of a use case.
const part = "shop"

// apply applies a use case with the operator running, and waits until all of it is Ready. What only the test knows is filled in: where the
// tenant is, its certificate authority, its administrator's credential, and the world's own namespace.
func apply(t *testing.T, useCase string, roles ...emulator.SeedRole) *environment.World {
	t.Helper()
	w := server.New(t, emulator.Options{})
	for _, role := range roles {
		if _, err := w.Tenant.AddRole(role); err != nil {
			t.Fatal(err)
		}
	}
	w.StartOperator()
	admin := w.AdminSecret()
	admin.Namespace = w.Namespace(part)
	w.Create(admin)
	strict := client.WithFieldValidation(w.Client, metav1.FieldValidationStrict)
	var objects []client.Object
	for _, object := range read(t, useCase) {
		if object.GetKind() == "Namespace" {
			continue
		}
		object.SetNamespace(w.Namespace(part))
		if object.GetKind() == "IdentityTenant" {
			direct(t, object, w)
		}
		if err := strict.Create(t.Context(), object); err != nil {
			t.Fatalf("creating %s %s: %v", object.GetKind(), object.GetName(), err)
		}
		typed, err := w.Client.Scheme().New(object.GroupVersionKind())
		if err != nil {
			t.Fatal(err)
		}
		o := typed.(client.Object)
		o.SetNamespace(object.GetNamespace())
		o.SetName(object.GetName())
		objects = append(objects, o)
	}
	w.Ready(objects...)
	return w
}

// direct points an IdentityTenant to the world's tenant.
func direct(t *testing.T, object *unstructured.Unstructured, w *environment.World) {
	t.Helper()
	if id, _, _ := unstructured.NestedString(object.Object, "spec", "clusterID"); id == "" {
		t.Error("the sample's IdentityTenant has no clusterID: what it makes would be lost with the cluster")
	}
	for path, value := range map[string]any{
		"spec.url": w.Tenant.URL(), "spec.tls.caBundle": string(w.Tenant.CABundle()),
		"spec.limits.burst": int64(1000), "spec.limits.requestsPerSecond": int64(1000),
	} {
		if err := unstructured.SetNestedField(object.Object, value, strings.Split(path, ".")...); err != nil {
			t.Fatal(err)
		}
	}
}

// read returns the objects of a use case in the order of its kustomization, which must name every file.
func read(t *testing.T, useCase string) []*unstructured.Unstructured {
	t.Helper()
	directory := filepath.Join(environment.Root(), "config", "samples", useCase)
	file := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	var kustomization struct{ Resources []string }
	if err := sigsyaml.Unmarshal(file("kustomization.yaml"), &kustomization); err != nil {
		t.Fatal(err)
	}
	if files, err := filepath.Glob(filepath.Join(directory, "*.yaml")); err != nil || len(files) != len(kustomization.Resources)+1 {
		t.Errorf("the kustomization names %d files, and there are %d (%v)", len(kustomization.Resources), len(files)-1, err)
	}
	var objects []*unstructured.Unstructured
	for _, name := range kustomization.Resources {
		documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(file(name)), 4096)
		for {
			object := &unstructured.Unstructured{}
			if err := documents.Decode(object); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("reading %s: %v", name, err)
			}
			objects = append(objects, object)
		}
	}
	return objects
}

// secretOf returns what is published for a ConfidentialClient.
func secretOf(w *environment.World, name string) map[string][]byte {
	return w.TokenSecret(&v1alpha1.ConfidentialClient{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace(part), Name: name}}).Data
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
