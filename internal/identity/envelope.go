package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

// envelope is what every answer is wrapped in. The texts Message and Exception are not read: they may echo
// arguments, and no decision may rest on them. Raw members tolerate a tenant that changes its mind about types.
type envelope struct {
	Success   json.RawMessage `json:"success"`
	Result    any             `json:"Result"` // what it is decoded into
	Message   json.RawMessage `json:"Message"`
	MessageID json.RawMessage `json:"MessageID"`
	ErrorID   json.RawMessage `json:"ErrorID"`
	ErrorCode json.RawMessage `json:"ErrorCode"`
}

// readEnvelope decodes the Result of a success into out, in one go with what is around it, and classes everything else. A null Result leaves out as it is.
// An error may come when out has a part of the Result already. It never is the decoder's own, which may quote the answer.
func readEnvelope(operation string, answer exchange.Answer, out any) error {
	if err := statusError(operation, answer); err != nil {
		return err
	}
	wire := envelope{Result: out}
	err := json.Unmarshal(answer.Body, &wire)
	// After a member of another type the decoder goes on.
	_, otherShape := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case err != nil && !otherShape:
		return unexpected(operation, "text that does not decode")
	case isNull(wire.Success):
		return unexpected(operation, "no success flag")
	case string(wire.Success) == "false":
		return refusalError(operation, answer.Status, wire)
	case string(wire.Success) != "true":
		return unexpected(operation, "text that does not decode")
	case otherShape:
		return unexpected(operation, "a result of another shape")
	}
	return nil
}

// statusError classes an answer that has no envelope worth reading. It returns nil for one that may.
func statusError(operation string, answer exchange.Answer) error {
	e := &Error{Operation: operation, Status: answer.Status}
	e.Class, e.retryAfter = answer.Outage()
	switch {
	case e.Class != "":
	case answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		e.Class = failure.Unauthorized
	case answer.IsHTML():
		e.Class, e.Reason = failure.Unexpected, "an HTML page: is the URL that of the tenant?"
	case answer.Status != http.StatusOK:
		e.Class = failure.Unexpected
	default:
		return nil
	}
	return e
}

// refusalError is the error for success:false. A refusal that names no cause at all has no meaning that could be
// relied on.
func refusalError(operation string, status int, wire envelope) error {
	e := &Error{
		Operation: operation, Status: status, Class: failure.Rejected, Reason: "a refusal", refusal: true,
		MessageID: fitMessageID(text(wire.MessageID)), ErrorID: fitErrorID(text(wire.ErrorID)),
	}
	if text(wire.MessageID) == "" && text(wire.Message) == "" && text(wire.ErrorCode) == "" {
		e.Class, e.Reason = failure.Unexpected, "a refusal without a cause"
	}
	return e
}

// decodeResult decodes a Result into out. The decoder's own error may quote the Result and is dropped.
func decodeResult(operation string, result json.RawMessage, out any) error {
	if result == nil {
		return nil
	}
	if json.Unmarshal(result, out) != nil {
		return unexpected(operation, "a result of another shape")
	}
	return nil
}

// checkState looks into the Result of a call that stores something. Such a call may say success:true and yet tell
// of a failure in Result.State, such as 1 for a duplicate.
func checkState(operation string, result json.RawMessage) error {
	state := stateOf(result)
	if state == 0 {
		return nil
	}
	return &Error{
		Operation: operation, Status: http.StatusOK, Class: failure.Rejected, State: state,
		Reason: "a result state that is not zero", refusal: true,
	}
}

// stateOf returns Result.State. It is 0 for a Result without one, be it null, a text or a list, and for a State that is
// a text, as in objects that are read.
func stateOf(result json.RawMessage) int {
	var stored struct {
		State json.RawMessage `json:"State"`
	}
	var state int
	if json.Unmarshal(result, &stored) != nil || json.Unmarshal(stored.State, &state) != nil {
		return 0
	}
	return state
}

func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}

// text returns raw as a string, empty if it is none.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
