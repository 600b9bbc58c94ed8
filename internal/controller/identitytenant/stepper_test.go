package identitytenant_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cluster"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/controller/identitytenant"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/index"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// login is the operator's own request for a token, as the tenant counts it.
const login = "OAuth2/Token/operator-admin"

// lookAtMost is the longest time without a look at what no label makes felt.
const lookAtMost = 10 * time.Minute

// errStill is for what has not come true yet.
var errStill = errors.New("it is as it was")

// saysOf returns nil when the message of a tenant's Ready contains a text.
func saysOf(w *environment.World, tenant *v1alpha1.IdentityTenant, text string) error {
	w.Get(tenant)
	if ready := find(tenant, v1alpha1.ConditionReady); !strings.Contains(ready.Message, text) {
		return fmt.Errorf("it says: %s", ready.Message)
	}
	return nil
}

// stepper calls Reconcile directly, under a clock that only the test moves. Nothing wakes it: it sees what a pass finds by itself.
type stepper struct {
	*environment.World
	t          *testing.T
	clock      *clocktesting.FakeClock
	cached     cluster.Cluster
	reconciler *identitytenant.Reconciler
	tenant     *v1alpha1.IdentityTenant
}

// newStepper creates the world's tenant, changed before, and does not look at it yet.
func newStepper(t *testing.T, change func(*environment.World, *v1alpha1.IdentityTenant)) *stepper {
	t.Helper()
	return newStepperOn(t, emulator.Options{}, change)
}

// newStepperOn is newStepper with a tenant of one's own. Its clock is the stepper's.
func newStepperOn(t *testing.T, options emulator.Options, change func(*environment.World, *v1alpha1.IdentityTenant)) *stepper {
	t.Helper()
	clock := clocktesting.NewFakeClock(time.Now().Truncate(time.Second))
	options.Clock = clock
	w := server.New(t, options)
	s := &stepper{World: w, t: t, clock: clock, tenant: w.IdentityTenant()}
	if change != nil {
		change(w, s.tenant)
	}
	w.Create(w.AdminSecret(), s.tenant)
	s.startCache()
	s.restart()
	return s
}

// startCache starts a cache with the operator's indexes, which kube-apiserver itself does not have.
func (s *stepper) startCache() {
	s.t.Helper()
	var err error
	s.cached, err = cluster.New(s.Config(), func(o *cluster.Options) { o.Scheme = s.Client.Scheme() })
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	if err := index.Register(ctx, s.cached.GetFieldIndexer()); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- s.cached.Start(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
	if !s.cached.GetCache().WaitForCacheSync(ctx) {
		s.t.Fatal("the cache did not start")
	}
}

// restart forgets all that is not stored.
func (s *stepper) restart() {
	s.reconciler = &identitytenant.Reconciler{
		Client: s.cached.GetClient(), Live: s.Client, Clock: s.clock, Resolver: tenancy.Resolver{Reader: s.cached.GetClient()},
		Connector: connection.Connector{Vault: secret.Vault{Client: s.Client, Live: s.Client, Namespace: s.Namespace("operator")}, Pool: tenant.NewPool(s.clock, nil), Live: s.Client, Materials: connection.NewMaterials()},
		Recorder:  events.NewFakeRecorder(1000),
		Retries:   schedule.NewRetries(), Census: identitytenant.NewCensus(),
	}
}

// step makes one pass over the tenant as it is stored, and returns when the next is due.
func (s *stepper) step() time.Duration {
	s.t.Helper()
	s.Eventually("see the cache catch up", func() error {
		seen := &v1alpha1.IdentityTenant{}
		if err := s.cached.GetClient().Get(s.t.Context(), environment.Key(s.tenant), seen); err != nil {
			return err
		}
		if s.Get(s.tenant); seen.ResourceVersion != s.tenant.ResourceVersion {
			return errors.New("it has an older state")
		}
		return nil
	})
	result, err := s.reconciler.Reconcile(s.t.Context(), ctrl.Request{NamespacedName: environment.Key(s.tenant)})
	if err != nil {
		s.t.Fatalf("reconciling: %v", err)
	}
	s.Get(s.tenant)
	return result.RequeueAfter
}

// expect checks a condition of the tenant.
func (s *stepper) expect(kind string, status metav1.ConditionStatus, reason string) metav1.Condition {
	s.t.Helper()
	c := find(s.tenant, kind)
	if c.Status != status || c.Reason != reason {
		s.t.Fatalf("%s is %s, %s: %s; want %s, %s", kind, c.Status, c.Reason, c.Message, status, reason)
	}
	return c
}

// ready checks that the tenant is in order.
func (s *stepper) ready() {
	s.t.Helper()
	s.expect(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	s.expect(v1alpha1.ConditionReachable, metav1.ConditionTrue, v1alpha1.ReasonAnswered)
	s.expect(v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonLoggedIn)
}

// logins returns how often the operator has logged in.
func (s *stepper) logins() int { return s.Tenant.Calls()[login] }
