// Package urgency_test proves who goes first when many want something of a tenant that takes few calls.
package urgency_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// ahead is the real clock, with the time moved on. Its timers are real, so that calls go at their real pace.
type ahead struct {
	clock.RealClock
	by atomic.Int64
}

func (a *ahead) Now() time.Time                  { return a.RealClock.Now().Add(time.Duration(a.by.Load())) }
func (a *ahead) Since(t time.Time) time.Duration { return a.Now().Sub(t) }
func (a *ahead) moveTo(t time.Time)              { a.by.Store(int64(t.Sub(a.RealClock.Now()))) }

// newWorld returns a world under such a clock, with the operator running and the tenant Ready.
func newWorld(t *testing.T) (w *environment.World, now *ahead, stop func()) {
	t.Helper()
	now = &ahead{}
	w = server.New(t, emulator.Options{Clock: now})
	w.Clock = now
	stop = w.StartOperator(withEightWorkers)
	w.Ready(w.CreateTenant())
	return w, now, stop
}

// withEightWorkers makes a crowd of few objects.
func withEightWorkers(_ *rest.Config, options *operator.Options) { options.Concurrency = 8 }

// hold holds the world's tenant to few calls a second.
func hold(w *environment.World, requestsPerSecond, burst int32) {
	tenant := w.IdentityTenant()
	w.Update(tenant, func() {
		tenant.Spec.Limits = &v1alpha1.RequestLimits{RequestsPerSecond: &requestsPerSecond, Burst: &burst}
	})
	w.Ready(tenant)
	w.Quiet()
}

// application returns an OAuthClient whose tokens live for so long.
func application(w *environment.World, name string, lifetime time.Duration) *v1alpha1.OAuthClient {
	o := w.OAuthClient(name)
	o.Spec.Token = &v1alpha1.ApplicationToken{Lifetime: &metav1.Duration{Duration: lifetime}}
	return o
}

func TestDriftChecksHoldNobodyUp(t *testing.T) {
	const many = 120
	w, now, _ := newWorld(t)
	var all []client.Object
	for i := range many {
		all = append(all, application(w, fmt.Sprintf("application-%d", i), time.Hour))
	}
	consumer := w.ConfidentialClient("billing", "application-0", "read")
	w.Create(append(all, consumer)...)
	w.Ready(append(all, consumer)...)
	hold(w, 5, 5)

	now.moveTo(consumer.Status.Token.ExpirationTime.Add(-30 * time.Second))
	calls, writes := w.Tenant.Calls(), w.Writes()
	w.LabelNamespace("shop", "look", "now") // each has had a slot meanwhile
	w.Eventually("see drift checks", func() error {
		if made := w.Tenant.Calls().Sub(calls); made["SaasManage/GetApplication"] < 5 {
			return errors.New("there are few")
		}
		return nil
	})

	calls = w.Tenant.Calls()
	w.LabelNamespace("billing", "look", "now")
	w.Eventually("see the token minted", func() error {
		if made := w.Tenant.Calls().Sub(calls); made["OAuth2/Token/application-0"] == 0 {
			return errors.New("it is not")
		}
		return nil
	})
	if made := w.Tenant.Calls().Sub(calls); made.Total()-1 > 15 {
		t.Errorf("%d other calls were sent before the token:\n%s", made.Total()-1, made)
	}

	calls = w.Tenant.Calls()
	created := w.OAuthClient("new")
	w.Create(created)
	w.Ready(created)
	made := w.Tenant.Calls().Sub(calls)
	if others := made.Total() - 10; others > 50 {
		t.Errorf("%d other calls were sent before the new object was there:\n%s", others, made)
	}
	// Those who wait for their turn write nothing: the token makes 2 writes, the new object its 4 and what it waits for.
	if written := w.Writes().Since(writes); written.Total() > 10 {
		t.Errorf("waiting has made writes: %s", written)
	}
}

// TestTheFirstSecondAfterARestartIsInOrder lets the tokens of 24 clients fall due while no operator runs. Their names are in the wrong order.
func TestTheFirstSecondAfterARestartIsInOrder(t *testing.T) {
	const each = 6
	w, now, stop := newWorld(t)
	lifetimes := []time.Duration{40 * time.Minute, 30 * time.Minute, 25 * time.Minute, 21 * time.Minute} // the last are the most urgent
	var all []client.Object
	for group, lifetime := range lifetimes {
		name := fmt.Sprintf("application-%d", group)
		all = append(all, application(w, name, lifetime))
		for i := range each {
			all = append(all, w.ConfidentialClient(fmt.Sprintf("client-%d-%d", group, i), name, "read"))
		}
	}
	start := now.Now()
	w.Create(all...)
	w.Ready(all...)
	hold(w, 4, 1)
	stop()

	now.moveTo(start.Add(20*time.Minute + 30*time.Second)) // 40 minutes are not over by two thirds
	w.LabelNamespace("billing", "restarted", "now")
	calls := w.Tenant.Calls()
	w.StartOperator(withEightWorkers)
	// Of those that the eight workers take first some are out of order, as many as may be at work on a tenant at once.
	const most = 4
	urgent := len(lifetimes) - 1
	w.Eventually("see the tokens renewed that are due", func() error {
		made := w.Tenant.Calls().Sub(calls)
		for ; urgent > 0 && mints(made, urgent) >= each; urgent-- {
			early := 0
			for later := range urgent {
				early += mints(made, later)
			}
			if early > most {
				t.Errorf("%d tokens were minted before the last of those that live for %v:\n%s", early, lifetimes[urgent], made)
			}
		}
		if urgent > 0 {
			return fmt.Errorf("those of %v are not", lifetimes[urgent])
		}
		return nil
	})
}

func mints(calls emulator.Counters, group int) int {
	return calls[fmt.Sprintf("OAuth2/Token/application-%d", group)]
}
