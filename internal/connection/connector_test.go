package connection_test

import (
	"context"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// countingReader counts what is read past the cache.
type countingReader struct {
	client.Reader

	mu    sync.Mutex
	reads int
}

func (r *countingReader) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	r.mu.Lock()
	r.reads++
	r.mu.Unlock()
	return r.Reader.Get(ctx, key, object, options...)
}

// since returns how many reads were made after the last call.
func (r *countingReader) since() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.reads
	r.reads = 0
	return n
}

// referring returns a tenant of the world that takes its CA bundle from a ConfigMap and the credentials for its proxy from a Secret, and both.
func referring(w *environment.World) (*v1alpha1.IdentityTenant, *corev1.ConfigMap, *corev1.Secret) {
	t := w.IdentityTenant()
	t.Spec.TLS = &v1alpha1.TLSConfig{CABundleRef: &v1alpha1.CABundleReference{Kind: v1alpha1.CABundleKindConfigMap, Name: "ca", Key: "bundle.pem"}}
	t.Spec.Proxy = &v1alpha1.ProxyConfig{URL: "http://proxy.example.test:3128", SecretRef: &v1alpha1.SecretReference{Name: "proxy"}}
	configMap := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: t.Namespace, Name: "ca"}, Data: map[string]string{"bundle.pem": string(w.Tenant.CABundle())},
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: t.Namespace, Name: "proxy"},
		StringData: map[string]string{corev1.BasicAuthUsernameKey: "operator", corev1.BasicAuthPasswordKey: w.Canary()},
	}
	return t, configMap, secret
}

func newConnector(live client.Reader) connection.Connector {
	return connection.Connector{Pool: tenant.NewPool(clock.RealClock{}, nil), Live: live, Materials: connection.NewMaterials()}
}

func TestManySessionsReadTheReferencesOnce(t *testing.T) {
	w := server.New(t, emulator.Options{})
	described, configMap, secret := referring(w)
	w.Create(configMap, secret)
	live := &countingReader{Reader: w.Client}
	connector := newConnector(live)
	first, err := connector.Session(t.Context(), described)
	if err != nil {
		t.Fatal(err)
	}
	if n := live.since(); n != 2 {
		t.Errorf("the first session took %d reads, not one for each reference", n)
	}
	for range 1000 {
		if session, err := connector.Session(t.Context(), described); err != nil || session != first {
			t.Fatalf("another session is made, error %v", err)
		}
	}
	if n := live.since(); n != 0 {
		t.Errorf("sessions that are known took %d reads", n)
	}
}

func TestTheRefreshOfOneIsFeltByAll(t *testing.T) {
	w := server.New(t, emulator.Options{})
	described, configMap, secret := referring(w)
	w.Create(configMap, secret)
	live := &countingReader{Reader: w.Client}
	connector := newConnector(live)
	first, err := connector.Session(t.Context(), described)
	if err != nil {
		t.Fatal(err)
	}
	if session, _, err := connector.Refresh(t.Context(), described); err != nil || session != first {
		t.Errorf("without a change another session is made, error %v", err)
	}
	w.Update(configMap, func() { configMap.Labels = map[string]string{"touched": "true"} })
	if session, _, err := connector.Refresh(t.Context(), described); err != nil || session != first {
		t.Errorf("without a change of the content another session is made, error %v", err)
	}
	w.Update(secret, func() { secret.Data[corev1.BasicAuthPasswordKey] = []byte(w.Canary()) })
	changed, _, err := connector.Refresh(t.Context(), described)
	if err != nil || changed == first {
		t.Errorf("with another password the session is the same, error %v", err)
	}
	live.since()
	if session, err := connector.Session(t.Context(), described); err != nil || session != changed || live.since() != 0 {
		t.Errorf("the others do not get the new session, error %v", err)
	}
	connector.Forget(environment.Key(described))
	if session, err := connector.Session(t.Context(), described); err != nil || session == changed || live.since() != 2 {
		t.Errorf("what was forgotten is remembered, error %v", err)
	}
}

func TestWhatCannotBeReadIsNotReadByEverybody(t *testing.T) {
	w := server.New(t, emulator.Options{})
	described, configMap, secret := referring(w)
	live := &countingReader{Reader: w.Client}
	connector := newConnector(live)
	for range 100 {
		_, err := connector.Session(t.Context(), described)
		if report.Reason(err) != v1alpha1.ReasonCABundleUnusable || !report.IsBlocked(err) {
			t.Fatalf("error is %v", err)
		}
	}
	if n := live.since(); n != 1 {
		t.Errorf("a missing object took %d reads", n)
	}
	w.Create(configMap)
	if _, _, err := connector.Refresh(t.Context(), described); report.Reason(err) != v1alpha1.ReasonSecretNotFound {
		t.Errorf("error is %v", err)
	}
	w.Create(secret)
	if _, version, err := connector.Refresh(t.Context(), described); err != nil || version == "" {
		t.Errorf("version %q, error %v", version, err)
	}
	if _, err := connector.Session(t.Context(), described); err != nil {
		t.Errorf("the others do not see that it was mended: %v", err)
	}
}

func TestTheLastGoodStateServesWhileTheReferencesStayTheSame(t *testing.T) {
	w := server.New(t, emulator.Options{})
	described, configMap, secret := referring(w)
	w.Create(configMap, secret)
	connector := newConnector(w.Client)
	good, _, err := connector.Refresh(t.Context(), described)
	if err != nil {
		t.Fatal(err)
	}
	for name, breakIt := range map[string]func(){
		"another key": func() { configMap.Data = map[string]string{"other": configMap.Data["bundle.pem"]} },
		"no PEM":      func() { configMap.Data["bundle.pem"] = "hunter2" },
	} {
		data := configMap.DeepCopy().Data
		w.Update(configMap, breakIt)
		session, _, err := connector.Refresh(t.Context(), described)
		if session != good || report.Reason(err) != v1alpha1.ReasonCABundleUnusable {
			t.Errorf("%s: the last good session goes on: %v, error %v", name, session == good, err)
		}
		if session, err := connector.Session(t.Context(), described); session != good || err != nil {
			t.Errorf("%s: for the others it goes on: %v, error %v", name, session == good, err)
		}
		w.Update(configMap, func() { configMap.Data = data })
	}
	other := described.DeepCopy()
	other.Spec.TLS.CABundleRef.Name = "missing"
	if session, _, err := connector.Refresh(t.Context(), other); session != nil || err == nil {
		t.Errorf("with another reference the old state goes on, error %v", err)
	}
}

func TestNoReferenceReadsNothing(t *testing.T) {
	w := server.New(t, emulator.Options{})
	live := &countingReader{Reader: w.Client}
	connector := newConnector(live)
	if _, version, err := connector.Refresh(t.Context(), w.IdentityTenant()); err != nil || version != "" {
		t.Errorf("version %q, error %v", version, err)
	}
	if n := live.since(); n != 0 {
		t.Errorf("%d reads were made", n)
	}
}
