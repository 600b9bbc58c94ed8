package tenant

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// Proxy is an HTTP proxy through which a tenant is reached, with CONNECT.
type Proxy struct {
	// URL is http or https, a host and a port, without a user.
	URL string
	// NoProxy are hosts that are reached directly, in the notation of the environment variable NO_PROXY.
	NoProxy []string
	// Username and Password for basic authentication; none if the name is empty.
	Username string
	Password oauth.Secret
}

// ProxyError reports a call that did not get past the proxy. The tenant knows nothing of it.
//
// Its text is made of fixed words, the proxy's address and a status: neither the proxy's words nor the credentials are in it.
type ProxyError struct {
	// Refused says that the proxy answered, and that somebody has to change its credentials or its rules.
	Refused bool

	address, reason string
	cause           error
}

// Error implements error.
func (e *ProxyError) Error() string { return "proxy " + e.address + ": " + e.reason }

// Unwrap returns the error of net/http, nil if the proxy answered. Do not show it to users.
func (e *ProxyError) Unwrap() error { return e.cause }

// FailureClass returns failure.Transient: whoever is refused by a proxy was not refused by the tenant.
func (e *ProxyError) FailureClass() failure.Class { return failure.Transient }

func (p *Proxy) validate() error {
	u, err := url.Parse(p.URL)
	switch {
	case err != nil: // Its text quotes the URL, which may have a password in it.
		return errors.New("proxy URL is not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("proxy URL must start with http:// or https://")
	case u.User != nil:
		return errors.New("proxy URL must not contain a user or password")
	case u.Hostname() == "", u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return errors.New("proxy URL must be a host and a port, without path, query or fragment")
	}
	return unfitHost("proxy URL", u.Hostname())
}

func (p *Proxy) equal(other *Proxy) bool {
	if p == nil || other == nil {
		return p == other
	}
	return p.URL == other.URL && slices.Equal(p.NoProxy, other.NoProxy) && p.Username == other.Username && p.Password.Equal(other.Password)
}

// serve lets a transport go through the proxy. The credentials are a header of the request to the proxy and no part of its URL, which errors
// may quote.
func (p *Proxy) serve(transport *http.Transport) {
	config := httpproxy.Config{HTTPSProxy: p.URL, NoProxy: strings.Join(p.NoProxy, ",")}
	choose := config.ProxyFunc()
	transport.Proxy = func(r *http.Request) (*url.URL, error) { return choose(r.URL) }
	transport.GetProxyConnectHeader = func(context.Context, *url.URL, string) (http.Header, error) {
		if p.Username == "" {
			return nil, nil
		}
		pair := base64.StdEncoding.EncodeToString([]byte(p.Username + ":" + p.Password.Reveal()))
		return http.Header{"Proxy-Authorization": {"Basic " + pair}}, nil
	}
	transport.OnProxyConnectResponse = func(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
		return p.refusal(proxy.Host, resp.StatusCode)
	}
}

// refusal returns what the proxy's answer to CONNECT means; nil when it lets us through.
func (p *Proxy) refusal(address string, status int) error {
	e := &ProxyError{address: address, Refused: status < http.StatusInternalServerError}
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusProxyAuthRequired && p.Username == "":
		e.reason = "it asks for credentials (status 407)"
	case status == http.StatusProxyAuthRequired:
		e.reason = "it refuses the credentials (status 407)"
	case e.Refused:
		e.reason = fmt.Sprintf("it refuses connections to the tenant (status %d)", status)
	default:
		e.reason = fmt.Sprintf("it cannot reach the tenant (status %d)", status)
	}
	return e
}

// explain returns err as a *ProxyError if the proxy could not be reached.
func (p *Proxy) explain(err error) error {
	if p == nil {
		return err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		u, _ := url.Parse(p.URL) // It was parsed before.
		return &ProxyError{address: u.Host, reason: failure.Connection(op.Err).Error(), cause: err}
	}
	return err
}
