package shards_test

import (
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// TestAnObjectMovesFromShardToShard by its label, and is worked on by nobody while no selector picks it.
func TestAnObjectMovesFromShardToShard(t *testing.T) {
	w := server.New(t, emulator.Options{})
	operators := map[string]*worker{"east": work(t, w, east), "west": work(t, w, west)}
	tenant, application := in("east", w.IdentityTenant()), in("west", w.OAuthClient("orders"))
	c := in("east", w.ConfidentialClient("billing", "orders", "read"))
	w.Create(w.AdminSecret(), tenant, application, c)
	w.Ready(tenant, application, c)
	w.Quiet()

	asked := 0
	ask := func() {
		asked++
		w.Update(c, func() {
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RenewRequestAnnotation, fmt.Sprint(asked))
		})
	}
	answered := func() error {
		if w.Get(c); c.Status.LastHandledRenewRequest != fmt.Sprint(asked) {
			return fmt.Errorf("request %d is not answered, but %q", asked, c.Status.LastHandledRenewRequest)
		}
		return nil
	}
	move := func(to string) {
		for _, o := range operators {
			o.forget()
		}
		w.Update(c, func() { c.Labels[v1alpha1.ShardLabel] = to })
		w.Quiet()
	}
	expectWorker := func(name string) {
		t.Helper()
		for shard, o := range operators {
			if o.hasWritten(c) != (shard == name) {
				t.Errorf("%s has written the client, which is in %q: %v", shard, name, o.hasWritten(c))
			}
			if o.shows(c) != (shard == name) {
				t.Errorf("%s shows the token of the client, which is in %q: %v", shard, name, o.shows(c))
			}
		}
	}
	for _, to := range []string{"west", "east"} {
		calls, writes := w.Tenant.Calls(), w.Writes()
		move(to)
		if made, written := w.Tenant.Calls().Sub(calls), w.Writes().Since(writes); made.Total()+written.Total() > 0 {
			t.Errorf("a move to %s costs calls and writes:\n%s\n%s", to, made, written)
		}
		ask()
		w.Eventually("see another token", answered)
		w.Quiet()
		expectWorker(to)
		if n := w.Tenant.Calls().Sub(calls)["OAuth2/Token/orders"]; n != 1 {
			t.Errorf("%d tokens were requested after the move to %s", n, to)
		}
	}

	move("nowhere")
	ask()
	w.Quiet()
	expectWorker("")
	if err := answered(); err == nil {
		t.Error("somebody has worked on an object of no shard")
	}
	for name, o := range operators {
		all, ours := o.counted("oauth_operator_objects", "kind", "ConfidentialClient"), o.counted("oauth_operator_shard_objects", "kind", "ConfidentialClient")
		if all != 1 || ours != 0 {
			t.Errorf("%s sees %d clients and works on %d", name, all, ours)
		}
	}
	// What was asked for meanwhile is done by whoever gets it.
	move("west")
	w.Eventually("see another token", answered)
	w.Quiet()
	expectWorker("west")
}

// TestWhatATenantRefersToIsFelt in all shards, although one of them alone works on the IdentityTenant.
func TestWhatATenantRefersToIsFeltInAllShards(t *testing.T) {
	w, stranger := server.New(t, emulator.Options{}), server.New(t, emulator.Options{})
	work(t, w, east)
	work(t, w, west)
	bundle := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("identity"), Name: "authorities", Labels: map[string]string{v1alpha1.WatchLabel: "true"}},
		Data:       map[string]string{"ca.crt": string(w.Tenant.CABundle())},
	}
	tenant, application := in("east", w.IdentityTenant()), in("east", w.OAuthClient("orders"))
	tenant.Spec.TLS = &v1alpha1.TLSConfig{CABundleRef: &v1alpha1.CABundleReference{Kind: v1alpha1.CABundleKindConfigMap, Name: bundle.Name}}
	c := in("west", w.ConfidentialClient("billing", "orders", "read"))
	w.Create(bundle, w.AdminSecret(), tenant, application, c)
	w.Ready(tenant, application, c)

	w.Update(bundle, func() { bundle.Data["ca.crt"] = string(stranger.Tenant.CABundle()) })
	w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	w.Quiet()
	w.Update(c, func() { metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RenewRequestAnnotation, "now") })
	w.Condition(c, v1alpha1.ConditionDegraded, metav1.ConditionTrue, v1alpha1.ReasonServerUnavailable)
	if w.Get(c); c.Status.LastHandledRenewRequest != "" {
		t.Error("a token was requested by the old connection")
	}
	w.Update(bundle, func() { bundle.Data["ca.crt"] = string(w.Tenant.CABundle()) })
	w.Eventually("see the request answered", func() error {
		if w.Get(c); c.Status.LastHandledRenewRequest != "now" {
			return errors.New("it is not")
		}
		return nil
	})
	w.Ready(tenant, application, c)
}
