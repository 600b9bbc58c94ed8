package identitytenant_test

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// counted waits until a tenant counts its dependents so.
func counted(w *environment.World, tenant *v1alpha1.IdentityTenant, oauthClients, clients int32) {
	w.Eventually(fmt.Sprintf("see %d OAuthClients and %d ConfidentialClients counted", oauthClients, clients), func() error {
		w.Get(tenant)
		if s := tenant.Status; s.OAuthClients != oauthClients || s.ConfidentialClients != clients {
			return fmt.Errorf("it counts %d and %d", s.OAuthClients, s.ConfidentialClients)
		}
		return nil
	})
}

func TestManyDependentsAtOnceAreCountedWithFewWrites(t *testing.T) {
	const many = 50
	w := server.New(t, emulator.Options{})
	stop := w.StartOperator()
	tenant := w.CreateTenant()
	w.Ready(tenant)
	w.Quiet()
	writes := w.Writes()
	o, external := w.OAuthClient("orders"), externalClient(w, "external")
	w.Create(o, external)
	for i := range many {
		w.Create(w.ConfidentialClient(fmt.Sprintf("client-%d", i), "orders", "read"))
	}
	w.Eventually("see that dependents are counted", func() error {
		if w.Get(tenant); tenant.Status.OAuthClients == 0 {
			return errStill
		}
		return nil
	})
	w.Ready(o)
	w.Quiet()
	// On a slow machine the last ones come when the first are counted, and have to wait for a minute.
	if made := w.Writes().Since(writes); made.Of("identitytenants") > 2 {
		t.Errorf("the counts took many writes: %s", made)
	}

	stop()
	w.StartOperator()
	counted(w, tenant, 1, many+1)
}

func TestCountsArePacedAndEqualOnesAreNotWritten(t *testing.T) {
	s := newStepper(t, nil)
	s.step()
	s.ready()
	s.create(s.OAuthClient("orders"))
	s.step()
	counted(s.World, s.tenant, 1, 0)

	s.create(s.ConfidentialClient("first", "orders", "read"), s.ConfidentialClient("orphan", "unknown", "read"), externalClient(s.World, "second"))
	version := s.tenant.ResourceVersion
	s.clock.Step(30 * time.Second)
	next := s.step()
	if next <= 0 || next > 30*time.Second {
		t.Errorf("the next count is in %v", next)
	}
	if s.tenant.ResourceVersion != version {
		t.Error("the counts are written twice in a minute")
	}
	s.clock.Step(next)
	if next = s.step(); next < time.Minute/2 {
		t.Errorf("after a count the next look is in %v", next)
	}
	counted(s.World, s.tenant, 1, 2)

	version = s.tenant.ResourceVersion
	s.clock.Step(time.Hour)
	s.step()
	s.restart()
	s.step()
	if s.tenant.ResourceVersion != version {
		t.Error("equal counts are written")
	}
}

// create creates objects, and waits until the cache has them.
func (s *stepper) create(objects ...client.Object) {
	s.t.Helper()
	s.Create(objects...)
	for _, object := range objects {
		s.Eventually("see the cache catch up", func() error {
			return s.cached.GetClient().Get(s.t.Context(), environment.Key(object), object)
		})
	}
}

func TestADeletionNamesWhomItWaitsFor(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	credential := w.AdminSecret()
	credential.Namespace = w.Namespace("billing")
	lone := externalClient(w, "external")
	w.Create(credential, lone)
	w.Ready(lone)
	tenant := w.IdentityTenant()
	w.Get(tenant)
	w.Delete(tenant)
	want := fmt.Sprintf("deletion waits for 1 ConfidentialClient and 1 OAuthClient: %s, %s; delete them first", environment.Key(application), environment.Key(lone))
	w.Eventually("see whom it waits for", func() error { return saysOf(w, tenant, want) })
	if !meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionAuthenticated) {
		t.Error("a deletion that waits takes back that the credentials are good")
	}
	// Everybody goes on meanwhile, and what was made can be removed.
	w.Ready(application, consumer)
	w.Delete(lone)
	w.Delete(consumer)
	w.Gone(lone, consumer)
	w.Eventually("see that it waits for the OAuthClient only", func() error {
		return saysOf(w, tenant, fmt.Sprintf("deletion waits for 1 OAuthClient: %s;", environment.Key(application)))
	})
	w.Delete(application)
	w.Gone(application, tenant)
}
