package tenant_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// FuzzURL looks for URLs that are taken for a tenant's, and would send a credential elsewhere than they say, or over plain HTTP.
func FuzzURL(f *testing.F) {
	for _, raw := range []string{
		"https://abc1234.id.cyberark.cloud", "https://tenant:8443/", "HTTPS://TENANT", "http://tenant", "https://user:password@tenant", "https://tenant@elsewhere",
		"https://[::1]:8443", "https://[fe80::1%25eth0]", "https://169.254.169.254", "https://tenant#@elsewhere", "https://tenant\\@elsewhere", "https://tenant/../x", "https://",
		"https://%74enant", "https://tenant:99999", "https://tenant?x", "//tenant", "https:tenant", "https://ten ant", "https://\u0442enant",
	} {
		f.Add(raw)
	}
	pool := tenant.NewPool(clocktesting.NewFakeClock(time.Now()), nil)
	f.Fuzz(func(t *testing.T, raw string) {
		session, err := pool.Session("corp", tenant.Settings{URL: raw})
		if err != nil {
			if len(raw) > 20 && strings.Contains(err.Error(), raw) {
				t.Errorf("the error quotes a URL, which may have a password: %v", err)
			}
			return
		}
		u, err := url.Parse(session.Endpoint(tenant.EndpointToken, "orders"))
		if err != nil || u.Scheme != "https" || u.User != nil || u.Host == "" || u.Fragment != "" || u.RawQuery != "" {
			t.Fatalf("%q leads to %v, %v", raw, u, err)
		}
		asked, err := url.Parse(raw)
		if err != nil || !strings.EqualFold(asked.Hostname(), u.Hostname()) {
			t.Errorf("%q leads to host %q", raw, u.Hostname())
		}
		if address, err := netip.ParseAddr(u.Hostname()); err == nil && address.IsLinkLocalUnicast() {
			t.Errorf("%q leads to a link-local address", raw)
		}
	})
}
