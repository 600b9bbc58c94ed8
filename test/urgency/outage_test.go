package urgency_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// queue records who got a token of a tenant, in order.
type queue struct {
	mu      sync.Mutex
	running bool
	clients []string // by login name
}

func (q *queue) around(tenant http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, _, is := r.BasicAuth(); is && !strings.HasSuffix(r.URL.Path, "/operator-admin") {
			q.mu.Lock()
			if q.running {
				q.clients = append(q.clients, name)
			}
			q.mu.Unlock()
		}
		tenant.ServeHTTP(w, r)
	})
}

// begin lets the record begin.
func (q *queue) begin() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running = true
}

// order returns who got a token, in order, each once.
func (q *queue) order() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]string(nil), q.clients...)
}

// district is a tenant with all that depends on it.
type district struct {
	tenant  *emulator.Emulator
	queue   *queue
	objects []client.Object
	clients []*v1alpha1.ConfidentialClient
	// expires says when the token of a login name does.
	expires map[string]time.Time
}

// newDistrict declares clients with tokens of the given lifetimes at a tenant, so many of each. Their names are in the wrong order.
func newDistrict(w *environment.World, name string, tenant *emulator.Emulator, q *queue, lifetimes []time.Duration, each int) *district {
	d := &district{tenant: tenant, queue: q, expires: map[string]time.Time{}}
	described, admin := w.IdentityTenant(), w.AdminSecret()
	described.Name, admin.Name = name, name+"-admin"
	described.Spec.URL, described.Spec.TLS.CABundle, described.Spec.Credentials.SecretRef.Name = tenant.URL(), string(tenant.CABundle()), admin.Name
	described.Spec.DriftCheckInterval = &metav1.Duration{Duration: 8760 * time.Hour}
	id, password := tenant.AdminCredential()
	admin.StringData = map[string]string{v1alpha1.ClientIDKey: id, v1alpha1.ClientSecretKey: password}
	w.Create(admin)
	d.objects = []client.Object{described}
	for group, lifetime := range lifetimes {
		o := application(w, fmt.Sprint(name, "-", group), lifetime)
		o.Spec.TenantRef.Name = name
		d.objects = append(d.objects, o)
		for i := range each {
			c := w.ConfidentialClient(fmt.Sprint(name, "-", group, "-", i), o.Name, "read")
			d.clients = append(d.clients, c)
			d.objects = append(d.objects, c)
		}
	}
	return d
}

// hold holds the tenant to few calls a second, and takes note of when tokens expire.
func (d *district) hold(w *environment.World, requestsPerSecond int32) {
	burst := int32(1)
	described := d.objects[0].(*v1alpha1.IdentityTenant)
	w.Update(described, func() {
		described.Spec.Limits = &v1alpha1.RequestLimits{RequestsPerSecond: &requestsPerSecond, Burst: &burst}
	})
	for _, c := range d.clients {
		w.Get(c)
		d.expires[c.Status.ActiveIdentity().Username] = c.Status.Token.ExpirationTime.Time
	}
}

// served returns how many have got a token, and how many pairs of them were in the wrong order: the one that came first had more time left, by minutes.
func (d *district) served() (served, inversions int) {
	seen := map[string]bool{}
	var left []time.Time
	for _, name := range d.queue.order() {
		if seen[name] {
			continue
		}
		seen[name] = true
		for _, before := range left {
			if before.Sub(d.expires[name]) > 5*time.Minute {
				inversions++
			}
		}
		left = append(left, d.expires[name])
	}
	return len(seen), inversions
}

// town is three tenants, the last of which is not in trouble.
type town struct {
	*environment.World
	t         *testing.T
	clock     *ahead
	start     time.Time
	districts []*district
}

// newTown provisions clients at all tenants, each of them so many of each lifetime, and holds the tenants to few calls a second.
func newTown(t *testing.T, troubled, sound []time.Duration, each int) *town {
	t.Helper()
	now := &ahead{}
	queues := []*queue{{}, {}, {}}
	w := server.New(t, emulator.Options{Clock: now, Around: queues[0].around})
	w.Clock = now
	second, third := server.New(t, emulator.Options{Clock: now, Around: queues[1].around}), server.New(t, emulator.Options{Clock: now, Around: queues[2].around})
	town := &town{World: w, t: t, clock: now, start: now.Now()}
	w.StartOperator(withEightWorkers)
	town.districts = []*district{
		newDistrict(w, "first", w.Tenant, queues[0], troubled, each), newDistrict(w, "second", second.Tenant, queues[1], troubled, each),
		newDistrict(w, "sound", third.Tenant, queues[2], sound, each),
	}
	for _, d := range town.districts {
		w.Create(d.objects...)
	}
	for _, d := range town.districts {
		w.Ready(d.objects...)
	}
	for i, rate := range []int32{4, 4, 20} {
		town.districts[i].hold(w, rate)
	}
	w.Quiet()
	return town
}

// at lets it be so long after the start, and has every client looked at.
func (w *town) at(after time.Duration) {
	w.t.Helper()
	w.clock.moveTo(w.start.Add(after))
	w.LabelNamespace("billing", "time", fmt.Sprint(after.Minutes()))
}

// outage lets the first two tenants answer with errors, and returns what ends that.
func (w *town) outage() (end func()) {
	var ends []func()
	for _, d := range w.districts[:2] {
		ends = append(ends, d.tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: http.StatusServiceUnavailable}))
	}
	return func() {
		for _, end := range ends {
			end()
		}
	}
}

// served returns how many clients of each tenant have got a token.
func (w *town) served() (first, second, sound int) {
	counts := make([]int, len(w.districts))
	for i, d := range w.districts {
		counts[i], _ = d.served()
	}
	return counts[0], counts[1], counts[2]
}

// TestAfterAnOutageTheTokensThatExpireFirstComeFirst lets two tenants answer with errors for more than an hour, in which all tokens of their clients fall due, while a third
// one works. When they are back, their tokens are requested in the order in which they expire, and those of the third one do not wait for that.
func TestAfterAnOutageTheTokensThatExpireFirstComeFirst(t *testing.T) {
	const each = 5
	// Those of the first two are due between 78 and 107 minutes after the start, and the third one's between 99 and 117.
	lifetimes := []time.Duration{160 * time.Minute, 150 * time.Minute, 140 * time.Minute, 130 * time.Minute}
	w := newTown(t, lifetimes, []time.Duration{175 * time.Minute}, each)
	w.at(45 * time.Minute)
	w.Quiet()
	end := w.outage()
	for _, after := range []time.Duration{60, 75, 85, 92, 98} {
		w.at(after * time.Minute)
		w.Quiet()
	}
	for _, d := range w.districts {
		d.queue.begin()
	}
	end()
	w.at(118 * time.Minute)
	many := len(lifetimes) * each
	others := -1 // how many the first two had served when all of the third were
	w.Eventually("see all tokens renewed", func() error {
		first, second, sound := w.served()
		if others < 0 && sound == each {
			others = first + second
		}
		if first < many || second < many || sound < each {
			return fmt.Errorf("they are of %d, %d and %d clients", first, second, sound)
		}
		return nil
	})
	for i, d := range w.districts[:2] {
		_, inversions := d.served()
		t.Logf("tenant %d: %d pairs were in the wrong order", i+1, inversions)
		// As many as may be at work on a tenant at once can be taken before the more urgent ones are known. By chance it would be half of the pairs.
		if pairs := many * (many - each) / 2; inversions > pairs/8 {
			t.Errorf("%d pairs of clients got their tokens in the wrong order, of %d: %v", inversions, pairs, d.queue.order())
		}
	}
	t.Logf("when the third tenant's tokens were renewed, %d of the others' were", others)
	if others > many {
		t.Errorf("the third tenant's tokens have waited for %d of the others'", others)
	}
}
