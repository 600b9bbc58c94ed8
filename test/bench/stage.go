package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// stage is a tenant and namespaces of which scenarios make use one after the other, and the operator at work on them.
type stage struct {
	name     string
	tenant   *tenant
	operator *operator
	// clients and applications that were made so far, which numbers them.
	clients, applications int
}

// namespace of the stage for IdentityTenants, OAuthClients or ConfidentialClients.
func (s *stage) namespace(part string) string { return s.name + "-" + part }

// parts are the namespaces of a stage.
func parts() []string { return []string{"identity", "shop", "billing", "floor", "foreign"} }

// unlimited is the most calls a second that an IdentityTenant can say, and more than can be made.
const unlimited = 1000

// enter makes a stage the present one, whose tenant takes as many calls as can be made.
func (b *bench) enter(ctx context.Context, name string) error {
	if b.stage != nil && b.stage.name == name {
		return b.limit(ctx, unlimited)
	}
	if err := b.leaveStage(); err != nil {
		return err
	}
	b.stage = &stage{name: name}
	var err error
	if b.stage.tenant, err = b.startTenant(ctx); err != nil {
		return err
	}
	if b.stage.operator, err = b.startOperator(ctx); err != nil {
		return err
	}
	var objects []client.Object
	for _, part := range parts() {
		objects = append(objects, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: b.stage.namespace(part)}})
	}
	t := b.stage.identityTenant(unlimited)
	if err := b.create(ctx, append(objects, b.stage.adminSecret(), t)...); err != nil {
		return err
	}
	return b.untilReady(ctx, t)
}

// limit holds the operator to so many calls a second of the tenant, which takes as many.
func (b *bench) limit(ctx context.Context, rate int) error {
	t := b.stage.identityTenant(rate)
	if err := b.cluster.Get(ctx, client.ObjectKeyFromObject(t), t); err != nil {
		return fmt.Errorf("reading the IdentityTenant: %w", err)
	}
	t.Spec.Limits = limits(rate)
	if err := b.cluster.Update(ctx, t); err != nil {
		return fmt.Errorf("limiting the calls of the tenant: %w", err)
	}
	return b.untilReady(ctx, t)
}

// leaveStage ends what runs on the stage, and takes away what is left in the cluster, so that the next one does not feel it.
func (b *bench) leaveStage() error {
	s := b.stage
	if s == nil {
		return nil
	}
	b.stage = nil
	var errs []error
	if s.operator != nil {
		errs = append(errs, s.operator.process.Stop(stopGrace))
	}
	if s.tenant != nil {
		errs = append(errs, s.tenant.process.Stop(stopGrace))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	prefixes := []string{v1alpha1.Group + "/", floorGroup + "/", "secrets/" + operatorNamespace + "/", "events/", "leases/" + operatorNamespace + "/"}
	for _, part := range parts() {
		prefixes = append(prefixes, "secrets/"+s.namespace(part)+"/")
	}
	for _, prefix := range prefixes {
		errs = append(errs, b.registry.remove(ctx, prefix))
	}
	return errors.Join(errs...)
}
