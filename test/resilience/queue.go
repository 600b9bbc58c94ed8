package resilience

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// item is an object that is looked at, by its resource.
type item struct {
	resource string
	types.NamespacedName
}

// countDelay is how long after a dependent has come or gone its tenant is woken.
const countDelay = 2 * time.Second

// queue says when which object is looked at next.
type queue map[item]time.Time

// add wakes an object at a time, unless it is woken earlier anyway.
func (q queue) add(i item, due time.Time) {
	if planned, found := q[i]; !found || due.Before(planned) {
		q[i] = due
	}
}

// next returns what is due first: of several, tenants before OAuthClients before Scopes before ConfidentialClients, by name.
func (q queue) next() (first item, due time.Time, found bool) {
	for i, at := range q {
		if !found || at.Before(due) || at.Equal(due) && compareItems(i, first) < 0 {
			first, due, found = i, at, true
		}
	}
	return first, due, found
}

// reconciled returns the resources whose objects are looked at.
func reconciled() []string { return []string{tenants, oauthClients, scopes, clients} }

func compareItems(a, b item) int {
	order := reconciled()
	return cmp.Or(cmp.Compare(slices.Index(order, a.resource), slices.Index(order, b.resource)), cmp.Compare(a.String(), b.String()))
}

// rule says that a change of an object of a resource wakes all objects of others. controller-runtime wakes fewer: those that depend on the object.
type rule struct {
	changed string
	filter  predicate.Predicate
	itself  bool
	wakes   []string
	delay   time.Duration
}

// rules are what the controllers watch.
func rules() []rule {
	all := predicate.Funcs{}
	comesOrGoes := predicate.Funcs{UpdateFunc: func(event.UpdateEvent) bool { return false }}
	return []rule{
		{changed: tenants, filter: wake.Own(), itself: true},
		{changed: tenants, filter: wake.TenantChanged(), wakes: []string{oauthClients, clients}},
		{changed: oauthClients, filter: wake.Own(), itself: true},
		{changed: oauthClients, filter: wake.OAuthClientChanged(), wakes: []string{scopes, clients}},
		{changed: oauthClients, filter: wake.Gone(), wakes: []string{tenants, oauthClients}},
		{changed: oauthClients, filter: comesOrGoes, wakes: []string{tenants}, delay: countDelay},
		{changed: scopes, filter: wake.Own(), itself: true, wakes: []string{oauthClients}},
		{changed: scopes, filter: wake.Gone(), wakes: []string{scopes}},
		{changed: clients, filter: wake.Own(), itself: true},
		{changed: clients, filter: wake.RequestsChanged(), wakes: []string{scopes}},
		{changed: clients, filter: predicate.And(wake.RequestsChanged(), wake.Known()), wakes: []string{oauthClients}},
		{changed: clients, filter: comesOrGoes, wakes: []string{tenants}, delay: countDelay},
		{changed: secrets, filter: all, wakes: []string{tenants, clients}},
	}
}

// passes says whether a predicate lets a change through.
func passes(filter predicate.Predicate, c change) bool {
	switch {
	case c.old == nil:
		return filter.Create(event.CreateEvent{Object: c.object})
	case c.object == nil:
		return filter.Delete(event.DeleteEvent{Object: c.old})
	}
	return filter.Update(event.UpdateEvent{ObjectOld: c.old, ObjectNew: c.object})
}

// feel wakes whom changes wake.
func (q queue) feel(changes []change, known *cache, now time.Time) {
	for _, c := range changes {
		object := c.object
		if object == nil {
			object = c.old
		}
		for _, r := range rules() {
			if r.changed != c.resource || !passes(r.filter, c) {
				continue
			}
			if r.itself {
				q.add(itemOf(c.resource, object), now)
			}
			for _, woken := range r.wakes {
				for _, other := range known.all(woken) {
					// A Secret is felt in its own namespace only.
					if c.resource != secrets || other.GetNamespace() == object.GetNamespace() {
						q.add(itemOf(woken, other), now.Add(r.delay))
					}
				}
			}
		}
	}
}

func itemOf(resource string, object client.Object) item {
	return item{resource: resource, NamespacedName: client.ObjectKeyFromObject(object)}
}

// everything wakes all objects.
func (q queue) everything(known *cache, now time.Time) {
	for _, resource := range reconciled() {
		for _, object := range known.all(resource) {
			q.add(itemOf(resource, object), now)
		}
	}
}
