// Package exchange does one HTTP exchange with a tenant under the rules that hold for all of them: one attempt, no
// redirect followed, a bounded body, and errors that are classed and never quote what was received.
package exchange

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/failure"
)

// Answer is a complete HTTP answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// TooLargeError reports an answer with a body of more than Limit bytes.
type TooLargeError struct{ Limit int64 }

// Error implements error.
func (e *TooLargeError) Error() string { return fmt.Sprintf("answer is larger than %d bytes", e.Limit) }

// FailureClass returns failure.Unexpected.
func (e *TooLargeError) FailureClass() failure.Class { return failure.Unexpected }

// Do sends req with client once and reads the answer, whatever its status. Redirects are answers and are never
// followed: a tenant has no reason to send them, and they would carry a credential elsewhere. The client's Timeout bounds the whole exchange.
//
// Errors: *failure.ConnectionError, *TooLargeError when the body has more than limit bytes, or the classed error
// of a RoundTripper.
func Do(client *http.Client, req *http.Request, limit int64) (Answer, error) {
	direct := *client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if client.Timeout > 0 {
		// By itself the client would start two goroutines for each exchange, because it does not know the transport.
		ctx, cancel := context.WithTimeout(req.Context(), client.Timeout)
		defer cancel()
		direct.Timeout, req = 0, req.WithContext(ctx)
	}
	resp, err := direct.Do(req) //nolint:gosec // The URL is the tenant's, which an admin configures.
	if err != nil {
		return Answer{}, failure.Connection(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var body bytes.Buffer
	if resp.ContentLength > 0 && resp.ContentLength <= limit {
		body.Grow(int(resp.ContentLength) + bytes.MinRead) // so that nothing has to be moved
	}
	if _, err := body.ReadFrom(io.LimitReader(resp.Body, limit+1)); err != nil {
		return Answer{}, failure.Connection(err)
	}
	if int64(body.Len()) > limit {
		return Answer{}, &TooLargeError{Limit: limit}
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: body.Bytes()}, nil
}

// Outage returns the class of an answer whose status alone tells that the tenant can't serve the call now, and how
// long it asks to wait: Throttled for 429 and for 503 with Retry-After, Transient for any other 5xx. The class of
// every other status is empty: the body decides.
func (a Answer) Outage() (failure.Class, time.Duration) {
	wait, asked := RetryAfter(a.Header)
	switch {
	case a.Status == http.StatusTooManyRequests, a.Status == http.StatusServiceUnavailable && asked:
		return failure.Throttled, wait
	case a.Status >= http.StatusInternalServerError:
		return failure.Transient, 0
	default:
		return "", 0
	}
}

// IsHTML reports whether the body is a page for humans. That is how a wrong host, a login page and some proxies
// answer, also with status 200.
func (a Answer) IsHTML() bool {
	mediaType, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err == nil && (mediaType == "text/html" || mediaType == "application/xhtml+xml") {
		return true
	}
	return bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<"))
}
