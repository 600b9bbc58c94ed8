package tenant_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/test/connect"
)

const (
	proxyUser = "operator"
	// proxyPassword must not show up anywhere.
	proxyPassword = "hunter3-canary"
)

// behindProxy returns settings for the stub under a name for which proxies are used, and which its certificate has.
func behindProxy(s *stub, proxyURL string) tenant.Settings {
	settings := s.settings()
	settings.URL = strings.Replace(s.server.URL, "127.0.0.1", "example.com", 1)
	settings.Proxy = &tenant.Proxy{URL: proxyURL, Username: proxyUser, Password: oauth.NewSecret(proxyPassword)}
	return settings
}

func TestATenantIsReachedThroughAProxy(t *testing.T) {
	s := newStub(t)
	proxy := connect.Start(t, proxyUser, proxyPassword)
	session := open(t, tenant.NewPool(s.clock, nil), "corp", behindProxy(s, proxy.URL()))
	for range 3 {
		if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if targets := proxy.Targets(); len(targets) != 1 || !strings.HasPrefix(targets[0], "example.com:") {
		t.Errorf("the proxy has connected to %v, want one connection", targets)
	}
}

func TestWhatGoesWrongAtAProxyIsSaidOfTheProxy(t *testing.T) {
	for name, tc := range map[string]struct {
		status  int
		change  func(*tenant.Proxy)
		says    string
		refused bool
	}{
		"a wrong password":          {change: func(p *tenant.Proxy) { p.Password = oauth.NewSecret("other-" + proxyPassword) }, says: "it refuses the credentials (status 407)", refused: true},
		"no credentials":            {change: func(p *tenant.Proxy) { p.Username = "" }, says: "it asks for credentials (status 407)", refused: true},
		"a forbidden tenant":        {status: http.StatusForbidden, says: "it refuses connections to the tenant (status 403)", refused: true},
		"a tenant out of reach":     {status: http.StatusBadGateway, says: "it cannot reach the tenant (status 502)"},
		"a proxy that is not there": {change: func(p *tenant.Proxy) { p.URL = "http://127.0.0.1:1" }, says: "connection refused"},
		"a proxy without TLS":       {change: func(p *tenant.Proxy) { p.URL = strings.Replace(p.URL, "http:", "https:", 1) }, says: "server does not speak TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t)
			proxy := connect.Start(t, proxyUser, proxyPassword)
			proxy.SetStatus(tc.status)
			settings := behindProxy(s, proxy.URL())
			if tc.change != nil {
				tc.change(settings.Proxy)
			}
			session := open(t, tenant.NewPool(s.clock, nil), "corp", settings)
			err := session.Authenticate(t.Context())
			want := `requesting token for application "operator-admin": proxy ` + strings.SplitN(settings.Proxy.URL, "//", 2)[1] + ": " + tc.says
			if text(err) != want || failure.ClassOf(err) != failure.Transient {
				t.Errorf("error is %v, of class %v; want %s", err, failure.ClassOf(err), want)
			}
			if found := asProxyError(err); found == nil || found.Refused != tc.refused {
				t.Errorf("the error is %#v", found)
			}
			if logins, _ := s.counts(); logins != 0 {
				t.Error("the tenant was called")
			}
		})
	}
}

func asProxyError(err error) *tenant.ProxyError {
	found, _ := errors.AsType[*tenant.ProxyError](err)
	return found
}

func TestAnotherPasswordOfTheProxyMakesAnotherSession(t *testing.T) {
	s := newStub(t)
	proxy := connect.Start(t, proxyUser, "another one")
	pool := tenant.NewPool(s.clock, nil)
	wrong := open(t, pool, "corp", behindProxy(s, proxy.URL()))
	for range 6 {
		_ = wrong.Authenticate(t.Context())
	}
	if !wrong.Circuit().Open || proxy.Attempts() != 5 {
		t.Errorf("after %d attempts the circuit is %+v", proxy.Attempts(), wrong.Circuit())
	}
	mended := behindProxy(s, proxy.URL())
	mended.Proxy.Password = oauth.NewSecret("another one")
	if err := open(t, pool, "corp", mended).Authenticate(t.Context()); err != nil {
		t.Errorf("with the right password the error is %v", err)
	}
}

func TestNoProxyNamesWhatIsReachedDirectly(t *testing.T) {
	s := newStub(t)
	proxy := connect.Start(t, "", "")
	for noProxy, through := range map[string]bool{"example.com": false, ".com": false, "*": false, "example.org": true, ".example.com": true} {
		t.Run(noProxy, func(t *testing.T) {
			settings := behindProxy(s, proxy.URL())
			settings.Proxy.NoProxy = []string{"10.0.0.0/8", noProxy}
			before := proxy.Attempts()
			session := open(t, tenant.NewPool(s.clock, nil), "corp", settings)
			canceled, cancel := context.WithCancel(t.Context())
			if !through {
				cancel() // example.com is nobody's to call in a test
			}
			err := session.Authenticate(canceled)
			cancel()
			if asked := proxy.Attempts() > before; asked != through || through && err != nil {
				t.Errorf("the proxy was asked: %v, error %v", asked, err)
			}
		})
	}
}

func TestBadProxiesAreExplained(t *testing.T) {
	s := newStub(t)
	for url, want := range map[string]string{
		"http://" + proxyUser + ":" + proxyPassword + "@proxy": "proxy URL must not contain a user or password",
		"http://" + proxyPassword + "@%":                       "proxy URL is not a URL",
		"socks5://proxy:1080":                                  "proxy URL must start with http:// or https://",
		"http://":                                              "proxy URL must be a host and a port, without path, query or fragment",
		"http://proxy/path":                                    "proxy URL must be a host and a port, without path, query or fragment",
		"https://proxy:3128/":                                  "",
	} {
		if _, err := tenant.NewPool(s.clock, nil).Session("corp", behindProxy(s, url)); text(err) != want {
			t.Errorf("%s: error is %v, want %s", url, err, want)
		}
	}
}

func TestThePasswordOfAProxyIsPrintedNowhere(t *testing.T) {
	s := newStub(t)
	settings := behindProxy(s, "http://127.0.0.1:1")
	session := open(t, tenant.NewPool(s.clock, nil), "corp", settings)
	err := session.Authenticate(t.Context())
	var all strings.Builder
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(&all, "%v %+v %#v\n", e, e, e)
	}
	fmt.Fprintf(&all, "%v %+v %#v", settings.Proxy, *settings.Proxy, settings)
	pair := base64.StdEncoding.EncodeToString([]byte(proxyUser + ":" + proxyPassword))
	if printed := all.String(); strings.Contains(printed, proxyPassword) || strings.Contains(printed, pair) {
		t.Errorf("the password is in %s", printed)
	}
}
