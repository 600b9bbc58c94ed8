// Package audit writes down who called what with which arguments, one JSON object per line, and never a secret.
package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// Entry is one call.
type Entry struct {
	// Time of the call by the tenant's clock.
	Time time.Time `json:"time"`
	// Operation is the canonical name of the call, with the application for token requests; Unknown for addresses that do
	// not exist.
	Operation string `json:"operation"`
	// Method of the request.
	Method string `json:"method"`
	// Path of the request when the operation is unknown, without the query.
	Path string `json:"path,omitempty"`
	// Caller is the login name of the user whose token or session was used, or the client ID of a token request. A client ID
	// is what the client says of itself, and need not have been proved.
	Caller string `json:"caller,omitempty"`
	// Arguments of the call, as Redact leaves them.
	Arguments any `json:"arguments,omitempty"`
	// Status is the HTTP status of the answer; zero when the connection was reset.
	Status int `json:"status"`
	// Success tells an answer that does not refuse, whatever its status.
	Success bool `json:"success"`
	// Error is the error code of an OAuth call.
	Error string `json:"error,omitempty"`
	// Fault is the kind of the fault that the call met.
	Fault string `json:"fault,omitempty"`
}

// Log writes entries. Its methods may be called from several goroutines.
type Log struct {
	mu sync.Mutex
	w  io.Writer
}

// New returns a log that writes to w, one Write for each entry.
func New(w io.Writer) *Log { return &Log{w: w} }

// Write writes an entry as one line.
func (l *Log) Write(e Entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encoding an audit entry: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing an audit entry: %w", err)
	}
	return nil
}
