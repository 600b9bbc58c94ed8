package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// scopeBurst measures how often one application is updated for Scopes that come at once.
func scopeBurst(ctx context.Context, b *bench) error {
	const name = "burst"
	o := b.stage.oauthClient(name, 1, longLife)
	if err := b.create(ctx, o); err != nil {
		return err
	}
	if err := b.untilReady(ctx, o); err != nil {
		return err
	}
	objects := make([]client.Object, 0, b.size.Scopes)
	for i := range b.size.Scopes {
		scope := fmt.Sprintf("burst-%d", i)
		objects = append(objects, &v1alpha1.Scope{
			ObjectMeta: metav1.ObjectMeta{Namespace: o.Namespace, Name: scope},
			Spec:       v1alpha1.ScopeSpec{OAuthClientRef: v1alpha1.OAuthClientReference{Name: name}, Name: scope, Description: "One of many."},
		})
	}
	c, err := b.costOf(ctx, len(objects), func() (time.Duration, error) { return b.provision(ctx, &v1alpha1.ScopeList{}, objects) })
	if err != nil {
		return err
	}
	b.judge("updates of the application", float64(c.calls["SaasManage/UpdateApplicationDE"]), "calls", 5)
	b.tell("seconds until all Scopes are Ready", c.elapsed.Seconds(), "s")
	b.tell("tenant calls", float64(c.calls.total()), "calls")
	b.tell("writes per Scope, that of the user included", c.per(c.writes.total()), "writes")
	b.tell("CPU per Scope", c.cpuPerObject(), "ms")
	return nil
}
