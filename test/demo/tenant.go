package main

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

// tenant speaks to the emulator as anybody with a token would: nothing of the operator's own client is in it, so that the
// demo proves something.
type tenant struct {
	url           string
	ca            []byte
	administrator credential
	client        *http.Client
}

// credential are client credentials (RFC 6749 section 2.3), here of an invented tenant.
type credential struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// answer is what the tenant says to an API call.
type answer struct {
	Status  int             `json:"-"`
	Success bool            `json:"success"`
	Result  json.RawMessage `json:"Result"`
	Message string          `json:"Message"`
}

func newTenant(address string, ca []byte, administrator credential) *tenant {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &tenant{url: address, ca: ca, administrator: administrator, client: &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}}
}

// login returns an access token of the administrator (RFC 6749 section 4.4).
func (t *tenant) login(ctx context.Context) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {adminScope}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url+"/oauth2/token/"+adminApplication, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(t.administrator.ClientID, t.administrator.ClientSecret)
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

// call calls an API of the tenant with a token. A refusal is an answer, not an error.
func (t *tenant) call(ctx context.Context, token, path string, arguments any) (answer, error) {
	body, err := json.Marshal(arguments)
	if err != nil {
		return answer{}, fmt.Errorf("encoding the arguments of %s: %w", path, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	var a answer
	a.Status, err = t.send(request, &a)
	if err != nil {
		return answer{}, fmt.Errorf("calling %s: %w", path, err)
	}
	return a, nil
}

// send sends a request and decodes the answer, if it is JSON: a refusal may be anything.
func (t *tenant) send(request *http.Request, into any) (status int, err error) {
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

// inventory is what there is on the tenant, by name.
type inventory struct {
	Applications, Users, Roles []string
}

func (i inventory) String() string {
	return fmt.Sprintf("applications  %s\nusers         %s\nroles         %s",
		strings.Join(i.Applications, ", "), strings.Join(i.Users, ", "), strings.Join(i.Roles, ", "))
}

// inventory asks, as administrator, what there is.
func (t *tenant) inventory(ctx context.Context) (inventory, error) {
	token, err := t.login(ctx)
	if err != nil {
		return inventory{}, err
	}
	var i inventory
	for _, part := range []struct {
		into          *[]string
		column, table string
	}{{&i.Applications, "ServiceName", "Application"}, {&i.Users, "Username", "User"}, {&i.Roles, "Name", "Role"}} {
		if *part.into, err = t.list(ctx, token, part.column, part.table); err != nil {
			return inventory{}, err
		}
	}
	return i, nil
}

// list returns one column of one table, sorted.
func (t *tenant) list(ctx context.Context, token, column, table string) ([]string, error) {
	a, err := t.call(ctx, token, "/Redrock/query", map[string]any{"Script": "SELECT " + column + " FROM " + table})
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
