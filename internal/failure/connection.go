package failure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"
)

// ConnectionError reports that a call ended before the tenant's answer was complete. Whether the call took
// effect is unknown.
//
// Its text is made of fixed words only. The texts of net/http name ephemeral ports, which would change a
// condition at each attempt, and quote malformed answers, which may echo a secret.
type ConnectionError struct {
	// Reason says in fixed words what broke.
	Reason string

	cause error
}

// Connection turns an error of net/http into a *ConnectionError. An error that already has a class, such as
// that of a limiter in front of the transport, is returned as it is, without the URL that net/http adds.
// errors.Is still finds the cause, context.Canceled in particular. Connection of nil is nil.
func Connection(err error) error {
	if err == nil {
		return nil
	}
	if c, ok := errors.AsType[classed](err); ok {
		return c
	}
	return &ConnectionError{Reason: reasonOf(err), cause: err}
}

// Error implements error.
func (e *ConnectionError) Error() string { return e.Reason }

// Unwrap returns the error of net/http. Its text may quote what the server sent: do not show it to users.
func (e *ConnectionError) Unwrap() error { return e.cause }

// FailureClass returns Transient: even a certificate that is not trusted may be, once it is replaced.
func (e *ConnectionError) FailureClass() Class { return Transient }

func reasonOf(err error) string {
	if reason := certificateReason(err); reason != "" {
		return "server certificate is not trusted: " + reason
	}
	netErr, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "call was canceled"
	case errors.Is(err, context.DeadlineExceeded), isNet && netErr.Timeout():
		return "no answer in time"
	case isA[*net.DNSError](err):
		return "host name does not resolve"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed before the answer was complete"
	case isA[tls.RecordHeaderError](err):
		return "server does not speak TLS"
	case isA[tls.AlertError](err):
		return "TLS handshake was refused"
	default:
		return "connection failed"
	}
}

// certificateReason returns why a server certificate is refused, and "" when that is not what happened.
func certificateReason(err error) string {
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case isA[x509.UnknownAuthorityError](err):
		return "signed by an unknown authority"
	case isA[x509.HostnameError](err):
		return "not valid for this host name"
	case isInvalid && invalid.Reason == x509.Expired:
		return "expired or not yet valid"
	case isInvalid, isA[*tls.CertificateVerificationError](err):
		return "not valid"
	default:
		return ""
	}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
