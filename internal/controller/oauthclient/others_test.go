package oauthclient_test

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// TestTheImportOfAnotherShardIsNotTaken has the operator recover an import that came to nothing, while the operator of another shard has just made an
// application as the same user and not stored it yet.
func TestTheImportOfAnotherShardIsNotTaken(t *testing.T) {
	for name, tc := range map[string]struct {
		age          time.Duration
		ended, known bool
		takes        bool
	}{
		"one that may be made right now is left to whoever makes it": {age: 5 * time.Second},
		"one of a clock that is ahead is left, too":                  {age: -5 * time.Second},
		"one that was there before the other import is taken":        {age: 5 * time.Second, known: true, takes: true},
		"one is taken after the other import has ended without it":   {age: 5 * time.Second, ended: true, takes: true},
		"one is taken when nobody can be at it any more":             {age: 3 * time.Minute, takes: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrifting(t, emulator.Switches{})
			half, err := d.Tenant.AddApplication(map[string]any{"Name": "Half made", "TemplateName": "OAuth2Server"})
			if err != nil {
				t.Fatal(err)
			}
			admin, _ := d.Tenant.AdminCredential()
			if err := d.Tenant.AddGrant(half, emulator.SeedGrant{User: admin, Rights: "Grant,View,Execute"}); err != nil {
				t.Fatal(err)
			}
			late, other := d.OAuthClient("late"), d.OAuthClient("other")
			for _, o := range []*v1alpha1.OAuthClient{late, other} {
				o.Spec.Suspend = true
				d.Create(o)
				d.Condition(o, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
			}
			d.Quiet()
			intends := func(o *v1alpha1.OAuthClient, intent v1alpha1.ImportIntent) {
				d.Get(o)
				o.Status.ImportIntent = &intent
				if err := d.Client.Status().Update(t.Context(), o); err != nil {
					t.Fatal(err)
				}
			}
			intends(late, v1alpha1.ImportIntent{Time: metav1.NewTime(d.clock.Now().Add(-time.Hour)), Ended: true})
			intent := v1alpha1.ImportIntent{Time: metav1.NewTime(d.clock.Now().Add(-tc.age)), Ended: tc.ended}
			if tc.known {
				intent.KnownKeys = []string{half}
			}
			intends(other, intent)

			d.Update(late, func() { late.Spec.Suspend = false })
			if !tc.takes {
				d.Condition(late, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
				d.Get(other)
				other.Status.ApplicationKey, other.Status.ApplicationOrigin, other.Status.ImportIntent = half, v1alpha1.ApplicationCreated, nil
				if err := d.Client.Status().Update(t.Context(), other); err != nil {
					t.Fatal(err)
				}
				d.clock.Step(5 * time.Minute)
			}
			d.Ready(late)
			if got := late.Status.ApplicationKey == half; got != tc.takes {
				t.Errorf("it was taken: %v", got)
			}
			if slices.Contains(late.Status.Leftovers, half) {
				t.Error("it is named as a leftover")
			}
		})
	}
}
