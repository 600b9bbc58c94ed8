package tenant_test

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// unfit are hosts of URLs that name what is never called, however it is spelled.
func unfit() map[string]string {
	return map[string]string{
		"169.254.169.254": "link-local", "169.254.170.2": "link-local", "[fe80::1]": "link-local", "[fe80::a9fe:a9fe]": "link-local",
		"[::ffff:169.254.169.254]": "link-local", "[::ffff:a9fe:a9fe]": "link-local", "[64:ff9b::a9fe:a9fe]": "link-local",
		"[fd00:ec2::254]": "metadata", "[FD20:CE::254]": "metadata", "100.100.100.200": "metadata", "168.63.129.16": "metadata",
		"0.0.0.0": "no machine", "[::]": "no machine", "255.255.255.255": "no machine", "224.0.0.1": "multicast", "[ff02::1]": "multicast",
	}
}

func TestATenantOrAProxyAtAnAddressOfTheMachinesOwnNetworkIsRefused(t *testing.T) {
	stub := newStub(t)
	for host, says := range unfit() {
		t.Run(host, func(t *testing.T) {
			settings := stub.settings()
			settings.URL = "https://" + host
			_, err := tenant.NewPool(stub.clock, nil).Session("corp", settings)
			if err == nil || !strings.HasPrefix(err.Error(), "tenant URL must not name ") || !strings.Contains(err.Error(), says) {
				t.Errorf("as a tenant: got %v", err)
			}
			settings = stub.settings()
			settings.Proxy = &tenant.Proxy{URL: "http://" + host + ":3128"}
			_, err = tenant.NewPool(stub.clock, nil).Session("corp", settings)
			if err == nil || !strings.HasPrefix(err.Error(), "proxy URL must not name ") || !strings.Contains(err.Error(), says) {
				t.Errorf("as a proxy: got %v", err)
			}
		})
	}
}

// TestANameThatResolvesToSuchAnAddressIsNotCalled asks what connects, past the look at the URL: a name may be resolved to another address by then.
func TestANameThatResolvesToSuchAnAddressIsNotCalled(t *testing.T) {
	for host, says := range unfit() {
		t.Run(host, func(t *testing.T) {
			connection, err := tenant.Dial(t.Context(), net.JoinHostPort(strings.Trim(host, "[]"), "443"))
			if connection != nil {
				_ = connection.Close()
			}
			var refused *failure.ConnectionError
			if !errors.As(err, &refused) || !strings.Contains(refused.Reason, says) || !strings.HasSuffix(refused.Reason, "and is not called") {
				t.Errorf("got %v", err)
			}
			if class := failure.ClassOf(err); class != failure.Transient {
				t.Errorf("the class is %s", class)
			}
		})
	}
}

func TestATenantInTheClustersNetworkOrOnThisMachineMayBe(t *testing.T) {
	stub := newStub(t)
	for _, host := range []string{"127.0.0.1", "[::1]", "10.96.0.1", "192.168.7.9", "172.16.0.1", "[fd12::7]", "100.64.0.1", "203.0.113.9", "[64:ff9b::a00:1]", "identity.shop.svc"} {
		settings := stub.settings()
		settings.URL = "https://" + host
		if _, err := tenant.NewPool(stub.clock, nil).Session("corp", settings); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := stub.session(t).Authenticate(t.Context()); err != nil {
		t.Errorf("the stub, on a loopback address: %v", err)
	}
}
