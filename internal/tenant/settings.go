package tenant

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// Defaults for what Settings leave out.
const (
	DefaultTimeout           = 10 * time.Second
	DefaultRequestsPerSecond = 10.0
	DefaultBurst             = 20
)

// Settings say how to reach a tenant and how to log in there.
type Settings struct {
	// URL is the tenant's https URL, without a path.
	URL string
	// CABundle has certificates in PEM that are trusted besides those of the system. It may be empty.
	CABundle []byte
	// Proxy through which the tenant is reached; nil for none. Its certificate is held to CABundle, too.
	Proxy *Proxy
	// Timeout bounds one exchange, from waiting for a permit to the last byte of the answer. DefaultTimeout if 0.
	Timeout time.Duration
	// RequestsPerSecond is a ceiling for all calls to the URL. DefaultRequestsPerSecond if 0. If several Sessions
	// share a URL, the lowest of theirs holds for all.
	RequestsPerSecond float64
	// Burst is how many calls may go at once after a pause. DefaultBurst if 0. The lowest holds, too.
	Burst int
	// Sharers is how many processes call the URL under these Settings. Each makes its part of the calls, by RequestsPerSecond and Burst; less than 2
	// for one.
	Sharers int
	// ApplicationID is the application at which the admin login requests its token. If it is empty, the tenant is
	// for tokens only and all calls of Session.Admin fail.
	ApplicationID string
	// Scope is what the admin login requests, blank separated.
	Scope string
	// Credential reads the credential of the admin login. It is called at each login.
	Credential func(ctx context.Context) (oauth.Credential, error)
}

// complete fills in defaults, divides the limits among those who share them, and brings the URL into one spelling, so that equal tenants have equal Settings.
func (s Settings) complete() (Settings, error) {
	tenantURL, err := normalizeURL(s.URL)
	if err != nil {
		return Settings{}, err
	}
	s.URL = tenantURL
	if s.Proxy != nil {
		if err := s.Proxy.validate(); err != nil {
			return Settings{}, err
		}
	}
	if s.Timeout <= 0 {
		s.Timeout = DefaultTimeout
	}
	if s.RequestsPerSecond <= 0 {
		s.RequestsPerSecond = DefaultRequestsPerSecond
	}
	if s.Burst <= 0 {
		s.Burst = DefaultBurst
	}
	if s.Sharers > 1 {
		s.RequestsPerSecond /= float64(s.Sharers)
		s.Burst = max(s.Burst/s.Sharers, 1)
	}
	s.Scope = oauth.ParseScopeSet(s.Scope).String()
	s.CABundle = bytes.Clone(s.CABundle)
	return s, nil
}

// equal compares all that can be compared, which is all but Credential.
func (s Settings) equal(other Settings) bool {
	return s.sameWay(other) && s.Timeout == other.Timeout &&
		s.RequestsPerSecond == other.RequestsPerSecond && s.Burst == other.Burst &&
		s.ApplicationID == other.ApplicationID && s.Scope == other.Scope
}

// sameWay says whether calls under both settings reach the tenant, or fail to, alike.
func (s Settings) sameWay(other Settings) bool {
	return s.URL == other.URL && bytes.Equal(s.CABundle, other.CABundle) && s.Proxy.equal(other.Proxy)
}

// normalizeURL returns the URL as scheme, lower-case host and port if it is not the default one.
func normalizeURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil: // Its text quotes raw, which may have a password in it.
		return "", errors.New("tenant URL is not a URL")
	case !strings.EqualFold(u.Scheme, "https"):
		return "", errors.New("tenant URL must start with https://")
	case u.User != nil:
		return "", errors.New("tenant URL must not contain a user or password")
	case u.Hostname() == "":
		return "", errors.New("tenant URL must name a host")
	case strings.Contains(u.Hostname(), "%"): // It would be read otherwise when it is sent. Addresses that need a zone are link-local, which are not called anyway.
		return "", errors.New("tenant URL must name a host without percent signs")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return "", errors.New("tenant URL must end after the host, without path, query or fragment")
	}
	host := strings.ToLower(u.Hostname())
	if err := unfitHost("tenant URL", host); err != nil {
		return "", err
	}
	if port := u.Port(); port != "" && port != "443" {
		return "https://" + net.JoinHostPort(host, port), nil
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return "https://" + host, nil
}

// CABundleError says why a CA bundle cannot be used. Its text does not quote the bundle.
type CABundleError struct{ reason string }

// Error implements error.
func (e *CABundleError) Error() string { return e.reason }

// trustedRoots returns the system's certificates and those of the bundle. Errors are *CABundleError.
func trustedRoots(bundle []byte) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // A minimal image may have none; the bundle is then all that is trusted.
	}
	certificates := 0
	for rest := bundle; len(bytes.TrimSpace(rest)) > 0; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil && certificates > 0 && !bytes.Contains(rest, []byte("-----BEGIN")) {
			break // Text after the last certificate, such as a comment.
		}
		if block == nil {
			return nil, &CABundleError{fmt.Sprintf("CA bundle holds something else than PEM after %d certificates", certificates)}
		}
		if block.Type != "CERTIFICATE" {
			return nil, &CABundleError{fmt.Sprintf("CA bundle holds a PEM block %q, only CERTIFICATE is allowed", block.Type)}
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &CABundleError{fmt.Sprintf("reading certificate %d of the CA bundle: %v", certificates+1, err)}
		}
		roots.AddCert(certificate)
		certificates++
	}
	return roots, nil
}
