package identity

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/failure"
)

const maxIDLength = 128

// Error reports that the tenant answered a call, but not with what was asked for.
type Error struct {
	// Operation is controller and action of the call, such as "SaasManage/GetApplication".
	Operation string
	// Status is the HTTP status; most failures come with 200.
	Status int
	// Class tells what to do next.
	Class failure.Class
	// MessageID names the cause as the tenant does, such as "_I18N_System.InvalidOperationException". It is empty
	// if there is none or if it has not this form.
	MessageID string
	// ErrorID is the tenant's correlation ID, for logs. It differs at each attempt and is therefore not part of
	// the text. It is empty if there is none or if it is not made of hexadecimal digits.
	ErrorID string
	// State is the Result.State of a call that stores something, if that is why it failed. 1 is a duplicate.
	State int
	// Reason says in fixed words what is wrong with the answer, if the status does not.
	Reason string

	retryAfter time.Duration
	refusal    bool // the tenant understood the call and said no
}

// Error implements error. It has no words of the tenant but MessageID: its messages may echo what was sent.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s answered %d", e.Operation, e.Status)
	if e.Reason != "" {
		b.WriteString(" with " + e.Reason)
	}
	if e.MessageID != "" {
		b.WriteString(" (" + e.MessageID + ")")
	}
	if e.State != 0 {
		fmt.Fprintf(&b, " (%d)", e.State)
	}
	return b.String()
}

// FailureClass implements the interface that failure.ClassOf looks for.
func (e *Error) FailureClass() failure.Class { return e.Class }

// RetryAfter implements the interface that failure.RetryAfter looks for.
func (e *Error) RetryAfter() time.Duration { return e.retryAfter }

// unexpected reports a success whose content makes no sense.
func unexpected(operation, reason string) *Error {
	return &Error{Operation: operation, Status: http.StatusOK, Class: failure.Unexpected, Reason: reason}
}

// nullResult reports a success without a Result where an object was asked for: one way in which the tenant says
// that there is none.
func nullResult(operation string) *Error {
	e := unexpected(operation, "no result")
	e.refusal = true
	return e
}

// isRefusal reports whether the tenant understood the call and said no, which it also does for objects that are
// gone, in words that no one has written down.
func isRefusal(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.refusal
}

// fitMessageID returns id if it is a resource key or an exception type, which is what the tenant puts there.
func fitMessageID(id string) string {
	isFit := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.'
	}
	if !strings.HasPrefix(id, "_I18N_") {
		return ""
	}
	return onlyOf(id, isFit)
}

// fitErrorID returns id if it is a GUID, a colon and hexadecimal digits, or part of that.
func fitErrorID(id string) string {
	return onlyOf(id, func(r rune) bool {
		return r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' || r >= '0' && r <= '9' || r == '-' || r == ':'
	})
}

func onlyOf(id string, isFit func(rune) bool) string {
	if len(id) > maxIDLength || strings.ContainsFunc(id, func(r rune) bool { return !isFit(r) }) {
		return ""
	}
	return id
}
