package oauth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

const (
	maxAnswerSize = 1 << 20
	// maxLifetime keeps sums of times far from overflow. No tenant means to issue a token for longer.
	maxLifetime = 100 * 365 * 24 * time.Hour
)

// Client requests tokens at token endpoints.
type Client struct {
	// HTTP sends the requests. Its CheckRedirect is not used: redirects are never followed.
	HTTP *http.Client
	// Clock tells when a request is sent.
	Clock clock.PassiveClock
}

// RequestToken obtains one access token with the client credentials grant (RFC 6749 section 4.4).
//
// The credential is sent as a Basic header without the percent-encoding of RFC 6749 section 2.3.1, as all clients
// of the tenant do. Granted scopes may be fewer than requested; an answer that does not name them grants what was
// requested (section 5.1). The token is not verified.
//
// RequestToken is not idempotent: each call may issue a new token. It makes one attempt.
//
// Errors: *Error when the tenant answers without a usable token, *failure.ConnectionError when there is no complete
// answer, *exchange.TooLargeError for one of more than 1 MiB. No error contains a credential or a body.
func (c *Client) RequestToken(
	ctx context.Context, endpoint string, cred Credential, scopes ScopeSet,
) (Token, error) {
	req, err := tokenRequest(ctx, endpoint, cred, scopes)
	if err != nil {
		return Token{}, err
	}
	requestTime := c.Clock.Now().UTC().Truncate(time.Second)
	answer, err := exchange.Do(c.HTTP, req, maxAnswerSize)
	if err != nil {
		return Token{}, err
	}
	return readToken(answer, cred.ClientSecret, scopes, requestTime)
}

func tokenRequest(ctx context.Context, endpoint string, cred Credential, scopes ScopeSet) (*http.Request, error) {
	if reason := unfit(cred); reason != "" {
		return nil, &Error{Reason: reason, Class: failure.Rejected}
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if !scopes.IsEmpty() {
		form.Set("scope", scopes.String())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("building token request: %w", err)
	}
	req.SetBasicAuth(cred.ClientID, cred.ClientSecret.Reveal())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-IDAP-NATIVE-CLIENT", "true")
	return req, nil
}

// unfit says why a credential can't be sent as a Basic header (RFC 7617 section 2), or "".
func unfit(cred Credential) string {
	isControl := func(r rune) bool { return r < 0x20 || r == 0x7f }
	switch {
	case cred.ClientID == "":
		return "client ID is empty"
	case cred.ClientSecret.IsZero():
		return "client secret is empty"
	case strings.Contains(cred.ClientID, ":"):
		return "client ID contains a colon"
	case strings.ContainsFunc(cred.ClientID, isControl):
		return "client ID contains a control character, such as a line break at its end"
	case strings.ContainsFunc(cred.ClientSecret.Reveal(), isControl):
		return "client secret contains a control character, such as a line break at its end"
	default:
		return ""
	}
}

// tokenAnswer is the answer of RFC 6749 section 5.1 or 5.2.
type tokenAnswer struct {
	AccessToken string      `json:"access_token"`
	TokenType   string      `json:"token_type"`
	ExpiresIn   json.Number `json:"expires_in"`
	Scope       *string     `json:"scope"`
	Error       string      `json:"error"`
}

func readToken(answer exchange.Answer, secret Secret, requested ScopeSet, requestTime time.Time) (Token, error) {
	var wire tokenAnswer
	decoded := json.Unmarshal(answer.Body, &wire) == nil
	if answer.Status != http.StatusOK {
		return Token{}, refusal(answer, fitCode(wire.Error, secret))
	}
	lifetime := lifetimeOf(wire.ExpiresIn)
	if reason := unusable(answer, wire, decoded, lifetime); reason != "" {
		return Token{}, &Error{Status: answer.Status, Reason: reason, Class: failure.Unexpected}
	}
	token := Token{
		AccessToken:    NewSecret(wire.AccessToken),
		Type:           wire.TokenType,
		Scopes:         requested,
		RequestTime:    requestTime,
		ExpirationTime: requestTime.Add(lifetime),
		Lifetime:       lifetime,
	}
	if wire.Scope != nil {
		token.Scopes = ParseScopeSet(*wire.Scope)
	}
	if date, known := exchange.Date(answer.Header); known {
		token.TenantExpirationTime = date.UTC().Add(lifetime)
	}
	token.readClaims()
	return token, nil
}

// unusable says in fixed words why an answer with status 200 has no usable token, or "".
func unusable(answer exchange.Answer, wire tokenAnswer, decoded bool, lifetime time.Duration) string {
	switch {
	case answer.IsHTML():
		return "an HTML page"
	case !decoded:
		return "text that is no token answer"
	case wire.AccessToken == "":
		return "no access token"
	case !strings.EqualFold(wire.TokenType, "Bearer"):
		return "a token that is no bearer token"
	case lifetime <= 0:
		return "no usable lifetime (expires_in)"
	default:
		return ""
	}
}

// lifetimeOf reads expires_in, in whole seconds. It returns 0 if that is missing or out of range.
func lifetimeOf(expiresIn json.Number) time.Duration {
	seconds, err := expiresIn.Float64()
	if err != nil || seconds < 1 || seconds > maxLifetime.Seconds() {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
