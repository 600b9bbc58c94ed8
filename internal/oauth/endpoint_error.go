package oauth

import (
	"fmt"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

// EndpointError reports that an endpoint other than the token endpoint gave an answer that is of no use. Its text has no word from the
// answer.
type EndpointError struct {
	// Endpoint in words, such as "key set".
	Endpoint string
	// Status is the HTTP status.
	Status int
	// Class tells what to do next.
	Class failure.Class

	retryAfter time.Duration
}

// Error implements error.
func (e *EndpointError) Error() string {
	if e.Status == 200 {
		return e.Endpoint + " endpoint answered with what is none"
	}
	return fmt.Sprintf("%s endpoint answered %d", e.Endpoint, e.Status)
}

// FailureClass implements the interface that failure.ClassOf looks for.
func (e *EndpointError) FailureClass() failure.Class { return e.Class }

// RetryAfter implements the interface that failure.RetryAfter looks for.
func (e *EndpointError) RetryAfter() time.Duration { return e.retryAfter }

// unfitAnswer classes an answer that is of no use.
func unfitAnswer(endpoint string, answer exchange.Answer) *EndpointError {
	e := &EndpointError{Endpoint: endpoint, Status: answer.Status}
	e.Class, e.retryAfter = answer.Outage()
	switch {
	case e.Class != "":
	case answer.IsHTML(), answer.Status < 400:
		e.Class = failure.Unexpected
	default:
		e.Class = failure.Rejected
	}
	return e
}
