package oauth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

// Introspection is what the tenant says of a token (RFC 7662 section 2.2). All but Active is zero where the tenant does not say.
type Introspection struct {
	// Active says that the token is good.
	Active bool
	// ExpirationTime by the tenant's clock.
	ExpirationTime time.Time
	// Issuer of the token.
	Issuer string
	// Audience of the token.
	Audience []string
}

// Introspect asks the tenant about a token, in the name of a client of the application.
//
// Errors: *Error for a credential that cannot be sent, *EndpointError when the tenant answers with something else,
// *failure.ConnectionError when there is no complete answer.
func (c *Client) Introspect(ctx context.Context, endpoint string, cred Credential, token Secret) (Introspection, error) {
	if reason := unfit(cred); reason != "" {
		return Introspection{}, &Error{Reason: reason, Class: failure.Rejected}
	}
	form := url.Values{"token": {token.Reveal()}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return Introspection{}, fmt.Errorf("building introspection request: %w", err)
	}
	req.SetBasicAuth(cred.ClientID, cred.ClientSecret.Reveal())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-IDAP-NATIVE-CLIENT", "true")
	answer, err := exchange.Do(c.HTTP, req, maxAnswerSize)
	if err != nil {
		return Introspection{}, err
	}
	var wire struct {
		Active *bool `json:"active"`
		jwt.Claims
	}
	if answer.Status != http.StatusOK || json.Unmarshal(answer.Body, &wire) != nil || wire.Active == nil {
		return Introspection{}, unfitAnswer("introspection", answer)
	}
	said := Introspection{Active: *wire.Active, Issuer: wire.Issuer, Audience: wire.Audience}
	if wire.Expiry != nil && *wire.Expiry > 0 {
		said.ExpirationTime = wire.Expiry.Time().UTC()
	}
	return said, nil
}
