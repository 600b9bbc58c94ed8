package identitytenant_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// watched is the label that makes changes felt at once.
func watched() map[string]string { return map[string]string{v1alpha1.WatchLabel: "true"} }

// bundleIn lets a tenant trust what an object of the given kind holds, and returns that object and a function that changes what it holds.
func bundleIn(w *environment.World, tenant *v1alpha1.IdentityTenant, kind v1alpha1.CABundleKind, labels map[string]string) (object client.Object, set func(string)) {
	tenant.Spec.TLS = &v1alpha1.TLSConfig{CABundleRef: &v1alpha1.CABundleReference{Kind: kind, Name: "authorities"}}
	meta := metav1.ObjectMeta{Namespace: tenant.Namespace, Name: "authorities", Labels: labels}
	bundle := string(w.Tenant.CABundle())
	if kind == v1alpha1.CABundleKindSecret {
		secret := &corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"ca.crt": []byte(bundle)}}
		return secret, func(value string) { secret.Data = map[string][]byte{"ca.crt": []byte(value)} }
	}
	configMap := &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"ca.crt": bundle}}
	return configMap, func(value string) { configMap.Data = map[string]string{"ca.crt": value} }
}

func TestACABundleIsReadFromAnObjectAndFollowsIt(t *testing.T) {
	for _, kind := range []v1alpha1.CABundleKind{v1alpha1.CABundleKindConfigMap, v1alpha1.CABundleKindSecret} {
		t.Run(string(kind), func(t *testing.T) {
			w, stranger := server.New(t, emulator.Options{}), server.New(t, emulator.Options{})
			w.StartOperator()
			tenant := w.IdentityTenant()
			object, set := bundleIn(w, tenant, kind, watched())
			w.Create(w.AdminSecret(), tenant)
			c := w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCABundleUnusable)
			if want := string(kind) + " " + environment.Key(object).String() + " with the CA bundle does not exist; create it"; c.Message != want {
				t.Errorf("the message is %q, want %q", c.Message, want)
			}
			set("")
			w.Create(object)
			w.Eventually("see that the key is missing", func() error { return saysOf(w, tenant, `has no CA bundle under key "ca.crt"`) })
			w.Update(object, func() { set(string(stranger.Tenant.CABundle())) })
			c = w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
			if !strings.Contains(c.Message, "signed by an unknown authority") {
				t.Errorf("the message does not speak of the certificate: %s", c.Message)
			}
			w.Update(object, func() { set(string(w.Tenant.CABundle())) })
			w.Ready(tenant)
			w.Quiet()
			logins := w.Tenant.Calls()[login]
			w.Update(object, func() { set(string(w.Tenant.CABundle()) + string(stranger.Tenant.CABundle())) })
			w.Eventually("see that the new bundle is proved", func() error {
				if w.Tenant.Calls()[login] != logins+1 {
					return errStill
				}
				return nil
			})
			w.Ready(tenant)
		})
	}
}

func TestABrokenCABundleIsSaidAndTheLastGoodOneServes(t *testing.T) {
	for name, breakIt := range map[string]func(*environment.World, client.Object, func(string)){
		"it is no PEM":    func(w *environment.World, o client.Object, set func(string)) { w.Update(o, func() { set("hunter2") }) },
		"its key is gone": func(w *environment.World, o client.Object, set func(string)) { w.Update(o, func() { set("") }) },
		"it is deleted":   func(w *environment.World, o client.Object, _ func(string)) { w.Delete(o) },
	} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			w.StartOperator()
			tenant := w.IdentityTenant()
			object, set := bundleIn(w, tenant, v1alpha1.CABundleKindConfigMap, watched())
			application, first := w.OAuthClient("orders"), w.ConfidentialClient("first", "orders", "read")
			w.Create(object, w.AdminSecret(), tenant, application, first)
			w.Ready(tenant, application, first)
			breakIt(w, object, set)
			c := w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCABundleUnusable)
			if !strings.Contains(c.Message, "ConfigMap "+environment.Key(object).String()) || strings.Contains(c.Message, "hunter2") {
				t.Errorf("the message is %s", c.Message)
			}
			w.Condition(tenant, v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonLoggedIn)
			w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionTrue, v1alpha1.ReasonAnswered)
			second := w.ConfidentialClient("second", "orders", "read")
			w.Create(second)
			w.Ready(second)

			w.Delete(object)
			w.Gone(object)
			fresh, _ := bundleIn(w, w.IdentityTenant(), v1alpha1.CABundleKindConfigMap, watched())
			w.Create(fresh)
			w.Ready(tenant)
		})
	}
}

func TestACABundleWithoutTheLabelIsLookedAtByItself(t *testing.T) {
	var object client.Object
	var set func(string)
	s := newStepper(t, func(w *environment.World, tenant *v1alpha1.IdentityTenant) {
		object, set = bundleIn(w, tenant, v1alpha1.CABundleKindConfigMap, nil)
	})
	if next := s.step(); next != time.Minute {
		t.Errorf("a missing bundle is looked for in %v", next)
	}
	s.Create(object)
	if next := s.step(); next > 10*time.Minute || next <= 0 {
		t.Errorf("the next look is in %v", next)
	}
	s.ready()
	good := string(s.Tenant.CABundle())
	s.Update(object, func() { set("nonsense") })
	if next := s.step(); next != time.Minute {
		t.Errorf("a broken bundle is looked at in %v", next)
	}
	s.expect(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCABundleUnusable)
	s.expect(v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonLoggedIn)

	// A restart has no last good bundle.
	s.restart()
	s.step()
	s.expect(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCABundleUnusable)
	if _, err := s.reconciler.Connector.Session(t.Context(), s.tenant); err == nil {
		t.Error("there is a session without a bundle")
	}
	s.Update(object, func() { set(good) })
	s.step()
	s.ready()
}

func TestAnOutageIsSeenThroughABrokenCABundle(t *testing.T) {
	var object client.Object
	var set func(string)
	s := newStepper(t, func(w *environment.World, tenant *v1alpha1.IdentityTenant) {
		object, set = bundleIn(w, tenant, v1alpha1.CABundleKindConfigMap, nil)
		w.Create(object)
	})
	s.step()
	s.ready()
	s.Update(object, func() { set("nonsense") })
	s.step()
	s.expect(v1alpha1.ConditionReachable, metav1.ConditionTrue, v1alpha1.ReasonAnswered)
	session, err := s.reconciler.Connector.Session(t.Context(), s.tenant)
	if err != nil {
		t.Fatal(err)
	}
	remove := s.Tenant.Inject(down())
	for range 5 {
		_, _ = session.Admin().WhoAmI(t.Context())
	}
	s.step()
	s.expect(v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	s.expect(v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonLoggedIn)
	remove()
	s.clock.Step(time.Minute)
	if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.step()
	s.expect(v1alpha1.ConditionReachable, metav1.ConditionTrue, v1alpha1.ReasonAnswered)
	s.expect(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCABundleUnusable)
}

// TestADeletionGoesOnWhenItsCABundleIsGone as it is when a whole namespace is deleted.
func TestADeletionGoesOnWhenItsCABundleIsGone(t *testing.T) {
	var object client.Object
	s := newStepper(t, func(w *environment.World, tenant *v1alpha1.IdentityTenant) {
		object, _ = bundleIn(w, tenant, v1alpha1.CABundleKindConfigMap, nil)
		w.Create(object)
	})
	s.create(s.OAuthClient("orders"))
	s.step()
	s.ready()
	s.Delete(object)
	s.Delete(s.tenant)
	for range 3 {
		s.step()
		s.expect(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDependentsExist)
		s.expect(v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonLoggedIn)
	}
	session, err := s.reconciler.Connector.Session(t.Context(), s.tenant)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
		t.Errorf("what dependents made cannot be removed: %v", err)
	}
}

func TestAnotherReferenceDoesNotGoOnWithTheOldBundle(t *testing.T) {
	var object client.Object
	s := newStepper(t, func(w *environment.World, tenant *v1alpha1.IdentityTenant) {
		object, _ = bundleIn(w, tenant, v1alpha1.CABundleKindConfigMap, nil)
		w.Create(object)
	})
	s.step()
	s.ready()
	s.Update(s.tenant, func() { s.tenant.Spec.TLS.CABundleRef.Name = "others" })
	s.step()
	s.expect(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCABundleUnusable)
	s.expect(v1alpha1.ConditionAuthenticated, metav1.ConditionFalse, v1alpha1.ReasonCABundleUnusable)
	if _, err := s.reconciler.Connector.Session(t.Context(), s.tenant); err == nil {
		t.Error("what the spec does not name any more is trusted")
	}
}

func TestARestartWithReferencesIsSilent(t *testing.T) {
	s := newStepper(t, func(w *environment.World, tenant *v1alpha1.IdentityTenant) {
		object, _ := bundleIn(w, tenant, v1alpha1.CABundleKindSecret, nil)
		w.Create(object)
	})
	s.step()
	s.ready()
	calls, version := s.Tenant.Calls(), s.tenant.ResourceVersion
	s.restart()
	s.step()
	if made := s.Tenant.Calls().Sub(calls); made.Total() != 0 || s.tenant.ResourceVersion != version {
		t.Errorf("the restart wrote, or made calls:\n%s", made)
	}
}
