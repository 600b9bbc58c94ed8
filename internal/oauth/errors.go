package oauth

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

// CodeInvalidClient is the error code for a client that the tenant does not know or whose secret is wrong
// (RFC 6749 section 5.2).
const CodeInvalidClient = "invalid_client"

const maxCodeLength = 64

// Error reports that the token endpoint gave an answer, but no token. Its text has no word from the answer but the
// error code: descriptions may echo what was sent.
type Error struct {
	// Status is the HTTP status, 0 if the request was not fit to be sent.
	Status int
	// Code is the error code of RFC 6749 section 5.2, empty if the answer has none.
	Code string
	// Reason says in fixed words what is wrong when Code does not.
	Reason string
	// Class tells what to do next.
	Class failure.Class

	retryAfter time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	switch {
	case e.Status == 0:
		return e.Reason
	case e.Code != "":
		return fmt.Sprintf("token endpoint answered %d %s", e.Status, e.Code)
	case e.Reason != "":
		return fmt.Sprintf("token endpoint answered %d with %s", e.Status, e.Reason)
	default:
		return fmt.Sprintf("token endpoint answered %d", e.Status)
	}
}

// FailureClass implements the interface that failure.ClassOf looks for.
func (e *Error) FailureClass() failure.Class { return e.Class }

// RetryAfter implements the interface that failure.RetryAfter looks for.
func (e *Error) RetryAfter() time.Duration { return e.retryAfter }

// IsInvalidClient reports whether the tenant refused the credential itself: the client is unknown, locked or
// disabled, or its secret is wrong.
func IsInvalidClient(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == CodeInvalidClient && e.Class == failure.Unauthorized
}

// refusal classes an answer that is no success. code is the answer's error code, if it has a fit one.
func refusal(answer exchange.Answer, code string) *Error {
	e := &Error{Status: answer.Status, Code: code}
	e.Class, e.retryAfter = answer.Outage()
	switch {
	case e.Class != "":
	case answer.IsHTML():
		e.Class, e.Code, e.Reason = failure.Unexpected, "", "an HTML page"
	case answer.Status < 400:
		e.Class, e.Code, e.Reason = failure.Unexpected, "", "a status that has no meaning there"
	case code == CodeInvalidClient:
		e.Class = failure.Unauthorized
	case code != "":
		e.Class = failure.Rejected
	default:
		e.Class, e.Reason = failure.Unexpected, "no error code"
	}
	return e
}

// fitCode returns code if it has the form of all codes that are known (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1), which are words in small
// letters, is not too long to be shown, and does not echo secret. Otherwise it returns "". RFC 6749 allows more, and so would let a tenant show what it was
// sent: a Base64 text, say.
func fitCode(code string, secret Secret) string {
	if len(code) > maxCodeLength || !secret.IsZero() && strings.Contains(code, secret.Reveal()) {
		return ""
	}
	for _, c := range []byte(code) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return ""
		}
	}
	return code
}
