package urgency_test

import (
	"errors"
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

// TestAfterAnOutageTheTokensThatExpireFirstComeFirst lets two tenants answer with errors for more than an hour, in which all tokens of their clients fall due, while a third
// one works. When they are back, their tokens are requested in the order in which they expire, and those of the third one do not wait for that.
func TestAfterAnOutageTheTokensThatExpireFirstComeFirst(t *testing.T) {
	const each = 5
	now := &ahead{}
	queues := []*queue{{}, {}, {}}
	w := server.New(t, emulator.Options{Clock: now, Around: queues[0].around})
	w.Clock = now
	tenants := []*emulator.Emulator{w.Tenant}
	for _, q := range queues[1:] {
		tenants = append(tenants, server.New(t, emulator.Options{Clock: now, Around: q.around}).Tenant)
	}
	w.StartOperator()
	start := now.Now()
	at := func(after time.Duration) {
		now.moveTo(start.Add(after))
		w.LabelNamespace("billing", "time", fmt.Sprint(int(after.Minutes())))
		w.Quiet()
	}
	// All of them are renewed between 78 and 107 minutes after the start, and the third tenant's between 99 and 117.
	lifetimes := []time.Duration{160 * time.Minute, 150 * time.Minute, 140 * time.Minute, 130 * time.Minute}
	districts := []*district{
		newDistrict(w, "first", tenants[0], queues[0], lifetimes, each),
		newDistrict(w, "second", tenants[1], queues[1], lifetimes, each),
		newDistrict(w, "sound", tenants[2], queues[2], []time.Duration{175 * time.Minute}, each),
	}
	for _, d := range districts {
		w.Create(d.objects...)
	}
	for _, d := range districts {
		w.Ready(d.objects...)
	}
	for _, d := range districts[:2] {
		d.hold(w, 4)
	}
	districts[2].hold(w, 20)
	w.Quiet()

	at(45 * time.Minute)
	var ends []func()
	for _, d := range districts[:2] {
		ends = append(ends, d.tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: http.StatusServiceUnavailable}))
	}
	for _, after := range []time.Duration{60, 75, 85, 92, 98} {
		at(after * time.Minute)
	}
	for _, d := range districts {
		d.queue.begin()
	}
	for _, end := range ends {
		end()
	}
	now.moveTo(start.Add(118 * time.Minute))
	w.LabelNamespace("billing", "time", "over")
	third := -1 // how many the other two had served when all of the third were
	w.Eventually("see all tokens renewed", func() error {
		first, _ := districts[0].served()
		second, _ := districts[1].served()
		sound, _ := districts[2].served()
		if third < 0 && sound == each {
			third = first + second
		}
		if first < len(lifetimes)*each || second < len(lifetimes)*each || sound < each {
			return errors.New(fmt.Sprint("they are of ", first, ", ", second, " and ", sound, " clients"))
		}
		return nil
	})
	for i, d := range districts[:2] {
		_, inversions := d.served()
		t.Logf("tenant %d: %d pairs were in the wrong order", i+1, inversions)
		// As many as may be at work on a tenant at once can be taken before the more urgent ones are known.
		if most := 4 * each; inversions > most {
			t.Errorf("%d pairs of clients got their tokens in the wrong order, more than %d: %v", inversions, most, d.queue.order())
		}
	}
	t.Logf("when the third tenant's tokens were renewed, %d of the others' were", third)
	if most := len(lifetimes) * each; third > most {
		t.Errorf("the third tenant's tokens have waited for %d of the others'", third)
	}
}
