package flows_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/emulator/visitor"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's tests.
var server *environment.Server

func TestMain(m *testing.M) { environment.Main(m, func(s *environment.Server) { server = s }) }

const password = "A-Persons-Password-1"

// stage is a world with an application, seen from outside by a client that knows the application's endpoints.
type stage struct {
	*environment.World
	t           *testing.T
	application *v1alpha1.OAuthClient
	https       *http.Client
	ctx         context.Context // with the HTTP client, which the libraries take from there
	provider    *oidc.Provider
}

// newStage looks the application up and reads its discovery document.
func newStage(t *testing.T, w *environment.World, namespace, name string) *stage {
	t.Helper()
	s := &stage{World: w, t: t, application: &v1alpha1.OAuthClient{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}}
	w.Get(s.application)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.Tenant.CABundle())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	s.https = &http.Client{Transport: transport}
	s.ctx = oidc.ClientContext(t.Context(), s.https)
	var err error
	if s.provider, err = oidc.NewProvider(s.ctx, s.application.Status.Endpoints.Issuer); err != nil {
		t.Fatalf("reading the discovery document: %v", err)
	}
	endpoints := s.application.Status.Endpoints
	// The tenant does not mind the case of its paths.
	if found := s.provider.Endpoint(); !strings.EqualFold(found.TokenURL, endpoints.Token) || !strings.EqualFold(found.AuthURL, endpoints.Authorize) {
		t.Errorf("the discovery document names %s and %s, the status %s and %s", found.AuthURL, found.TokenURL, endpoints.Authorize, endpoints.Token)
	}
	return s
}

// person adds somebody who may log in.
func (s *stage) person(name string, roles ...string) emulator.User {
	s.t.Helper()
	seed := emulator.SeedUser{Name: name + "@example.test", DisplayName: name, Mail: name + "@mail.test", Password: password, Roles: roles}
	if _, err := s.Tenant.AddUser(seed); err != nil {
		s.t.Fatal(err)
	}
	user, _ := s.Tenant.User(seed.Name)
	return user
}

// config is what a client of the application is configured with.
func (s *stage) config(clientID, clientSecret, redirect string, scopes ...string) *oauth2.Config {
	endpoint := oauth2.Endpoint{
		AuthURL: s.application.Status.Endpoints.Authorize, TokenURL: s.application.Status.Endpoints.Token,
		// The tenant takes the Basic header raw, and this library escapes what it puts there.
		AuthStyle: oauth2.AuthStyleInParams,
	}
	return &oauth2.Config{ClientID: clientID, ClientSecret: clientSecret, Endpoint: endpoint, RedirectURL: redirect, Scopes: scopes}
}

func (s *stage) visitor() *visitor.Visitor {
	s.t.Helper()
	v, err := visitor.New(s.Tenant.URL(), s.Tenant.CABundle())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(v.Close)
	return v
}

// logIn opens an authorization request and logs in.
func (s *stage) logIn(address, username string) *visitor.Page {
	s.t.Helper()
	page, err := s.visitor().Open(s.t.Context(), address)
	if err != nil {
		s.t.Fatal(err)
	}
	if page, err = page.LogIn(s.t.Context(), username, password); err != nil {
		s.t.Fatal(err)
	}
	return page
}

func (s *stage) submit(page *visitor.Page, values url.Values, button string) *visitor.Page {
	s.t.Helper()
	next, err := page.Form(s.t.Context(), values, button)
	if err != nil {
		s.t.Fatal(err)
	}
	return next
}

// returned checks where the browser was sent, and returns the parameters: those of the query, or of the fragment.
func (s *stage) returned(page *visitor.Page, redirect, state string) url.Values {
	s.t.Helper()
	if page.Left == nil {
		s.t.Fatalf("the browser is at %s: %d, %s", page.URL, page.Status, page.Text())
	}
	values := page.Left.Query()
	if fragment := page.Left.EscapedFragment(); fragment != "" {
		var err error
		if values, err = url.ParseQuery(fragment); err != nil {
			s.t.Fatal(err)
		}
	}
	at := *page.Left
	at.RawQuery, at.Fragment, at.RawFragment = "", "", ""
	if at.String() != redirect || values.Get("state") != state {
		s.t.Errorf("the browser was sent to %s with state %q", &at, values.Get("state"))
	}
	return values
}

// verifyAccess verifies an access token as a resource server does, and returns its claims.
func (s *stage) verifyAccess(text, audience string) accessClaims {
	s.t.Helper()
	verified, err := s.provider.VerifierContext(s.ctx, &oidc.Config{ClientID: audience}).Verify(s.ctx, text)
	if err != nil {
		s.t.Fatalf("verifying the access token: %v", err)
	}
	claims := accessClaims{Subject: verified.Subject}
	if err := verified.Claims(&claims); err != nil {
		s.t.Fatal(err)
	}
	return claims
}

type accessClaims struct {
	Subject    string `json:"sub"`
	UniqueName string `json:"unique_name"`
	Scope      string `json:"scope"`
}

// verifyIdentity verifies the ID token that came with a token as a client does.
func (s *stage) verifyIdentity(token *oauth2.Token, clientID, nonce string) *oidc.IDToken {
	s.t.Helper()
	text, _ := token.Extra("id_token").(string)
	verified, err := s.provider.VerifierContext(s.ctx, &oidc.Config{ClientID: clientID}).Verify(s.ctx, text)
	if err != nil {
		s.t.Fatalf("verifying the ID token: %v", err)
	}
	if verified.Nonce != nonce {
		s.t.Errorf("the ID token has the nonce %q", verified.Nonce)
	}
	return verified
}

// wantError checks the error code with which a token was refused.
func wantError(t *testing.T, err error, code string) {
	t.Helper()
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != code {
		t.Errorf("want %s, got %v", code, err)
	}
}

// secretOf returns what is published for a ConfidentialClient of a use case.
func secretOf(w *environment.World, name string) map[string][]byte {
	return w.TokenSecret(&v1alpha1.ConfidentialClient{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace(environment.UseCasePart), Name: name}}).Data
}

// fetch sends a request and reads the JSON of the answer.
func (s *stage) fetch(t *testing.T, request *http.Request) (int, map[string]any) {
	t.Helper()
	response, err := s.https.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}
