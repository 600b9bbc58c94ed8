package oauthclient_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/drift"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// drifting is an application that is in order, under a clock that only the test moves.
type drifting struct {
	*environment.World
	clock       *clocktesting.FakeClock
	application *v1alpha1.OAuthClient
	looks       int
}

// newDrifting makes the application on a tenant with the given faults.
func newDrifting(t *testing.T, switches emulator.Switches, faults ...emulator.Fault) *drifting {
	t.Helper()
	clock := clocktesting.NewFakeClock(time.Now().Truncate(time.Second))
	w := server.New(t, emulator.Options{Clock: clock, Switches: switches})
	w.Clock = clock
	w.StartOperator()
	w.Ready(w.CreateTenant())
	for _, fault := range faults {
		w.Tenant.Inject(fault)
	}
	application := w.OAuthClient("orders")
	application.Spec.Scopes = append(application.Spec.Scopes, v1alpha1.InlineScope{Name: "write"})
	w.Create(application)
	w.Ready(application)
	w.Quiet()
	return &drifting{World: w, clock: clock, application: application}
}

// check moves the clock to the application's next slot, and has the operator look at it.
func (d *drifting) check() {
	d.clock.SetTime(drift.Next(d.clock.Now(), drift.DefaultInterval, string(d.application.UID)))
	d.look()
}

// look wakes the operator for the application, without a reason to do anything.
func (d *drifting) look() {
	passes := d.Passes()
	d.looks++
	d.LabelNamespace("shop", "look", fmt.Sprint(d.looks))
	d.Settled(passes, 1)
	d.Get(d.application)
}

func TestAnEqualApplicationIsTwoReadsAndNoWrite(t *testing.T) {
	for name, switches := range readings {
		t.Run(name, func(t *testing.T) {
			d := newDrifting(t, switches)
			d.Tenant.EditApplication(d.application.Status.ApplicationKey, func(raw map[string]any) { //nolint:errcheck // it is there
				scopes := raw["OAuthProfile"].(map[string]any)["KnownScopes"].([]any)
				scopes[0], scopes[1] = scopes[1], scopes[0]
			})
			calls, writes := d.Tenant.Calls(), d.Writes()
			d.look()
			if made := d.Tenant.Calls().Sub(calls); made.Total() != 0 {
				t.Errorf("a look between two slots took calls:\n%s", made)
			}
			for range 3 {
				calls = d.Tenant.Calls()
				d.check()
				if made := d.Tenant.Calls().Sub(calls); made.Total() != 2 || made["SaasManage/GetApplication"] != 1 || made["Acl/GetRowAces"] != 1 {
					t.Errorf("the check took other calls than one of the application and one of its grants:\n%s", made)
				}
			}
			if made := d.Writes().Since(writes); made.Total() != 0 {
				t.Errorf("the checks made writes: %s", made)
			}
		})
	}
}

func TestWhatSomebodyChangedIsBroughtBackAndTold(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(d *drifting) error
		fields []string
	}{
		"a lifetime and a scope": {func(d *drifting) error {
			return d.Tenant.EditApplication(d.application.Status.ApplicationKey, func(raw map[string]any) {
				profile := raw["OAuthProfile"].(map[string]any)
				profile["TokenLifetimeString"] = "1.00:00:00"
				profile["KnownScopes"] = profile["KnownScopes"].([]any)[:1]
			})
		}, []string{"spec.token.lifetime", "spec.scopes"}},
		"the description, and our mark with it": {func(d *drifting) error {
			return d.Tenant.EditApplication(d.application.Status.ApplicationKey, func(raw map[string]any) { raw["Description"] = "by hand" })
		}, []string{"spec.description"}},
		"the grant of the role": {func(d *drifting) error {
			return d.Tenant.AddGrant(d.application.Status.ApplicationKey, emulator.SeedGrant{Role: "orders clients", Rights: "None"})
		}, []string{"spec.clientRole"}},
		"the role itself": {func(d *drifting) error { return d.Tenant.RemoveRole(d.application.Status.ClientRole.ID) }, []string{"spec.clientRole"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrifting(t, emulator.Switches{})
			before, _ := d.Tenant.Application("orders")
			if err := tc.change(d); err != nil {
				t.Fatal(err)
			}
			d.check()
			after, _ := d.Tenant.Application("orders")
			before.Raw, after.Raw = nil, nil // the profile says the same, whatever the spelling
			for i := range after.Grants {
				after.Grants[i].PrincipalID = before.Grants[i].PrincipalID // a role that was made again is another one
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
			change := d.application.Status.Changes[0]
			if diff := cmp.Diff(tc.fields, change.Fields); change.Kind != v1alpha1.ChangeRepaired || diff != "" {
				t.Errorf("the status tells of %+v", change)
			}
			d.event("Repaired", tc.fields[0])
			d.Ready(d.application)
		})
	}
}

func TestAComparisonThatIsAskedForIsMadeOnce(t *testing.T) {
	w := server.New(t, emulator.Options{})
	stop := w.StartOperator()
	w.CreateTenant()
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Ready(application)
	edit(t, w.Tenant, application.Status.ApplicationKey, "Audience", "https://changed.example.com")
	w.Update(application, func() {
		application.Annotations = map[string]string{v1alpha1.ReconcileRequestAnnotation: "2026-11-21T12:00:00Z"}
	})
	w.Eventually("see the request handled", func() error {
		if w.Get(application); application.Status.LastHandledReconcileRequest != "2026-11-21T12:00:00Z" {
			return errNotYet
		}
		return nil
	})
	if found, _ := w.Tenant.Application("orders"); found.Profile.Audience != "https://orders.example.com" {
		t.Errorf("the audience is %s", found.Profile.Audience)
	}
	if change := application.Status.Changes[0]; change.Kind != v1alpha1.ChangeRepaired {
		t.Errorf("the status tells of %+v", change)
	}
	w.Quiet()
	stop()
	calls, passes := w.Tenant.Calls(), w.Passes()
	w.StartOperator()
	w.Settled(passes, 1)
	w.Update(application, func() { application.Annotations["other"] = "x" })
	w.Quiet()
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("the request was handled again:\n%s", made)
	}
}

func TestADeletedApplicationIsRestored(t *testing.T) {
	d := newDrifting(t, emulator.Switches{})
	if err := d.Tenant.RemoveApplication(d.application.Status.ApplicationKey); err != nil {
		t.Fatal(err)
	}
	d.check()
	d.Ready(d.application)
	found, ok := d.Tenant.Application("orders")
	if !ok || found.Key != d.application.Status.ApplicationKey || len(found.Grants) != 1 {
		t.Errorf("the application is %+v", found)
	}
	if kind := d.application.Status.Changes[0].Kind; kind != v1alpha1.ChangeCreated {
		t.Errorf("the status tells of %s", kind)
	}
}

func TestChangesAreToldNewestFirstAndBounded(t *testing.T) {
	d := newDrifting(t, emulator.Switches{})
	if got := d.application.Status.Changes; len(got) != 1 || got[0].Kind != v1alpha1.ChangeCreated {
		t.Errorf("after the first provisioning the changes are %+v", got)
	}
	for i := range 25 {
		d.clock.Step(time.Second)
		d.Update(d.application, func() { d.application.Spec.Audience = fmt.Sprintf("https://%d.example.com", i) })
		d.Ready(d.application)
	}
	got := d.application.Status.Changes
	if len(got) != 20 || got[0].Kind != v1alpha1.ChangeUpdated || !cmp.Equal(got[0].Fields, []string{"spec.audience"}) {
		t.Errorf("%d changes, the newest %+v", len(got), got[0])
	}
	for i := range got[1:] {
		if got[i].Time.Before(&got[i+1].Time) {
			t.Errorf("change %d is older than the next", i)
		}
	}
}
