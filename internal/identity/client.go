// Package identity speaks the tenant's own API for applications, permissions, roles and users. Each method is one
// wire call, named in its comment; the few that must prove an absence add one query.
//
// A remote answer is one of three: a value, a proved absence (found is false), or an error. The package knows
// nothing of Kubernetes.
package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

// maxAnswerSize bounds an answer. A page of a query stays far below it.
const maxAnswerSize = 8 << 20

// Client calls one tenant.
type Client struct {
	// BaseURL is the tenant's URL, with or without a slash at its end.
	BaseURL string
	// HTTP sends the calls. Its CheckRedirect is not used: redirects are never followed.
	HTTP *http.Client
	// Authorize returns the access token for a call. refused is empty at first; if the tenant answers 401,
	// Authorize is called once more with the token that was refused and must return another one.
	Authorize func(ctx context.Context, refused oauth.Secret) (oauth.Secret, error)
}

// call posts body, if any, to operation, which is controller and action in the tenant's spelling, and returns the
// Result of a success.
//
// The tenant tells success in the body: HTTP 200 alone means nothing. A 401 leads to exactly one new login.
func (c *Client) call(ctx context.Context, operation string, body any) (json.RawMessage, error) {
	var result json.RawMessage
	if err := c.callInto(ctx, operation, body, &result); err != nil || isNull(result) {
		return nil, err
	}
	return result, nil
}

// callInto is call for calls whose Result must be what out describes. A null Result leaves out as it is.
func (c *Client) callInto(ctx context.Context, operation string, body, out any) error {
	answer, err := c.exchange(ctx, operation, body)
	if err != nil {
		return fmt.Errorf("calling %s: %w", operation, err)
	}
	return readEnvelope(operation, answer, out)
}

func (c *Client) exchange(ctx context.Context, operation string, body any) (exchange.Answer, error) {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return exchange.Answer{}, fmt.Errorf("encoding the arguments: %w", err)
		}
	}
	token, err := c.Authorize(ctx, oauth.Secret{})
	if err != nil {
		return exchange.Answer{}, fmt.Errorf("logging in: %w", err)
	}
	answer, err := c.post(ctx, operation, payload, token)
	if err != nil || answer.Status != http.StatusUnauthorized {
		return answer, err
	}
	if token, err = c.Authorize(ctx, token); err != nil {
		return exchange.Answer{}, fmt.Errorf("logging in again: %w", err)
	}
	return c.post(ctx, operation, payload, token)
}

func (c *Client) post(
	ctx context.Context, operation string, payload []byte, token oauth.Secret,
) (exchange.Answer, error) {
	url := strings.TrimSuffix(c.BaseURL, "/") + "/" + operation
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		return exchange.Answer{}, fmt.Errorf("building the request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-IDAP-NATIVE-CLIENT", "true")
	if payload != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return exchange.Do(c.HTTP, req, maxAnswerSize)
}

// confirmAbsence turns the refusal of a keyed call into a proof: exists, a query, tells whether its object is gone.
// It returns nil if so and refusal if not. Any other error than a refusal says nothing about the object and is
// returned unasked.
func confirmAbsence(refusal error, exists func() (bool, error)) error {
	if refusal == nil || !isRefusal(refusal) {
		return refusal
	}
	found, err := exists()
	switch {
	case err != nil:
		return err
	case found:
		return refusal
	default:
		return nil
	}
}
