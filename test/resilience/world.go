package resilience

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/transport"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// World is what one run has for itself: namespaces, a tenant, a clock that only the run moves, and at most one process of the operator at a time.
type World struct {
	*environment.World

	t     *testing.T
	time  *clocktesting.FakeClock
	wire  *wire
	cache *cache
	// cached is the client of the operator, and live reads past its cache.
	cached, live client.Client
	// unproven says that an application without a name may be left when the OAuthClient that it was for has gone.
	unproven bool
	// late says that an effect of an earlier process is on its way, or was: nobody who could tell has seen it happen.
	late bool
	// lateBy is when an effect that is late happens, if it has not before.
	lateBy time.Time
	// lateMaking says that what is late makes something that nobody may want any more.
	lateMaking bool
}

// NewWorld makes a world on a tenant with some objects of strangers, and takes it down after the test.
func NewWorld(t *testing.T, server *environment.Server, switches emulator.Switches) *World {
	t.Helper()
	fake := clocktesting.NewFakeClock(time.Now().Truncate(time.Second))
	w := &World{t: t, time: fake, wire: &wire{clock: fake}}
	w.World = server.New(t, emulator.Options{Clock: w.time, Switches: switches, Around: w.wire.aroundTenant})
	w.Clock = w.time
	direct := w.connect(w.wire.aroundCluster)
	w.Client = w.connect(w.wire.aroundPeople)
	var err error
	if w.cache, err = newCache(t.Context(), w.Client, w.namespaces()); err != nil {
		t.Fatal(err)
	}
	w.live, w.cached = direct, w.cache.client(direct)
	w.wire.keeps = w.keeps
	w.settleStrangers()
	return w
}

// connect returns a client of kube-apiserver whose requests are watched.
func (w *World) connect(watch transport.WrapperFunc) client.WithWatch {
	w.t.Helper()
	config := w.Config()
	config.QPS = -1
	config.Wrap(watch)
	c, err := client.NewWithWatch(config, client.Options{Scheme: w.Client.Scheme(), Mapper: w.Client.RESTMapper()})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *World) namespaces() []string {
	return []string{w.Namespace("identity"), w.Namespace("shop"), w.Namespace("billing"), w.Namespace("operator")}
}

// Step lets time pass while no process is running.
func (w *World) Step(d time.Duration) { w.time.Step(d) }

// Now returns the time in this world.
func (w *World) Now() time.Time { return w.time.Now() }

// IdentityTenant returns the description of the world's tenant. It consents to everything, and compares nothing by itself: which slot an application
// has for that differs from world to world.
func (w *World) IdentityTenant() *v1alpha1.IdentityTenant {
	tenant := w.World.IdentityTenant()
	tenant.Spec.DriftCheckInterval = &metav1.Duration{Duration: 8760 * time.Hour}
	tenant.Spec.Access.AllowAdoption = []v1alpha1.AdoptableKind{v1alpha1.AdoptableOAuthClient, v1alpha1.AdoptableConfidentialClient}
	tenant.Spec.Access.AllowClientSecretDelivery = true
	tenant.Spec.Access.AllowedRoles = []string{"Auditors"}
	return tenant
}
