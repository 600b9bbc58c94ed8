package tenant

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

// Observer is told about each exchange with a tenant: the operation, such as "Redrock/query" or "OAuth2/Token",
// the HTTP status or "error" if there was none, and the time until the answer's header. It must not block.
type Observer func(operation, code string, elapsed time.Duration)

// newTransport returns a transport of its own for one Session: TLS 1.2 or later, HTTP/2, and no proxy but the given one, which may be nil.
func newTransport(roots *x509.CertPool, proxy *Proxy) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if proxy != nil {
		proxy.serve(transport)
	}
	return transport
}

// gatedTransport lets each request through circuit and gate, and lets them learn from each answer. As it is the
// transport, nothing can get past it.
type gatedTransport struct {
	circuit *circuit
	gate    *gate
	proxy   *Proxy
	next    http.RoundTripper
	clock   clock.PassiveClock
	observe Observer
}

// RoundTrip implements http.RoundTripper.
func (t *gatedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	tell, err := t.circuit.enter(time.Time{})
	if err != nil {
		return nil, discard(req, err)
	}
	leave, err := t.pass(req.Context())
	if err != nil {
		tell(unknown, nil)
		return nil, discard(req, err)
	}
	resp, err := t.exchange(req)
	leave()
	tell(outcomeOf(resp, err))
	return resp, err
}

// pass returns when it is the turn of a call, which ends with leave.
func (t *gatedTransport) pass(ctx context.Context) (leave func(), err error) {
	if err := t.gate.admit(ctx); err != nil {
		return nil, err
	}
	return t.gate.occupy(ctx)
}

// discard closes the body of a request that is not sent, as a RoundTripper must, and returns err.
func discard(req *http.Request, err error) error {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	return err
}

// exchange sends the request and lets the gate learn from the answer.
func (t *gatedTransport) exchange(req *http.Request) (*http.Response, error) {
	sent := t.clock.Now()
	resp, err := t.next.RoundTrip(req)
	answered := t.clock.Now()
	if err != nil {
		t.observe(operationOf(req.URL.Path), "error", answered.Sub(sent))
		return nil, t.proxy.explain(err)
	}
	t.observe(operationOf(req.URL.Path), strconv.Itoa(resp.StatusCode), answered.Sub(sent))
	t.gate.learn(resp.StatusCode, resp.Header)
	if date, known := exchange.Date(resp.Header); known {
		t.gate.offset.note(sent, answered, date)
	}
	return resp, nil
}

// operationOf names a call by its path. Application IDs are left out, so that there are few names.
func operationOf(path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case strings.HasSuffix(path, "/.well-known/openid-configuration"):
		return "Discovery"
	case len(segments) < 2 || segments[1] == "":
		return "Unknown"
	case strings.EqualFold(segments[0], "oauth2"):
		action := strings.ToLower(segments[1])
		return "OAuth2/" + strings.ToUpper(action[:1]) + action[1:]
	default:
		return segments[0] + "/" + segments[1]
	}
}
