package simulation_test

import (
	"math"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/controller/confidentialclient"
	"github.com/oauth-operator/oauth-operator/internal/controller/identitytenant"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// holder is a client and what a reader of its Secret holds.
type holder struct {
	object   *v1alpha1.ConfidentialClient
	lifetime time.Duration
	// due is when the operator looks at it again, by the true time.
	due time.Time
	// expires is when the tenant takes the token no more, by the true time.
	expires time.Time
	// renewal is when it is to be replaced, by the true time.
	renewal time.Time
	token   string
	// degraded says that the last pass has told of a failing renewal, or that there is no good token.
	degraded bool
	mints    int
}

// least is how much time a reader's token must have left.
func (h *holder) least() time.Duration { return min(3*time.Minute, h.lifetime/10) }

// operation is the operator in pieces: its reconcilers, called when they asked to be.
type operation struct {
	*environment.World
	t     *testing.T
	clock *wallClock
	reads client.Client
	// offset is the tenant's clock minus the true time.
	offset time.Duration

	clients   *confidentialclient.Reconciler
	tenants   *identitytenant.Reconciler
	tenant    *v1alpha1.IdentityTenant
	tenantDue time.Time
	stopWatch func()
	holders   []*holder
}

// newOperation provisions clients whose tokens live between shortest and longest, evenly on a logarithmic scale, and stops the operator.
func newOperation(t *testing.T, lifetimes []time.Duration, offset time.Duration) *operation {
	t.Helper()
	fake := newFakeClock()
	w := server.New(t, emulator.Options{Clock: fake})
	w.Clock = fake
	w.Tenant.SetClockOffset(offset)
	stop := w.StartOperator()
	o := &operation{World: w, t: t, clock: &wallClock{FakeClock: fake}, offset: offset, tenant: w.CreateTenant(), reads: w.Indexed(nil)}
	for i, lifetime := range lifetimes {
		name := string(rune('a' + i))
		application := w.OAuthClient(name)
		application.Spec.Token = &v1alpha1.ApplicationToken{Lifetime: &metav1.Duration{Duration: lifetime}}
		h := &holder{object: w.ConfidentialClient(name, name, "read"), lifetime: lifetime}
		w.Create(application, h.object)
		o.holders = append(o.holders, h)
	}
	for _, h := range o.holders {
		w.Ready(h.object)
	}
	w.Quiet()
	stop()
	o.restart()
	for _, h := range o.holders {
		o.read(h)
	}
	return o
}

// in returns the operation for a test within the one that it was made for.
func (o *operation) in(t *testing.T) *operation {
	o.t, o.World = t, o.In(t)
	return o
}

// logScale returns n durations from the shortest to the longest, evenly spaced on a logarithmic scale, in whole seconds.
func logScale(n int, shortest, longest time.Duration) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		part := float64(i) / float64(n-1)
		out[i] = time.Duration(float64(shortest) * math.Pow(float64(longest)/float64(shortest), part)).Round(time.Second)
	}
	return out
}

// restart forgets all that is not stored, and has everything looked at.
func (o *operation) restart() {
	if o.stopWatch != nil {
		o.stopWatch()
	}
	pool := tenant.NewPool(o.clock, nil)
	vault := secret.Vault{Client: o.reads, Live: o.reads, Namespace: o.Namespace("operator")}
	connector := connection.Connector{Vault: vault, Pool: pool, Live: o.reads, Materials: connection.NewMaterials()}
	begun := o.clock.FakeClock.Now()
	uptime := func() time.Duration { return o.clock.FakeClock.Since(begun) }
	o.clients = &confidentialclient.Reconciler{
		Client: o.reads, Live: o.reads, Clock: o.clock, Resolver: tenancy.Resolver{Reader: o.reads}, Connector: connector, Vault: vault,
		Recorder: discard{}, Retries: schedule.NewRetries(), Contests: schedule.NewContests(), Countdowns: schedule.NewCountdowns(uptime),
	}
	o.tenants = &identitytenant.Reconciler{
		Client: o.reads, Live: o.reads, Clock: o.clock, Resolver: tenancy.Resolver{Reader: o.reads}, Connector: connector, Recorder: discard{}, Retries: schedule.NewRetries(), Census: identitytenant.NewCensus(),
	}
	o.stopWatch = connector.Watch(func(types.NamespacedName) { o.tenantDue = o.clock.FakeClock.Now() })
	o.wakeAll()
}

func (o *operation) wakeAll() {
	now := o.clock.FakeClock.Now()
	o.tenantDue = now
	for _, h := range o.holders {
		h.due = now
	}
}

// passTenant looks at the tenant. Its dependents feel what they feel in the operator, too.
func (o *operation) passTenant() {
	o.t.Helper()
	now := o.clock.FakeClock.Now()
	o.tenantDue = time.Time{}
	before := meta.IsStatusConditionTrue(o.tenant.Status.Conditions, v1alpha1.ConditionReady)
	result, err := o.tenants.Reconcile(o.t.Context(), ctrl.Request{NamespacedName: environment.Key(o.tenant)})
	if err != nil {
		o.t.Fatalf("looking at the tenant: %v", err)
	}
	o.Get(o.tenant)
	if o.tenantDue.IsZero() && result.RequeueAfter > 0 {
		o.tenantDue = now.Add(result.RequeueAfter)
	}
	if !before && meta.IsStatusConditionTrue(o.tenant.Status.Conditions, v1alpha1.ConditionReady) {
		for _, h := range o.holders {
			h.due = now
		}
	}
}

// pass looks at a client.
func (o *operation) pass(h *holder) {
	o.t.Helper()
	now := o.clock.FakeClock.Now()
	result, err := o.clients.Reconcile(o.t.Context(), ctrl.Request{NamespacedName: environment.Key(h.object)})
	if err != nil {
		o.t.Fatalf("looking at client %s: %v", h.object.Name, err)
	}
	if result.RequeueAfter <= 0 {
		o.t.Fatalf("client %s is not looked at again", h.object.Name)
	}
	h.due = now.Add(result.RequeueAfter)
	o.read(h)
}

// read takes the token as a workload does, and notes what the status says.
func (o *operation) read(h *holder) {
	o.t.Helper()
	token := string(o.TokenSecret(h.object).Data[v1alpha1.AccessTokenKey])
	conditions := h.object.Status.Conditions
	h.degraded = meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionDegraded) || !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady)
	if token == h.token {
		return
	}
	h.token = token
	h.mints++
	h.expires = expiryOf(o.t, token).Add(-o.offset)
	told := h.object.Status.Token
	h.renewal = h.expires.Add(-told.ExpirationTime.Sub(told.RenewalTime.Time))
}

// expiryOf returns the claim exp of a token.
func expiryOf(t *testing.T, token string) time.Time {
	t.Helper()
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal("the Secret holds no JWT")
	}
	var claims jwt.Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil || claims.Expiry == nil {
		t.Fatal("the Secret holds no JWT with the claim exp")
	}
	return claims.Expiry.Time()
}
