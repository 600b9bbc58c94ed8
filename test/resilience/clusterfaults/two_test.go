package clusterfaults_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// ahead is the real clock, with the time moved on. Its timers are real: a call that has to wait for another operator's does not wait for ever.
type ahead struct {
	clock.RealClock
	by atomic.Int64
}

// Now implements clock.PassiveClock.
func (a *ahead) Now() time.Time { return a.RealClock.Now().Add(time.Duration(a.by.Load())) }

// Since implements clock.PassiveClock.
func (a *ahead) Since(t time.Time) time.Duration { return a.Now().Sub(t) }

func (a *ahead) moveTo(t time.Time) { a.by.Store(int64(t.Sub(a.RealClock.Now()))) }

// TestTwoOperatorsOnOneClusterComeToRest runs two of them without leader election, as somebody does by mistake. They do some things twice, and then stop: what
// one has written is as the other wants it.
func TestTwoOperatorsOnOneClusterComeToRest(t *testing.T) {
	const each = 5
	now := &ahead{}
	w := server.New(t, emulator.Options{Clock: now})
	w.Clock = now
	w.StartOperator()
	w.StartOperator()
	s := &stage{World: w, t: t}
	tenant := w.IdentityTenant()
	tenant.Spec.DriftCheckInterval = &metav1.Duration{Duration: 1000 * time.Hour} // no look falls due while nothing is to happen
	w.Create(w.AdminSecret(), tenant)
	objects := []client.Object{tenant}
	clients := map[string]*v1alpha1.ConfidentialClient{}
	for i := range each {
		name := fmt.Sprint("orders-", i)
		application, consumer := w.OAuthClient(name), w.ConfidentialClient(name, name, "read", "write")
		scope := w.Scope(name, name, "write")
		objects = append(objects, application, scope, consumer)
		w.Create(application, scope, consumer)
		clients[name] = consumer
	}
	w.Ready(objects...)
	w.Quiet()
	s.expectSilence()
	s.expectOneOfEach(clients)

	// Renewals.
	for round := range 3 {
		due := now.Now().Truncate(time.Second)
		for _, c := range clients {
			if w.Get(c); c.Status.Token.RenewalTime.After(due) {
				due = c.Status.Token.RenewalTime.Time
			}
		}
		calls := w.Tenant.Calls()
		now.moveTo(due)
		for _, part := range []string{"billing", "shop", "identity"} {
			w.LabelNamespace(part, "round", fmt.Sprint(round))
		}
		for name, c := range clients {
			w.Eventually("see another token of "+name, func() error {
				if w.Get(c); c.Status.Token.IssueTime.Time.Before(due) {
					return fmt.Errorf("it was issued at %v", c.Status.Token.IssueTime)
				}
				return nil
			})
		}
		w.Quiet()
		s.expectSilence()
		for name := range clients {
			if made := w.Tenant.Calls().Sub(calls)["OAuth2/Token/"+name]; made > 2 {
				t.Errorf("%d tokens were requested for %s by two operators", made, name)
			}
		}
	}
	w.Ready(objects...)
	s.expectOneOfEach(clients)

	// One thing is asked for by hand, another is taken away.
	first := clients["orders-0"]
	w.Update(first, func() { metav1.SetMetaDataAnnotation(&first.ObjectMeta, v1alpha1.RenewRequestAnnotation, "now") })
	for _, object := range objects[len(objects)-3:] {
		w.Delete(object)
	}
	w.Gone(objects[len(objects)-3:]...)
	w.Quiet()
	s.expectSilence()
	if _, found := w.Tenant.Application(fmt.Sprint("orders-", each-1)); found {
		t.Error("the deletion has left the application")
	}
}

// expectOneOfEach checks that nothing was made twice.
func (s *stage) expectOneOfEach(clients map[string]*v1alpha1.ConfidentialClient) {
	s.t.Helper()
	seen := map[string]int{}
	for _, application := range s.Tenant.Applications() {
		seen[application.ServiceName]++
	}
	for name, c := range clients {
		if seen[name] != 1 {
			s.t.Errorf("there are %d applications %s", seen[name], name)
		}
		s.Get(c)
		if _, found := s.Tenant.User(c.Status.ActiveIdentity().Username); !found {
			s.t.Errorf("the user of %s is not there", name)
		}
	}
	if seen[""] > 0 {
		s.t.Errorf("%d applications have no name", seen[""])
	}
}
