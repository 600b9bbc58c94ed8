// Package witness speaks to a tenant as anybody with a credential would: nothing of the operator's own client is in it, so that a demo or a test that
// asks it proves something.
package witness

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// How the administrator of the emulator's default seed logs in.
const (
	adminApplication = "operator-admin"
	adminScope       = "all"
)

// Tenant is a tenant of which the caller knows an administrator.
type Tenant struct {
	// URL by which it is reached.
	URL string
	// CA is the certificate authority of its server, as PEM.
	CA []byte
	// Administrator is the client that the operator logs in with, too.
	Administrator Credential

	client *http.Client
}

// Credential are client credentials (RFC 6749 section 2.3), here of an invented tenant.
type Credential struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// Answer is what the tenant says to an API call.
type Answer struct {
	Status  int             `json:"-"`
	Success bool            `json:"success"`
	Result  json.RawMessage `json:"Result"`
	Message string          `json:"Message"`
}

// String says what became of a call.
func (a Answer) String() string {
	if a.Success {
		return fmt.Sprintf("%d: %s", a.Status, a.Result)
	}
	reason := a.Message
	if reason == "" {
		reason = http.StatusText(a.Status)
	}
	return fmt.Sprintf("refused with %d: %s", a.Status, reason)
}

// New returns a tenant. Nothing is asked yet.
func New(address string, ca []byte, administrator Credential) *Tenant {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &Tenant{URL: address, CA: ca, Administrator: administrator, client: &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}}
}

// login returns an access token of the administrator (RFC 6749 section 4.4).
func (t *Tenant) login(ctx context.Context) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {adminScope}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL+"/oauth2/token/"+adminApplication, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(t.Administrator.ClientID, t.Administrator.ClientSecret)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	status, err := t.send(request, &token)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	if err != nil {
		return "", fmt.Errorf("logging in as administrator: %w", err)
	}
	return token.AccessToken, nil
}

// Call calls an API of the tenant with a token. A refusal is an answer, not an error.
func (t *Tenant) Call(ctx context.Context, token, path string, arguments any) (Answer, error) {
	body, err := json.Marshal(arguments)
	if err != nil {
		return Answer{}, fmt.Errorf("encoding the arguments of %s: %w", path, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	var a Answer
	a.Status, err = t.send(request, &a)
	if err != nil {
		return Answer{}, fmt.Errorf("calling %s: %w", path, err)
	}
	return a, nil
}

// send sends a request and decodes the answer, if it is JSON: a refusal may be anything.
func (t *Tenant) send(request *http.Request, into any) (status int, err error) {
	response, err := t.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(body, into); err != nil && response.StatusCode == http.StatusOK {
		return 0, fmt.Errorf("decoding the answer: %w", err)
	}
	return response.StatusCode, nil
}

// Inventory is what there is on the tenant, by name.
type Inventory struct {
	Applications, Users, Roles []string
}

// String lists it, a line for each kind.
func (i Inventory) String() string {
	return fmt.Sprintf("applications  %s\nusers         %s\nroles         %s",
		strings.Join(i.Applications, ", "), strings.Join(i.Users, ", "), strings.Join(i.Roles, ", "))
}

// Inventory asks, as administrator, what there is.
func (t *Tenant) Inventory(ctx context.Context) (Inventory, error) {
	token, err := t.login(ctx)
	if err != nil {
		return Inventory{}, err
	}
	var i Inventory
	for _, part := range []struct {
		into          *[]string
		column, table string
	}{{&i.Applications, "ServiceName", "Application"}, {&i.Users, "Username", "User"}, {&i.Roles, "Name", "Role"}} {
		if *part.into, err = t.list(ctx, token, part.column, part.table); err != nil {
			return Inventory{}, err
		}
	}
	return i, nil
}

// list returns one column of one table, sorted.
func (t *Tenant) list(ctx context.Context, token, column, table string) ([]string, error) {
	a, err := t.Call(ctx, token, "/Redrock/query", map[string]any{"Script": "SELECT " + column + " FROM " + table})
	if err != nil {
		return nil, err
	}
	var rows struct {
		Results []struct {
			Row map[string]any
		}
	}
	if !a.Success {
		return nil, fmt.Errorf("listing the table %s: refused: %s", table, a.Message)
	}
	if err := json.Unmarshal(a.Result, &rows); err != nil {
		return nil, fmt.Errorf("listing the table %s: %w", table, err)
	}
	var values []string
	for _, row := range rows.Results {
		if value, ok := row.Row[column].(string); ok {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	return values, nil
}
