package tenantfaults_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/controller/confidentialclient"
	"github.com/oauth-operator/oauth-operator/internal/controller/identitytenant"
	"github.com/oauth-operator/oauth-operator/internal/controller/oauthclient"
	"github.com/oauth-operator/oauth-operator/internal/drift"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/test/connect"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// discard is a recorder of events that nobody reads.
type discard struct{}

// Eventf drops an event.
func (discard) Eventf(_, _ runtime.Object, _, _, _, _ string, _ ...any) {}

// counter counts exchanges with tenants, those that fail among them.
type counter struct{ exchanges atomic.Int64 }

// Exchanged implements tenant.Observer.
func (c *counter) Exchanged(string, string, time.Duration) { c.exchanges.Add(1) }

// Waited implements tenant.Observer.
func (*counter) Waited(tenant.Class, time.Duration) {}

// front stands before a tenant.
type front struct {
	answer atomic.Pointer[func(w http.ResponseWriter, r *http.Request, tenant http.Handler)]
}

func (f *front) around(tenant http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer := f.answer.Load(); answer != nil {
			(*answer)(w, r, tenant)
			return
		}
		tenant.ServeHTTP(w, r)
	})
}

// item is an object and when the operator looks at it again.
type item struct {
	object     client.Object
	reconciler reconcile.Reconciler
	due        time.Time // zero until something wakes it
	ready      bool
	// of a client: its token, when that expires and is to be replaced, and how many it has had.
	expires, renewal time.Time
	mints            int
	// late is by how much a token was replaced later than it was due, at most.
	late time.Duration
}

// hiddenHost is the name of a tenant that no name server knows.
const hiddenHost = "tenant.invalid"

// house is a tenant with all that depends on it.
type house struct {
	tenant       *emulator.Emulator
	front        *front
	proxy        *connect.Proxy // nil for none
	described    *item
	applications []*item
	clients      []*item
}

func (h *house) items() []*item {
	return slices.Concat([]*item{h.described}, h.applications, h.clients)
}

// street is two houses, and the operator in pieces: its reconcilers, called when they asked to be.
type street struct {
	*environment.World
	t     *testing.T
	clock *clocktesting.FakeClock
	// broken is the house to which something happens.
	broken, sound *house
	calls         *counter
	passes        int
}

// newStreet provisions clients with tokens of the given lifetimes in both houses, and stops the operator.
func newStreet(t *testing.T, lifetimes []time.Duration) *street {
	t.Helper()
	s := &street{t: t, clock: clocktesting.NewFakeClock(time.Now().Truncate(time.Second)), calls: &counter{}}
	gate := &front{}
	s.World = server.New(t, emulator.Options{Clock: s.clock, Around: gate.around, Hosts: []string{hiddenHost}})
	s.Clock = s.clock
	neighbour := server.New(t, emulator.Options{Clock: s.clock})
	s.broken, s.sound = &house{tenant: s.Tenant, front: gate, proxy: connect.Start(t, "", "")}, &house{tenant: neighbour.Tenant}
	stop := s.StartOperator()
	for name, h := range map[string]*house{"broken": s.broken, "sound": s.sound} {
		s.furnish(h, name, lifetimes)
	}
	stop()
	return s
}

// in returns the street for a test within the one that it was made for.
func (s *street) in(t *testing.T) *street {
	copied := *s
	copied.t, copied.World = t, s.In(t)
	return &copied
}

func (s *street) furnish(h *house, name string, lifetimes []time.Duration) {
	s.t.Helper()
	described, admin := s.IdentityTenant(), s.AdminSecret()
	described.Name, admin.Name = name, name+"-admin"
	described.Spec.URL, described.Spec.TLS.CABundle = h.tenant.URL(), string(h.tenant.CABundle())
	described.Spec.Credentials.SecretRef.Name = admin.Name
	described.Spec.Timeout = &metav1.Duration{Duration: time.Second}
	id, password := h.tenant.AdminCredential()
	admin.StringData = map[string]string{v1alpha1.ClientIDKey: id, v1alpha1.ClientSecretKey: password}
	if h.proxy != nil {
		described.Spec.URL = strings.Replace(described.Spec.URL, "127.0.0.1", hiddenHost, 1)
		described.Spec.Proxy = &v1alpha1.ProxyConfig{URL: h.proxy.URL()}
	}
	described.Spec.DriftCheckInterval = &metav1.Duration{Duration: 30 * time.Minute}
	s.Create(admin, described)
	h.described = &item{object: described}
	for i, lifetime := range lifetimes {
		of := fmt.Sprint(name, "-", i)
		application := s.OAuthClient(of)
		application.Spec.TenantRef.Name = name
		application.Spec.Token = &v1alpha1.ApplicationToken{Lifetime: &metav1.Duration{Duration: lifetime}}
		consumer := s.ConfidentialClient(of, of, "read")
		s.Create(application, consumer)
		h.applications = append(h.applications, &item{object: application})
		h.clients = append(h.clients, &item{object: consumer})
	}
	for _, i := range h.items() {
		s.Ready(i.object)
	}
}

// restart forgets all that is not stored, and has everything looked at.
func (s *street) restart() {
	reads := s.Indexed(nil)
	pool := tenant.NewPool(s.clock, s.calls)
	vault := secret.Vault{Client: reads, Live: reads, Namespace: s.Namespace("operator")}
	connector := connection.Connector{Vault: vault, Pool: pool, Live: reads, Materials: connection.NewMaterials()}
	resolver := tenancy.Resolver{Reader: reads}
	begun := s.clock.Now()
	tenants := &identitytenant.Reconciler{
		Client: reads, Live: reads, Clock: s.clock, Resolver: resolver, Connector: connector, Recorder: discard{}, Retries: schedule.NewRetries(), Census: identitytenant.NewCensus(),
	}
	applications := &oauthclient.Reconciler{
		Client: reads, Live: reads, Clock: s.clock, Resolver: resolver, Connector: connector, Recorder: discard{}, Retries: schedule.NewRetries(),
		Checks: drift.NewChecks(), Bursts: schedule.NewBursts(), Surveys: oauthclient.NewSurveys(s.clock),
	}
	clients := &confidentialclient.Reconciler{
		Client: reads, Live: reads, Clock: s.clock, Resolver: resolver, Connector: connector, Vault: vault, Recorder: discard{}, Retries: schedule.NewRetries(),
		Contests: schedule.NewContests(), Countdowns: schedule.NewCountdowns(func() time.Duration { return s.clock.Since(begun) }),
	}
	for _, h := range []*house{s.broken, s.sound} {
		h.described.reconciler = tenants
		for _, i := range h.applications {
			i.reconciler = applications
		}
		for _, i := range h.clients {
			i.reconciler = clients
		}
		for _, i := range h.items() {
			i.due, i.late = s.clock.Now(), 0
			s.read(i)
		}
	}
	stop := connector.Watch(func(name types.NamespacedName) {
		for _, h := range []*house{s.broken, s.sound} {
			if environment.Key(h.described.object) == name {
				h.described.due = s.clock.Now()
			}
		}
	})
	s.t.Cleanup(stop)
}

// live lets so much time pass.
func (s *street) live(length time.Duration) {
	s.t.Helper()
	for end := s.clock.Now().Add(length); ; {
		h, next := s.next()
		if next == nil || next.due.After(end) {
			s.clock.SetTime(end)
			return
		}
		if next.due.After(s.clock.Now()) {
			s.clock.SetTime(next.due)
		}
		s.pass(h, next)
	}
}

// next returns what is due first; of what is due at once, the token that expires first.
func (s *street) next() (in *house, first *item) {
	for _, h := range []*house{s.broken, s.sound} {
		for _, i := range h.items() {
			if i.due.IsZero() || first != nil && (i.due.After(first.due) || i.due.Equal(first.due) && !i.expires.Before(first.expires)) {
				continue
			}
			in, first = h, i
		}
	}
	return in, first
}

func (s *street) pass(h *house, i *item) {
	s.t.Helper()
	s.passes++
	now := s.clock.Now()
	i.due = time.Time{}
	result, err := i.reconciler.Reconcile(s.t.Context(), ctrl.Request{NamespacedName: environment.Key(i.object)})
	if err != nil {
		s.t.Fatalf("looking at %T %s: %v", i.object, environment.Key(i.object), err)
	}
	if result.RequeueAfter > 0 && i.due.IsZero() {
		i.due = now.Add(result.RequeueAfter)
	}
	was := i.ready
	s.read(i)
	if i.ready != was {
		s.wake(h, i)
	}
}

// wake has everything looked at that waits for an object.
func (s *street) wake(h *house, i *item) {
	now := s.clock.Now()
	for at, application := range h.applications {
		if i == h.described || i == application {
			application.due, h.clients[at].due = now, now
		}
	}
}

// read takes note of an object as it is stored.
func (s *street) read(i *item) {
	s.t.Helper()
	s.Get(i.object)
	var conditions []metav1.Condition
	switch o := i.object.(type) {
	case *v1alpha1.IdentityTenant:
		conditions = o.Status.Conditions
	case *v1alpha1.OAuthClient:
		conditions = o.Status.Conditions
	case *v1alpha1.ConfidentialClient:
		conditions = o.Status.Conditions
		if told := o.Status.Token; told != nil && !told.ExpirationTime.Time.Equal(i.expires) {
			if !i.renewal.IsZero() {
				i.mints++
				i.late = max(i.late, told.IssueTime.Sub(i.renewal))
			}
			i.expires, i.renewal = told.ExpirationTime.Time, told.RenewalTime.Time
		}
	}
	i.ready = meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady)
}
