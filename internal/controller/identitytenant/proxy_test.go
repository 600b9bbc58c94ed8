package identitytenant_test

import (
	"encoding/base64"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/connect"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// proxiedHost is a name of a tenant that can be reached through a proxy only.
const proxiedHost = "tenant.invalid"

// behind returns the world's tenant under that name, behind a proxy, and the Secret with the proxy's credentials.
func behind(w *environment.World, proxyURL, password string) (*v1alpha1.IdentityTenant, *corev1.Secret) {
	tenant := w.IdentityTenant()
	tenant.Spec.URL = strings.Replace(tenant.Spec.URL, "127.0.0.1", proxiedHost, 1)
	tenant.Spec.Proxy = &v1alpha1.ProxyConfig{URL: proxyURL, SecretRef: &v1alpha1.SecretReference{Name: "corp-proxy"}}
	return tenant, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: tenant.Namespace, Name: "corp-proxy", Labels: watched()},
		StringData: map[string]string{corev1.BasicAuthUsernameKey: "operator", corev1.BasicAuthPasswordKey: password},
	}
}

// secretPassword returns a password that must not be seen anywhere, neither as it is nor as proxies get it.
func secretPassword(w *environment.World) string {
	password := w.Canary()
	w.Forbid(base64.StdEncoding.EncodeToString([]byte("operator:" + password)))
	return password
}

func TestATenantBehindAProxy(t *testing.T) {
	w := server.New(t, emulator.Options{Hosts: []string{proxiedHost}})
	w.StartOperator()
	right, wrong := secretPassword(w), secretPassword(w)
	proxy := connect.Start(t, "operator", right)
	tenant, secret := behind(w, proxy.URL(), wrong)
	application, consumer := w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
	w.Create(w.AdminSecret(), tenant, application, consumer)
	c := w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	if !strings.Contains(c.Message, "the credentials for the proxy") || !strings.Contains(c.Message, environment.Key(secret).String()) {
		t.Errorf("the message does not name the Secret and what it is for: %s", c.Message)
	}

	w.Create(secret)
	c = w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonProxyRefused)
	if !strings.Contains(c.Message, "proxy 127.0.0.1:") || !strings.Contains(c.Message, "it refuses the credentials (status 407)") {
		t.Errorf("the message does not speak of the proxy: %s", c.Message)
	}
	w.Condition(tenant, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonProxyRefused)
	if calls := w.Tenant.Calls(); calls.Total() != 0 {
		t.Errorf("the tenant was called:\n%s", calls)
	}
	w.Update(secret, func() { secret.Data[corev1.BasicAuthPasswordKey] = []byte(right) })
	w.Ready(tenant, application, consumer)

	// The password changes while everything works: the new one makes new connections.
	w.Quiet()
	newest := secretPassword(w)
	proxy.SetPassword(newest)
	connections := len(proxy.Targets())
	w.Update(secret, func() { secret.Data[corev1.BasicAuthPasswordKey] = []byte(newest) })
	w.Eventually("see a connection with the new password", func() error {
		if len(proxy.Targets()) == connections {
			return errStill
		}
		return nil
	})
	second := w.ConfidentialClient("second", "orders", "read")
	w.Create(second)
	w.Ready(tenant, second)
	for _, target := range proxy.Targets() {
		if !strings.HasPrefix(target, proxiedHost+":") {
			t.Errorf("the proxy has connected to %s", target)
		}
	}
}

func TestAProxyThatIsGoneIsSaid(t *testing.T) {
	w := server.New(t, emulator.Options{Hosts: []string{proxiedHost}})
	w.StartOperator()
	password := secretPassword(w)
	proxy := connect.Start(t, "operator", password)
	tenant, secret := behind(w, proxy.URL(), password)
	proxy.Close()
	w.Create(w.AdminSecret(), secret, tenant)
	c := w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonProxyUnavailable)
	if !strings.Contains(c.Message, "proxy 127.0.0.1:") || !strings.Contains(c.Message, "connection refused") {
		t.Errorf("the message does not speak of the proxy: %s", c.Message)
	}
	again := connect.Start(t, "operator", password)
	w.Update(tenant, func() { tenant.Spec.Proxy.URL = again.URL() })
	w.Ready(tenant)
}

func TestAPasswordOfAProxyWithoutTheLabelIsLookedAtByItself(t *testing.T) {
	var proxy *connect.Proxy
	var secret *corev1.Secret
	s := newStepperOn(t, emulator.Options{Hosts: []string{proxiedHost}}, func(w *environment.World, tenant *v1alpha1.IdentityTenant) {
		right, wrong := secretPassword(w), secretPassword(w)
		proxy = connect.Start(t, "operator", right)
		var described *v1alpha1.IdentityTenant
		described, secret = behind(w, proxy.URL(), right)
		tenant.Spec = described.Spec
		secret.Labels = nil
		secret.StringData[corev1.BasicAuthPasswordKey] = wrong
		w.Create(secret)
		secret.Data = map[string][]byte{corev1.BasicAuthUsernameKey: []byte("operator"), corev1.BasicAuthPasswordKey: []byte(right)}
	})
	for range 8 { // long enough for the circuit to open
		next := s.step()
		s.expect(v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonProxyRefused)
		if next > lookAtMost {
			t.Fatalf("the next look is in %v", next)
		}
		s.clock.Step(next)
	}
	right := secret.Data
	s.Update(secret, func() { secret.Data = right })
	s.step()
	s.ready()
}
