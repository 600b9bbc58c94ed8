package resilience

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// Fleet is a world with many clients, under a real clock, for an operator that is a process of its own.
type Fleet struct {
	*environment.World

	t      *testing.T
	chance *rand.Rand
	ledger *ledger
	// reasons are how often the token of each client had to be replaced: once for the first, and once for each time that somebody asked.
	reasons map[string]int
	asked   int
}

// NewFleet makes a world with a tenant and an application, and no clients yet.
func NewFleet(t *testing.T, server *environment.Server, seed Seed) *Fleet {
	t.Helper()
	f := &Fleet{t: t, chance: rand.New(rand.NewPCG(uint64(seed), 0)), ledger: newLedger(), reasons: map[string]int{}}
	f.World = server.New(t, emulator.Options{Around: f.ledger.around})
	tenant := f.IdentityTenant()
	tenant.Spec.DriftCheckInterval = &metav1.Duration{Duration: 8760 * time.Hour} // nothing falls due
	tenant.Spec.Access.AllowClientSecretDelivery = true
	f.Create(f.AdminSecret(), tenant, f.OAuthClient("orders"), f.Scope("write", "orders", "write"))
	f.watch()
	return f
}

// watch records the tokens that are published.
func (f *Fleet) watch() {
	f.t.Helper()
	reader, err := client.NewWithWatch(f.Config(), client.Options{Scheme: f.Client.Scheme(), Mapper: f.Client.RESTMapper()})
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(f.t.Context()))
	changes, err := reader.Watch(ctx, &corev1.SecretList{}, client.InNamespace(f.Namespace("billing")))
	if err != nil {
		f.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for event := range changes.ResultChan() {
			if s, ok := event.Object.(*corev1.Secret); ok && event.Type != watch.Deleted && len(s.Data[v1alpha1.AccessTokenKey]) > 0 {
				f.ledger.publish(s.Data[v1alpha1.AccessTokenKey])
			}
		}
	}()
	f.t.Cleanup(func() {
		cancel()
		changes.Stop()
		<-done
	})
}

// Grow declares more clients.
func (f *Fleet) Grow(n int) {
	f.t.Helper()
	for range n {
		name := fmt.Sprintf("client-%d", len(f.reasons))
		c := f.ConfidentialClient(name, "orders", "read")
		c.Spec.Secret = &v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials}}
		f.reasons[name] = 1
		f.Create(c)
	}
}

// Trouble lets people ask for things: new tokens, new credentials, another scope.
func (f *Fleet) Trouble() {
	f.t.Helper()
	for i := range 8 {
		name := fmt.Sprintf("client-%d", f.chance.IntN(len(f.reasons)))
		c := f.ConfidentialClient(name, "orders")
		f.asked++
		f.reasons[name]++
		f.Update(c, func() {
			switch i {
			case 0, 1:
				metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RotateRequestAnnotation, fmt.Sprint(f.asked))
			case 2:
				if c.Spec.Scopes = []string{"read", "write"}; f.chance.IntN(2) == 0 {
					c.Spec.Scopes = []string{"read"}
				}
			default:
				metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RenewRequestAnnotation, fmt.Sprint(f.asked))
			}
		})
	}
}

// KillAtRandom starts the operator, lets it begin, and kills it within half a second.
func (f *Fleet) KillAtRandom(m *Manager) {
	f.t.Helper()
	before := f.ledger.made()
	p := m.Start(f.t.Context())
	f.Eventually("see the operator call the tenant", func() error {
		if f.ledger.made() == before {
			return fmt.Errorf("it has made no calls")
		}
		return nil
	})
	moment := time.NewTimer(time.Duration(f.chance.Int64N(int64(500 * time.Millisecond))))
	<-moment.C
	p.Kill()
	f.nextLife()
}

// nextLife waits until nothing that a dead process has sent is under way any more.
func (f *Fleet) nextLife() {
	f.t.Helper()
	quiet := 0
	f.Eventually("see the tenant idle", func() error {
		if !f.ledger.isIdle() {
			quiet = 0
		}
		if quiet++; quiet < 3 {
			return fmt.Errorf("calls are under way, or were a moment ago")
		}
		return nil
	})
	f.ledger.next()
}

// names returns the names of the clients.
func (f *Fleet) names() []string {
	var names []string
	for name := range f.reasons {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Settled lets the operator work until every client is Ready, and kills it. Clients are asked for all at once: there are many.
func (f *Fleet) Settled(m *Manager, within time.Duration) {
	f.t.Helper()
	p := m.Start(f.t.Context())
	deadline := time.Now().Add(within)
	for {
		waiting := f.unsettled()
		if len(waiting) == 0 {
			break
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("%d clients are not as they should be after %s, such as %s; the operator's log ends:\n%s", len(waiting), within, waiting[0], p.LastLines(20))
		}
		tick := time.NewTimer(100 * time.Millisecond)
		<-tick.C
	}
	p.Look(f.t.Context())
	p.Kill()
	f.nextLife()
}

// unsettled names the clients that are not Ready with what was asked for last.
func (f *Fleet) unsettled() []string {
	f.t.Helper()
	all := &v1alpha1.ConfidentialClientList{}
	if err := f.Client.List(f.t.Context(), all, client.InNamespace(f.Namespace("billing"))); err != nil {
		f.t.Fatal(err)
	}
	var names []string
	for i := range all.Items {
		c := &all.Items[i]
		if !isReady(c) || c.Status.LastHandledRotateRequest != c.Annotations[v1alpha1.RotateRequestAnnotation] || c.Status.LastHandledRenewRequest != c.Annotations[v1alpha1.RenewRequestAnnotation] {
			names = append(names, c.Name)
		}
	}
	return names
}

// LeaveAlone starts the operator when there is nothing to do, and kills it within two seconds. It must call nobody.
func (f *Fleet) LeaveAlone(m *Manager) {
	f.t.Helper()
	before := f.ledger.made()
	p := m.Start(f.t.Context())
	moment := time.NewTimer(time.Duration(f.chance.Int64N(int64(2 * time.Second))))
	<-moment.C
	p.Kill()
	f.nextLife()
	if calls := f.ledger.made() - before; calls > 0 {
		f.t.Errorf("an operator that has nothing to do has made %d calls to the tenant", calls)
	}
}

// Audit fails the test unless there is one user and one good token for each client, every credential opens the tenant, and no token was issued
// needlessly. It returns how many tokens were published, and how many were lost with the process that had asked for them.
func (f *Fleet) Audit() (published, lost int) {
	f.t.Helper()
	f.ledger.pause(true)
	defer f.ledger.pause(false)
	for _, heard := range f.ledger.heard() {
		f.Forbid(heard)
	}
	users := map[string]int{}
	for _, u := range f.Tenant.Users() {
		users[strings.Split(u.Name, ".")[0]]++
	}
	for _, name := range f.names() {
		if users[name] != 1 {
			f.t.Errorf("client %s has %d users", name, users[name])
		}
		c := f.ConfidentialClient(name, "orders")
		secret := f.TokenSecret(c)
		kept := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: f.Namespace("operator"), Name: "credential-" + string(c.UID)}}
		f.Get(kept)
		if string(kept.Data[v1alpha1.ClientSecretKey]) != string(secret.Data[v1alpha1.ClientSecretKey]) {
			f.t.Errorf("of client %s another credential is published than is kept", name)
		}
		if err := opens(f.t.Context(), f.World, secret); err != nil {
			f.t.Errorf("the credential of client %s is refused: %v", name, err)
		}
		p, l, needless := f.ledger.account(string(secret.Data[v1alpha1.ClientIDKey]))
		if published, lost = published+p, lost+l; needless > 0 || p == 0 || p > f.reasons[name] {
			f.t.Errorf("for client %s %d tokens were published for %d reasons, and %d were issued needlessly", name, p, f.reasons[name], needless)
		}
	}
	if n := len(f.Tenant.Applications()); n != 2 { // ours, and the operator's own
		f.t.Errorf("the tenant has %d applications", n)
	}
	return published, lost
}
