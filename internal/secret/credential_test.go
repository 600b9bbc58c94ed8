package secret_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

func vault(w *environment.World) secret.Vault {
	return secret.Vault{Client: w.Client, Live: w.Client, Namespace: w.Namespace("operator")}
}

// TestEnsureMakesOneCredential lets several passes over one object make its credential at once, as two leaders might.
func TestEnsureMakesOneCredential(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	const passes = 8
	stored, made, errs := make([]secret.Stored, passes), make([]bool, passes), make([]error, passes)
	var all sync.WaitGroup
	for i := range passes {
		all.Go(func() { stored[i], made[i], errs[i] = vault(w).Ensure(t.Context(), c, "billing@corp.example", "") })
	}
	all.Wait()
	count := 0
	for i := range passes {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if made[i] {
			count++
		}
		if !stored[i].Credential.ClientSecret.Equal(stored[0].Credential.ClientSecret) || stored[i].Credential.ClientID != "billing@corp.example" {
			t.Error("two passes have different credentials")
		}
	}
	if count != 1 {
		t.Errorf("%d passes made a credential", count)
	}
	if c.Namespace == w.Namespace("operator") {
		t.Fatal("the test proves nothing")
	}
	list := &corev1.SecretList{}
	if err := w.Client.List(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	for i := range list.Items {
		s := &list.Items[i]
		if s.Namespace == c.Namespace {
			t.Errorf("Secret %s is where the workload can read it", environment.Key(s))
		}
		if s.Namespace != w.Namespace("operator") {
			continue
		}
		want := map[string]string{v1alpha1.WatchLabel: "true", v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue, v1alpha1.OwnerUIDLabel: string(c.UID)}
		if diff := cmp.Diff(want, s.Labels); diff != "" {
			t.Errorf("labels (-want +got):\n%s", diff)
		}
	}
}

func TestACredentialIsKeptUntilItIsDeleted(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	v := vault(w)
	if _, found, err := v.Get(t.Context(), c.UID); found || err != nil {
		t.Fatalf("found %v, error %v", found, err)
	}
	made, _, err := v.Ensure(t.Context(), c, "billing@corp.example", "")
	if err != nil {
		t.Fatal(err)
	}
	kept, found, err := v.Get(t.Context(), c.UID)
	if err != nil || !found {
		t.Fatalf("found %v, error %v", found, err)
	}
	if !kept.Credential.ClientSecret.Equal(made.Credential.ClientSecret) || kept.Credential.ClientID != made.Credential.ClientID || !kept.LastReset.IsZero() {
		t.Errorf("kept %+v, made %+v", kept, made)
	}
	for range 2 {
		if err := v.Delete(t.Context(), c.UID); err != nil {
			t.Fatal(err)
		}
		if _, found, err := v.Get(t.Context(), c.UID); found || err != nil {
			t.Fatalf("found %v, error %v", found, err)
		}
	}
}

// TestRecordResetIsWonByOne: who loses must not send anything to the tenant.
func TestRecordResetIsWonByOne(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	v := vault(w)
	if _, _, err := v.Ensure(t.Context(), c, "billing@corp.example", ""); err != nil {
		t.Fatal(err)
	}
	first, _, err := v.Get(t.Context(), c.UID)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := v.Get(t.Context(), c.UID)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.RecordReset(t.Context(), first, issued); err != nil {
		t.Fatal(err)
	}
	if err := v.RecordReset(t.Context(), second, issued); !apierrors.IsConflict(errors.Unwrap(err)) {
		t.Errorf("the second gets %v", err)
	}
	stored, _, err := v.Get(t.Context(), c.UID)
	if err != nil || !stored.LastReset.Equal(issued) {
		t.Errorf("last reset %v, error %v", stored.LastReset, err)
	}
	if !stored.Credential.ClientSecret.Equal(first.Credential.ClientSecret) {
		t.Error("the credential changed")
	}
}

func TestReadCredential(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct {
		data   map[string]string
		says   string
		reason string
	}{
		"both keys":                 {map[string]string{"client_id": "me", "client_secret": "hunter2"}, "", ""},
		"blanks and an end of line": {map[string]string{"client_id": " me\n", "client_secret": "hunter2\r\n"}, "", ""},
		"no Secret":                 {nil, "does not exist; create it", v1alpha1.ReasonSecretNotFound},
		"no client_id":              {map[string]string{"client_secret": "hunter2"}, `has no value under key "client_id"; add it`, v1alpha1.ReasonSecretIncomplete},
		"no client_secret":          {map[string]string{"client_id": "me"}, `has no value under key "client_secret"; add it`, v1alpha1.ReasonSecretIncomplete},
		"a client_secret of blanks": {map[string]string{"client_id": "me", "client_secret": " \n"}, `has no value under key "client_secret"; add it`, v1alpha1.ReasonSecretIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("billing"), Name: "mine"}, StringData: tc.data}
			if tc.data != nil {
				w.Create(object)
				defer w.Delete(object)
			}
			got, err := secret.ReadCredential(t.Context(), w.Client, environment.Key(object))
			if tc.says != "" {
				var own interface{ ConditionReason() string }
				if err == nil || !strings.HasSuffix(err.Error(), tc.says) || !errors.As(err, &own) || own.ConditionReason() != tc.reason {
					t.Errorf("got %v", err)
				}
				if apierrors.IsNotFound(err) {
					t.Error("it passes for the absence of the object that refers to the Secret")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Credential.ClientID != "me" || got.Credential.ClientSecret.Reveal() != "hunter2" {
				t.Errorf("got client_id %q", got.Credential.ClientID)
			}
			w.Update(object, func() { object.Data["other"] = []byte("x") })
			if again, err := secret.ReadCredential(t.Context(), w.Client, environment.Key(object)); err != nil || again.Version == got.Version {
				t.Errorf("after a write the version is %q as before (%v)", again.Version, err)
			}
		})
	}
}
