package shards_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

const (
	// few is how many clients there are in an ordinary run. SHARD_CLIENTS sets another number.
	few = 45
	// batch is how many of them are made at once.
	batch = 300
)

func clientsWanted(t *testing.T) int {
	t.Helper()
	text := os.Getenv("SHARD_CLIENTS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// requests counts the requests for tokens by client ID, as the tenant sees them.
type requests struct {
	mu       sync.Mutex
	byClient map[string]int
}

func (r *requests) around(tenant http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if id, _, ok := request.BasicAuth(); ok {
			r.mu.Lock()
			r.byClient[id]++
			r.mu.Unlock()
		}
		tenant.ServeHTTP(w, request)
	})
}

func (r *requests) of(c *v1alpha1.ConfidentialClient) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byClient[c.Status.ActiveIdentity().Username]
}

// TestEachObjectIsWorkedOnByOneOfThreeOperators has objects in three shards that refer to each other all ways.
func TestEachObjectIsWorkedOnByOneOfThreeOperators(t *testing.T) {
	seen := &requests{byClient: map[string]int{}}
	w := server.New(t, emulator.Options{Around: seen.around})
	operators := []*worker{work(t, w, east), work(t, w, west), work(t, w, remainder)}
	wanted, shards := clientsWanted(t), []string{"east", "west", ""}

	tenant := in("east", w.IdentityTenant())
	tenant.Spec.DriftCheckInterval = &metav1.Duration{Duration: 8760 * time.Hour} // nothing falls due in this test
	w.Create(w.AdminSecret(), tenant)
	var issuers, clients []client.Object
	for i, name := range []string{"orders", "invoices", "stock"} {
		issuers = append(issuers, in(shards[(i+1)%3], w.OAuthClient(name)), in(shards[(i+2)%3], w.Scope(name+"-write", name, "write")))
	}
	w.Create(issuers...)
	w.Ready(tenant)
	w.Ready(issuers...)
	for i := range wanted {
		name := []string{"orders", "invoices", "stock"}[i/3%3]
		clients = append(clients, in(shards[i%3], w.ConfidentialClient(fmt.Sprintf("client-%d", i), name, "read", "write")))
	}
	begun := time.Now()
	for part := range slices.Chunk(clients, batch) {
		w.Create(part...)
		w.Ready(part...)
	}
	t.Logf("%d clients were ready in %s", wanted, time.Since(begun).Round(time.Second))
	w.Quiet()

	expectWriters(t, operators, slices.Concat(clients, issuers, []client.Object{tenant})...)
	for _, c := range clients {
		if n := seen.of(c.(*v1alpha1.ConfidentialClient)); n != 1 {
			t.Errorf("%d tokens were requested for %s", n, c.GetName())
		}
	}
	for _, o := range operators {
		expectShare(t, o, clients)
	}

	t.Run("what wakes all objects costs each one pass, and nothing else", func(t *testing.T) {
		w := w.In(t)
		passes, calls, writes := w.Passes(), w.Tenant.Calls(), w.Writes()
		w.LabelNamespace("billing", "look", "again")
		w.Settled(passes, wanted)
		// The applications of the clients are looked at, too.
		if made := w.Passes() - passes; made > wanted+wanted/3+10 {
			t.Errorf("%d passes were made for %d clients", made, wanted)
		}
		if made, written := w.Tenant.Calls().Sub(calls), w.Writes().Since(writes); made.Total()+written.Total() > 0 {
			t.Errorf("calls and writes were made:\n%s\n%s", made, written)
		}
	})
	if wanted > few {
		w.Abandon()
		return
	}
	t.Run("deletions wait for the objects of other shards", func(t *testing.T) { expectOrderlyEnd(t, w.In(t), tenant, issuers, clients) })
}

// expectOrderlyEnd deletes everything, what others depend on first.
func expectOrderlyEnd(t *testing.T, w *environment.World, tenant client.Object, issuers, clients []client.Object) {
	t.Helper()
	for _, object := range append([]client.Object{tenant}, issuers...) {
		w.Delete(object)
	}
	w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDependentsExist)
	w.Condition(issuers[0], v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDependentsExist)
	for _, c := range clients {
		w.Delete(c)
	}
	w.Gone(clients...)
	w.Gone(issuers...)
	w.Gone(tenant)
	if applications := len(w.Tenant.Applications()); applications != 1 {
		t.Errorf("there are %d applications on the tenant, not only that of the operator", applications)
	}
}

// expectShare checks that an operator says that it works on a third of the clients, and shows those only.
func expectShare(t *testing.T, o *worker, clients []client.Object) {
	t.Helper()
	third := len(clients) / 3
	if mints := o.counted("oauth_operator_token_mints_total", "", ""); mints != third {
		t.Errorf("the operator of %q has requested %d tokens", o.selector, mints)
	}
	if ours := o.counted("oauth_operator_shard_objects", "kind", "ConfidentialClient"); ours != third {
		t.Errorf("the operator of %q says that it works on %d clients", o.selector, ours)
	}
	if all := o.counted("oauth_operator_objects", "kind", "ConfidentialClient"); all != len(clients) {
		t.Errorf("the operator of %q sees %d clients", o.selector, all)
	}
	for _, c := range clients[:min(len(clients), few)] {
		if shown := o.shows(c.(*v1alpha1.ConfidentialClient)); shown != o.selector.Has(c) {
			t.Errorf("the operator of %q shows the token of %s: %v", o.selector, c.GetName(), shown)
		}
	}
}

// TestAShardWithoutALeaderLeavesTheOthersAlone takes one of two shards its leader, and gives it another.
func TestAShardWithoutALeaderLeavesTheOthersAlone(t *testing.T) {
	w := server.New(t, emulator.Options{})
	first, other := work(t, w, east), work(t, w, remainder)
	tenant, application := w.IdentityTenant(), w.OAuthClient("orders")
	kept := in("east", w.ConfidentialClient("kept", "orders", "read"))
	w.Create(w.AdminSecret(), tenant, application, kept)
	w.Ready(tenant, application, kept)
	led := other.leader(w)
	if led == "" || led == first.leader(w) {
		t.Fatalf("the leaders are %q and %q", led, first.leader(w))
	}
	w.Quiet()

	first.stop()
	lost, served := in("east", w.ConfidentialClient("lost", "orders", "read")), w.ConfidentialClient("served", "orders", "read")
	w.Create(lost, served) // in this order, so that it would be the first's turn
	w.Ready(served)
	if w.Get(lost); len(lost.Status.Conditions) > 0 || len(lost.Finalizers) > 0 {
		t.Errorf("somebody works on the object of a shard without a leader: %+v", lost.Status)
	}
	if now := other.leader(w); now != led {
		t.Errorf("the leader of the other shard is %q, and was %q", now, led)
	}
	if first.leader(w) != "" {
		t.Error("an operator that has stopped leads")
	}

	calls := w.Tenant.Calls()
	replica := work(t, w, v1alpha1.ShardLabel+" in (east)") // which says the same
	w.Ready(lost)
	expectWriters(t, []*worker{replica, other}, lost, served)
	if n := w.Tenant.Calls().Sub(calls)["OAuth2/Token/orders"]; n != 1 {
		t.Errorf("%d tokens were requested for the one that had none", n)
	}
	if replica.hasWritten(kept) {
		t.Error("the new leader has written an object that was as it should be")
	}
}

// TestTwoReplicasOfAShardTakeTurns although another shard is at work.
func TestTwoReplicasOfAShardTakeTurns(t *testing.T) {
	w := server.New(t, emulator.Options{})
	other, first := work(t, w, remainder), work(t, w, east)
	w.Create(w.AdminSecret())
	tenant, application, c := w.IdentityTenant(), w.OAuthClient("orders"), in("east", w.ConfidentialClient("billing", "orders", "read"))
	w.Create(tenant, application, c)
	w.Ready(tenant, application, c)
	second := work(t, w, east)
	w.Update(c, func() { metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RenewRequestAnnotation, "once") })
	handled := func() error {
		if w.Get(c); c.Status.LastHandledRenewRequest != c.Annotations[v1alpha1.RenewRequestAnnotation] {
			return fmt.Errorf("the last request that was handled is %q", c.Status.LastHandledRenewRequest)
		}
		return nil
	}
	w.Eventually("see another token", handled)
	w.Quiet()
	if second.hasWritten(c) || !first.hasWritten(c) {
		t.Error("the replica that does not lead has written")
	}
	first.stop()
	w.Update(c, func() { metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RenewRequestAnnotation, "again") })
	w.Eventually("see another token by the other replica", handled)
	if !second.hasWritten(c) || other.hasWritten(c) {
		t.Error("somebody else has written")
	}
}
