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

// Observer is told what happens to calls. Its methods must not block.
type Observer interface {
	// Exchanged is called after each exchange with a tenant, with the operation, such as "Redrock/query" or "OAuth2/Token", the HTTP status or
	// "error" if there was none, and the time until the answer's header.
	Exchanged(operation, code string, elapsed time.Duration)
	// Waited is called when a call has got its permit, or was turned away, with the time for which it waited.
	Waited(class Class, wait time.Duration)
}

// nobody observes nothing.
type nobody struct{}

func (nobody) Exchanged(string, string, time.Duration) {}
func (nobody) Waited(Class, time.Duration)             {}

// newTransport returns a transport of its own for one Session: TLS 1.2 or later, HTTP/2, and no proxy but the given one, which may be nil. It connects to
// no address that cannot be a tenant's or a proxy's.
func newTransport(roots *x509.CertPool, proxy *Proxy) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, ControlContext: guardAddress}
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
	circuit  *circuit
	gate     *gate
	proxy    *Proxy
	next     http.RoundTripper
	clock    clock.PassiveClock
	observer Observer
}

// RoundTrip implements http.RoundTripper.
func (t *gatedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	tell, err := t.circuit.enter(urgencyOf(req.Context()).expiry)
	if err != nil {
		return nil, discard(req, err)
	}
	if err := t.pass(req.Context()); err != nil {
		tell(unknown, nil)
		return nil, discard(req, err)
	}
	resp, err := t.exchange(req)
	tell(outcomeOf(resp, err))
	return resp, err
}

// pass returns nil when it is the turn of a call.
func (t *gatedTransport) pass(ctx context.Context) error {
	if err := t.gate.enter(ctx); err != nil {
		return err
	}
	asked := t.clock.Now()
	err := t.gate.admit(ctx)
	waited := t.clock.Since(asked)
	t.observer.Waited(urgencyOf(ctx).class, waited)
	if v := visitOf(ctx); v != nil {
		if waited >= leastSpace || err != nil {
			v.stoodInLine()
		}
		if err == nil {
			v.madeCall()
		}
	}
	return err
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
		t.observer.Exchanged(operationOf(req.URL.Path), "error", answered.Sub(sent))
		return nil, t.proxy.explain(err)
	}
	t.observer.Exchanged(operationOf(req.URL.Path), strconv.Itoa(resp.StatusCode), answered.Sub(sent))
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
