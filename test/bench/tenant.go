package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
)

// tenant is a local tenant in a process of its own, so that what it costs is not the operator's.
type tenant struct {
	process    *process.Process
	url        string
	control    string
	ca         []byte
	credential struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
}

// startTenant starts a tenant of which nobody knows yet.
func (b *bench) startTenant(ctx context.Context) (*tenant, error) {
	ca, credential := b.file("tenant-ca.pem"), b.file("tenant-administrator.json")
	p, err := b.run("identity-emulator", nil, "--listen=127.0.0.1:0", "--control=127.0.0.1:0", "--quiet", "--ca-file="+ca, "--admin-credential-file="+credential)
	if err != nil {
		return nil, err
	}
	t := &tenant{process: p}
	err = p.WaitFor(ctx, func(context.Context) error {
		for line := range strings.Lines(p.LastLines(20)) {
			fields := strings.Fields(line)
			if len(fields) > 1 && fields[0] == "tenant" {
				t.url = fields[1]
			}
			if len(fields) > 2 && fields[0] == "control" {
				t.control = fields[2]
			}
		}
		if t.url == "" || t.control == "" {
			return errors.New("it has not printed its addresses")
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	if t.ca, err = os.ReadFile(ca); err != nil {
		return t, fmt.Errorf("reading the tenant's certificate authority: %w", err)
	}
	content, err := os.ReadFile(credential)
	if err != nil {
		return t, fmt.Errorf("reading the administrator's credential: %w", err)
	}
	if err := json.Unmarshal(content, &t.credential); err != nil {
		return t, fmt.Errorf("reading the administrator's credential: %w", err)
	}
	return t, nil
}

// calls are calls of a tenant, by operation.
type calls map[string]int

// calls returns those of all clients so far.
func (t *tenant) calls(ctx context.Context) (calls, error) {
	counted := calls{}
	err := t.ask(ctx, http.MethodGet, "/calls", nil, &counted)
	return counted, err
}

// since returns the calls that were made after earlier.
func (c calls) since(earlier calls) calls {
	later := calls{}
	for what, n := range c {
		if n -= earlier[what]; n != 0 {
			later[what] = n
		}
	}
	return later
}

func (c calls) total() int { return writes(c).total() }

// String lists the calls by name.
func (c calls) String() string { return writes(c).String() }

// tokens returns how many of the calls were requests for tokens of clients.
func (c calls) tokens() int {
	total := 0
	for what, n := range c {
		if strings.HasPrefix(what, "OAuth2/Token/") && what != "OAuth2/Token/"+adminApplication {
			total += n
		}
	}
	return total
}

// goAway lets every connection to the tenant break before a call has an effect.
func (t *tenant) goAway(ctx context.Context) error {
	return t.ask(ctx, http.MethodPost, "/faults", map[string]string{"operation": "*", "kind": "ResetBefore"}, nil)
}

// comeBack ends goAway.
func (t *tenant) comeBack(ctx context.Context) error {
	return t.ask(ctx, http.MethodDelete, "/faults", nil, nil)
}

// ask calls the tenant's control port.
func (t *tenant) ask(ctx context.Context, method, path string, body, into any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encoding a call of the control port: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(t.control, "/")+path, bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("making a call of the control port: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("calling the control port: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("calling the control port: status %d", response.StatusCode)
	}
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("reading the answer of the control port: %w", err)
	}
	return nil
}
