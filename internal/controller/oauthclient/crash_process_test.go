package oauthclient_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/controller/oauthclient"
	"github.com/oauth-operator/oauth-operator/internal/drift"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// mortal is a world in which the test makes the passes over OAuthClient orders itself, by processes that it can end at any effect. Nobody but
// the test moves the clock.
type mortal struct {
	*environment.World
	t     *testing.T
	clock *clocktesting.FakeClock
	tape  *environment.Tape
	live  client.Client
	// hidden says that the tenant does not show who made an application.
	hidden bool
}

func newMortal(t *testing.T, switches emulator.Switches) *mortal {
	t.Helper()
	m := &mortal{t: t, clock: clocktesting.NewFakeClock(time.Now().Truncate(time.Second)), tape: &environment.Tape{}, hidden: switches.HideOwner}
	m.World = server.New(t, emulator.Options{Clock: m.clock, Switches: switches, Logger: slog.New(m.tape)})
	m.Clock = m.clock
	m.live = m.Indexed(m.tape.Wrap)
	tenant := m.IdentityTenant()
	tenant.Spec.Access.AllowAdoption = []v1alpha1.AdoptableKind{v1alpha1.AdoptableOAuthClient}
	m.Create(tenant, m.AdminSecret())
	m.loggedIn(tenant)
	for _, role := range []string{"Auditors", "Keepers"} {
		if _, err := m.Tenant.AddRole(emulator.SeedRole{Name: role}); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// loggedIn makes an IdentityTenant look like one that the operator has logged in to. No operator runs here: it would work on the objects of all
// tests at the same time.
func (m *mortal) loggedIn(tenant *v1alpha1.IdentityTenant) {
	m.t.Helper()
	tenant.Status.ClusterID, tenant.Status.LoginSuffix = tenant.Spec.ClusterID, "example.test"
	meta.SetStatusCondition(&tenant.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionAuthenticated, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonLoggedIn, Message: "by hand",
	})
	if err := m.Client.Status().Update(m.t.Context(), tenant); err != nil {
		m.t.Fatal(err)
	}
}

// process starts a new process, without any memory, and lets it work until orders is as it should be, or the process has been ended. It
// loses the answer to the effect of the given number; killed says that it dies of that.
func (m *mortal) process(loseAt int, killed bool) (effects []string) {
	m.t.Helper()
	connector := connection.Connector{Pool: tenant.NewPool(m.clock, nil), Live: m.live}
	defer connector.Forget(environment.Key(m.IdentityTenant()))
	r := &oauthclient.Reconciler{
		Client: m.live, Live: m.live, Clock: m.clock, Connector: connector, Resolver: tenancy.Resolver{Reader: m.live},
		Recorder: events.NewFakeRecorder(1000), Retries: schedule.NewRetries(), Checks: drift.NewChecks(), Bursts: schedule.NewBursts(),
	}
	p := environment.Process{Reconciler: r, Object: m.OAuthClient("orders"), Settled: m.settled, Clock: m.clock}
	return m.tape.Run(m.World, p, loseAt, killed)
}

// orders returns the OAuthClient, nil when it is gone.
func (m *mortal) orders() *v1alpha1.OAuthClient {
	m.t.Helper()
	o := m.OAuthClient("orders")
	switch err := m.Client.Get(m.t.Context(), environment.Key(o), o); {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		m.t.Fatal(err)
	}
	return o
}

// settled says whether orders is gone, or Ready with its present spec.
func (m *mortal) settled() bool {
	o := m.orders()
	return o == nil || o.DeletionTimestamp.IsZero() && o.Status.ObservedGeneration == o.Generation &&
		meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionReady)
}

// picture tells everything there is about orders, in the cluster and on the tenant, but what differs from one life to another: times and
// identifiers. Leftovers and the log of changes are not part of it.
func (m *mortal) picture() string {
	m.t.Helper()
	var names []string // each identifier with its name, for strings.NewReplacer
	name := func(id, as string) {
		if id != "" {
			names = append(names, id, as)
		}
	}
	all := map[string]any{}
	if o := m.orders(); o != nil {
		name(string(o.UID), "UID")
		name(o.Status.AppliedHash, "HASH")
		name(o.Status.TokenHash, "TOKEN-HASH")
		status := o.Status.DeepCopy()
		status.Leftovers, status.Changes = nil, nil
		meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionLeftoverSuspected)
		for i := range status.Conditions {
			status.Conditions[i].LastTransitionTime.Reset()
		}
		all["status"], all["finalizers"] = status, o.Finalizers
	}
	if a, found := m.Tenant.Application("orders"); found {
		name(a.Key, "APPLICATION")
		all["application"] = a
	}
	for _, r := range m.Tenant.Roles() {
		name(r.ID, "ROLE "+r.Name)
		all["role "+r.Name] = r
	}
	raw, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.NewReplacer(names...).Replace(string(raw))
}
