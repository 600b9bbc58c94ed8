package failure_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/failure"
)

type throttled struct{}

func (throttled) Error() string               { return "slow down" }
func (throttled) FailureClass() failure.Class { return failure.Throttled }
func (throttled) RetryAfter() time.Duration   { return 7 * time.Second }
func wrapped(err error) error                 { return fmt.Errorf("doing something: %w", err) }
func fromHTTP(err error) error                { return &url.Error{Op: "Post", URL: "https://x/?k=hunter2", Err: err} }

func fromSocket(number syscall.Errno) error { return &net.OpError{Op: "read", Net: "tcp", Err: number} }

func TestClassOf(t *testing.T) {
	cases := map[string]struct {
		err  error
		want failure.Class
	}{
		"no error has no class":                      {nil, ""},
		"a class is found below wrapping":            {wrapped(wrapped(throttled{})), failure.Throttled},
		"a class is found in a joined error":         {errors.Join(io.EOF, throttled{}), failure.Throttled},
		"a class below an error of net/http wins":    {fromHTTP(throttled{}), failure.Throttled},
		"a deadline is transient":                    {wrapped(context.DeadlineExceeded), failure.Transient},
		"a canceled context is transient":            {wrapped(context.Canceled), failure.Transient},
		"an error of the network is transient":       {fromHTTP(fromSocket(syscall.ECONNRESET)), failure.Transient},
		"an answer that breaks off is transient":     {wrapped(io.ErrUnexpectedEOF), failure.Transient},
		"an error that nobody classed is unexpected": {errors.New("what"), failure.Unexpected},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := failure.ClassOf(tc.err); got != tc.want {
				t.Errorf("ClassOf(%v) = %q, want %q", tc.err, got, tc.want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	if got := failure.RetryAfter(wrapped(throttled{})); got != 7*time.Second {
		t.Errorf("RetryAfter of a wrapped error = %v, want 7s", got)
	}
	if got := failure.RetryAfter(io.EOF); got != 0 {
		t.Errorf("RetryAfter of an error that does not say = %v, want 0", got)
	}
	if got := failure.RetryAfter(nil); got != 0 {
		t.Errorf("RetryAfter(nil) = %v, want 0", got)
	}
}

func TestConnectionSpeaksInFixedWords(t *testing.T) {
	cases := map[string]struct {
		err  error
		want string
	}{
		"refused":               {fromHTTP(fromSocket(syscall.ECONNREFUSED)), "connection refused"},
		"reset":                 {fromHTTP(fromSocket(syscall.ECONNRESET)), "connection closed before the answer was complete"},
		"broken off":            {io.ErrUnexpectedEOF, "connection closed before the answer was complete"},
		"too late":              {fromHTTP(context.DeadlineExceeded), "no answer in time"},
		"canceled":              {fromHTTP(context.Canceled), "call was canceled"},
		"unknown host":          {fromHTTP(&net.DNSError{Name: "x", Err: "no such host"}), "host name does not resolve"},
		"a malformed answer":    {fromHTTP(errors.New(`malformed HTTP response "hunter2"`)), "connection failed"},
		"an error with a class": {fromHTTP(throttled{}), "slow down"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := failure.Connection(tc.err)
			if err.Error() != tc.want {
				t.Errorf("got %q, want %q", err, tc.want)
			}
		})
	}
	if err := failure.Connection(nil); err != nil {
		t.Errorf("Connection(nil) = %v", err)
	}
	if err := failure.Connection(fromHTTP(context.Canceled)); !errors.Is(err, context.Canceled) {
		t.Error("the cause is lost")
	}
}
