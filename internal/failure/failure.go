// Package failure is the one vocabulary for what can go wrong between the operator and a tenant.
// The packages that speak to the tenant class each error once; everybody else asks ClassOf and RetryAfter,
// which see through wrapping, and never looks at texts or status codes.
package failure

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// Class says what kind of failure an error is, and by that what to do next.
type Class string

const (
	// Transient is a failure that goes away by itself: a timeout, a 5xx answer, a broken connection.
	// Retry with exponential backoff.
	Transient Class = "Transient"
	// Throttled means that calls come too fast, by the tenant's word (429, or 503 with Retry-After) or by that
	// of our own limiter. Wait for RetryAfter; nothing is wrong otherwise.
	Throttled Class = "Throttled"
	// Rejected means that the tenant understood the call and refused it. The same call will be refused again
	// until somebody changes something.
	Rejected Class = "Rejected"
	// Unauthorized means that the credential or the rights behind a call are refused.
	Unauthorized Class = "Unauthorized"
	// Unexpected is an answer without a meaning: an HTML page, text that does not decode, a refusal that names
	// nothing. Retry as for Transient, and never take it as proof that something is absent.
	Unexpected Class = "Unexpected"
)

// ClassOf returns the class of err, however deeply the error that knows it is wrapped.
//
// An error without a class of its own is Transient if it comes from the network or from a context, else
// Unexpected. The class of nil is empty. A canceled context is no failure of the tenant: callers that care ask
// errors.Is(err, context.Canceled) first.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	if c, ok := errors.AsType[classed](err); ok {
		return c.FailureClass()
	}
	if isFromNetwork(err) {
		return Transient
	}
	return Unexpected
}

// RetryAfter returns how long the tenant, or our own limiter, asks to wait before the next call. It is 0 when err
// does not say.
func RetryAfter(err error) time.Duration {
	if r, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		return r.RetryAfter()
	}
	return 0
}

// classed is an error that knows its class.
type classed interface {
	error
	FailureClass() Class
}

func isFromNetwork(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
