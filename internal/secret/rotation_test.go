package secret_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// shown is what of a stored credential can be compared.
type shown struct {
	ClientID, Secret, PendingID, PendingSecret string
	Request, Retiring                          string
	Rotated                                    time.Time
}

func show(s secret.Stored) shown {
	out := shown{
		ClientID: s.Credential.ClientID, Secret: s.Credential.ClientSecret.Reveal(), Request: s.RotateRequest, Retiring: s.Retiring, Rotated: s.RotatedTime.UTC(),
	}
	if s.Pending != nil {
		out.PendingID, out.PendingSecret = s.Pending.ClientID, s.Pending.ClientSecret.Reveal()
	}
	return out
}

// TestACredentialIsReplacedInTwoSteps goes through two rotations, to another user and in place; each step is read back.
func TestACredentialIsReplacedInTwoSteps(t *testing.T) {
	w := newWorld(t)
	c, v := client(w, "billing"), vault(w)
	stored, _, err := v.Ensure(t.Context(), c, "billing@corp.example", "")
	if err != nil {
		t.Fatal(err)
	}
	made := show(stored)
	if made.Rotated.IsZero() || made.PendingID != "" || made.Retiring != "" {
		t.Errorf("a new credential is %+v", made)
	}
	step := func(want func(before, got shown) shown, take func() (secret.Stored, error)) {
		t.Helper()
		before := show(stored)
		if stored, err = take(); err != nil {
			t.Fatal(err)
		}
		got := show(stored)
		if diff := cmp.Diff(want(before, got), got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		kept, _, err := v.Get(t.Context(), c.UID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, show(kept)); diff != "" {
			t.Errorf("it is kept otherwise (-got +kept):\n%s", diff)
		}
	}
	proposed := func(id, request string) func(before, got shown) shown {
		return func(before, got shown) shown {
			if got.PendingSecret == before.Secret || len(got.PendingSecret) < 26 {
				t.Error("the pending client secret is the old one, or a short one")
			}
			before.PendingID, before.PendingSecret, before.Request = id, got.PendingSecret, request
			return before
		}
	}
	promoted := func(retiring string) func(before, got shown) shown {
		return func(before, _ shown) shown {
			return shown{ClientID: before.PendingID, Secret: before.PendingSecret, Request: before.Request, Retiring: retiring, Rotated: issued}
		}
	}
	step(proposed("billing-b@corp.example", "one"), func() (secret.Stored, error) { return v.Propose(t.Context(), stored, "billing-b@corp.example", "one") })
	if diff := cmp.Diff([]string{"billing-b@corp.example", "billing@corp.example"}, stored.Usernames()); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	step(promoted("billing@corp.example"), func() (secret.Stored, error) { return v.Promote(t.Context(), stored, issued) })
	step(func(before, _ shown) shown { before.Retiring = ""; return before }, func() (secret.Stored, error) { return v.Retired(t.Context(), stored) })
	step(proposed("billing-b@corp.example", "one"), func() (secret.Stored, error) { return v.Propose(t.Context(), stored, "billing-b@corp.example", "") })
	step(promoted(""), func() (secret.Stored, error) { return v.Promote(t.Context(), stored, issued) })
	step(func(before, _ shown) shown { return before }, func() (secret.Stored, error) { return v.Retired(t.Context(), stored) })
	if diff := cmp.Diff([]string{"billing-b@corp.example"}, stored.Usernames()); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}

// TestEachStepOfARotationIsWonByOne: who loses must not send anything to the tenant.
func TestEachStepOfARotationIsWonByOne(t *testing.T) {
	w := newWorld(t)
	c, v := client(w, "billing"), vault(w)
	if _, _, err := v.Ensure(t.Context(), c, "billing@corp.example", ""); err != nil {
		t.Fatal(err)
	}
	for name, take := range map[string]func(secret.Stored) (secret.Stored, error){
		"to propose": func(s secret.Stored) (secret.Stored, error) {
			return v.Propose(t.Context(), s, "x@corp.example", "one")
		},
		"to promote": func(s secret.Stored) (secret.Stored, error) { return v.Promote(t.Context(), s, issued) },
		"to retire":  func(s secret.Stored) (secret.Stored, error) { s.Retiring = "x"; return v.Retired(t.Context(), s) },
	} {
		t.Run(name, func(t *testing.T) {
			pending, _, err := v.Get(t.Context(), c.UID)
			if err != nil {
				t.Fatal(err)
			}
			if pending.Pending == nil {
				if pending, err = v.Propose(t.Context(), pending, "billing-b@corp.example", ""); err != nil {
					t.Fatal(err)
				}
			}
			winner, err := v.Promote(t.Context(), pending, issued)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := take(pending); !apierrors.IsConflict(errors.Unwrap(err)) {
				t.Errorf("the second gets %v", err)
			}
			kept, _, err := v.Get(t.Context(), c.UID)
			if diff := cmp.Diff(show(winner), show(kept)); err != nil || diff != "" {
				t.Errorf("the second has changed it (-want +got):\n%s%v", diff, err)
			}
		})
	}
}

func TestANewCredentialAnswersARequestThatWasThereBefore(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	stored, _, err := vault(w).Ensure(t.Context(), c, "billing@corp.example", "before")
	if err != nil || stored.RotateRequest != "before" {
		t.Errorf("request %q is answered: %v", stored.RotateRequest, err)
	}
}

func TestHalfOfAPendingCredentialIsNone(t *testing.T) {
	w := newWorld(t)
	c, v := client(w, "billing"), vault(w)
	stored, _, err := v.Ensure(t.Context(), c, "billing@corp.example", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = v.Propose(t.Context(), stored, "billing@corp.example", ""); err != nil {
		t.Fatal(err)
	}
	object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("operator"), Name: "credential-" + string(c.UID)}}
	w.Update(object, func() { delete(object.Data, v1alpha1.PendingClientIDKey) })
	if kept, _, err := v.Get(t.Context(), c.UID); err != nil || kept.Pending != (*oauth.Credential)(nil) {
		t.Errorf("it counts as pending: %v", err)
	}
}
