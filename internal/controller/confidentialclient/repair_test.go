package confidentialclient_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

func TestADeletedSecretIsMadeAgainAtOnce(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")
	before := w.TokenSecret(consumer)
	w.Quiet()
	calls, writes := w.Tenant.Calls(), w.Writes()

	w.Delete(before.DeepCopy())
	seeAnother(w, before)
	w.Quiet()
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 1 {
		t.Errorf("the repair took more than the one mint:\n%s", made)
	}
	if made := w.Writes().Since(writes); made.Of("secrets") != 1 || made.Total() > 2 {
		t.Errorf("the repair took other writes than Secret and status: %s", made)
	}
}

func TestAnEditedSecretIsRepairedAtOnceAndForeignKeysStay(t *testing.T) {
	for name, edit := range map[string]func(*corev1.Secret){
		"the token":                func(s *corev1.Secret) { s.Data[v1alpha1.AccessTokenKey] = []byte("edited") },
		"the token, removed":       func(s *corev1.Secret) { delete(s.Data, v1alpha1.AccessTokenKey) },
		"the expiry":               func(s *corev1.Secret) { s.Data[v1alpha1.ExpiresAtKey] = []byte("2099-01-01T00:00:00Z") },
		"the annotated expiry":     func(s *corev1.Secret) { s.Annotations[v1alpha1.ExpirationTimeAnnotation] = "2099-01-01T00:00:00Z" },
		"all annotations, removed": func(s *corev1.Secret) { s.Annotations = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			w.StartOperator()
			_, consumer := w.Provisioned("orders", "billing")
			secret := w.TokenSecret(consumer)
			w.Update(secret, func() {
				secret.Data["theirs"] = []byte("stays")
				secret.Labels["theirs"] = "stays"
			})
			w.Quiet()
			calls := w.Tenant.Calls()
			w.Update(secret, func() { edit(secret) })
			w.Eventually("see the Secret repaired", func() error {
				w.Get(secret)
				if len(strings.Split(string(secret.Data[v1alpha1.AccessTokenKey]), ".")) != 3 || secret.Annotations[v1alpha1.FingerprintAnnotation] == "" {
					return errors.New("it has no token or no fingerprint")
				}
				if string(secret.Data[v1alpha1.ExpiresAtKey]) != secret.Annotations[v1alpha1.ExpirationTimeAnnotation] ||
					strings.HasPrefix(string(secret.Data[v1alpha1.ExpiresAtKey]), "2099") {
					return errors.New("its expiry is not the token's")
				}
				return nil
			})
			w.Quiet()
			w.Get(secret)
			if string(secret.Data["theirs"]) != "stays" || secret.Labels["theirs"] != "stays" {
				t.Errorf("what others wrote is gone: %v", secret.Labels)
			}
			if made := w.Tenant.Calls().Sub(calls); made.Total() != 1 {
				t.Errorf("the repair took more than the one mint:\n%s", made)
			}
			w.Ready(consumer)
		})
	}
}

func TestLabelsTakenOffAreRepairedWithoutAMint(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")
	secret := w.TokenSecret(consumer)
	token := string(secret.Data[v1alpha1.AccessTokenKey])
	w.Quiet()
	calls := w.Tenant.Calls()
	w.Update(secret, func() { secret.Labels = nil })
	w.Eventually("see the labels again", func() error {
		w.Get(secret)
		if secret.Labels[v1alpha1.WatchLabel] != "true" {
			return errors.New("the Secret has no label")
		}
		return nil
	})
	w.Quiet()
	if string(secret.Data[v1alpha1.AccessTokenKey]) != token {
		t.Error("the token has changed")
	}
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("the repair made calls:\n%s", made)
	}
}

func TestAForeignSecretIsLeftUntouched(t *testing.T) {
	for name, labels := range map[string]map[string]string{
		"without our label, so that no cache has it": nil,
		"with our label": {v1alpha1.WatchLabel: "true", v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue},
	} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			w.StartOperator()
			w.Provisioned("orders", "other")
			foreign := secretNamed(w.Namespace("billing"), "billing")
			foreign.Labels = labels
			foreign.Data = map[string][]byte{"access_token": []byte("somebody else's"), "key": []byte("value")}
			w.Create(foreign)
			w.Quiet()
			calls, writes := w.Tenant.Calls(), w.Writes()

			consumer := w.ConfidentialClient("billing", "orders", "read")
			w.Create(consumer)
			conflict := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretConflict)
			if !strings.Contains(conflict.Message, foreign.Namespace+"/billing") || !strings.Contains(conflict.Message, "spec.secret.name") {
				t.Errorf("the message does not say which Secret and what to do: %s", conflict.Message)
			}
			w.Quiet()
			now := foreign.DeepCopy()
			w.Get(now)
			if diff := cmp.Diff(foreign, now); diff != "" {
				t.Errorf("the foreign Secret has changed (-was +is):\n%s", diff)
			}
			if made := w.Writes().Since(writes); made.Of("secrets") != 0 {
				t.Errorf("Secrets were written: %s", made)
			}
			if made := w.Tenant.Calls().Sub(calls); made.Total() != 0 {
				t.Errorf("calls were made for a token that has no place:\n%s", made)
			}

			w.Update(consumer, func() { consumer.Spec.Secret = &v1alpha1.PublishedSecret{Name: "billing-token"} })
			w.Ready(consumer)
		})
	}
}

func TestARenamedSecretTakesTheOldOneAway(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")
	old := w.TokenSecret(consumer)
	w.Update(consumer, func() { consumer.Spec.Secret = &v1alpha1.PublishedSecret{Name: "renamed"} })
	w.Ready(consumer)
	w.Gone(old)
	if secret := w.TokenSecret(consumer); secret.Name != "renamed" {
		t.Errorf("the status names Secret %q", secret.Name)
	}
}

func TestAContestedSecretDoesNotCostATokenEachTime(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")
	secret := w.TokenSecret(consumer)
	w.Quiet()
	calls := w.Tenant.Calls()
	for range 2 {
		w.Update(secret, func() { secret.Data[v1alpha1.AccessTokenKey] = []byte("contested") })
		w.Quiet()
	}
	contested := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretContested)
	if made := w.Tenant.Calls().Sub(calls); made.Total() != 1 {
		t.Errorf("%d tokens were minted, not 1 for the first repair; the condition says: %s", made.Total(), contested.Message)
	}
}

func TestAUserThatWasChangedBehindOurBackIsMended(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(t *testing.T, w *environment.World, user emulator.User)
		want   string // reason of Ready
	}{
		"deleted": {func(t *testing.T, w *environment.World, u emulator.User) { must(t, w.Tenant.RemoveUser(u.Name)) }, v1alpha1.ReasonAvailable},
		"another password": {func(t *testing.T, w *environment.World, u emulator.User) {
			must(t, w.Tenant.SetUserPassword(u.Name, "Another-Passw0rd-by-somebody"))
		}, v1alpha1.ReasonAvailable},
		"disabled": {func(t *testing.T, w *environment.World, u emulator.User) {
			must(t, w.Tenant.SetUserState(u.Name, "Disabled"))
		}, v1alpha1.ReasonInvalidClient},
	} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			w.StartOperator()
			_, consumer := w.Provisioned("orders", "billing")
			tc.change(t, w, userOf(t, w, consumer))
			w.Delete(w.TokenSecret(consumer)) // a reason to mint
			w.Eventually("see Ready with reason "+tc.want, func() error {
				w.Get(consumer)
				for _, c := range consumer.Status.Conditions {
					if c.Type == v1alpha1.ConditionReady && c.Reason == tc.want && (tc.want != v1alpha1.ReasonAvailable || w.Client.Get(w.Context(), environment.Key(consumer), &corev1.Secret{}) == nil) {
						return nil
					}
				}
				return errors.New("it is not so")
			})
			users := 0
			for _, u := range w.Tenant.Users() {
				if strings.Contains(u.Description, consumer.Namespace+"/billing") {
					users++
				}
			}
			if users != 1 {
				t.Errorf("there are %d users of this client", users)
			}
		})
	}
}

func TestALostCredentialLeadsToAResetAndNotToASecondUser(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")
	before := userOf(t, w, consumer)
	w.Delete(secretNamed(w.Namespace("operator"), "credential-"+string(consumer.UID)))
	old := w.TokenSecret(consumer)
	w.Delete(old.DeepCopy())
	seeAnother(w, old)
	w.Ready(consumer)
	if after := userOf(t, w, consumer); after.ID != before.ID {
		t.Errorf("user %s has become %s", before.ID, after.ID)
	}
}

// seeAnother waits for a Secret in the place of one that was deleted.
func seeAnother(w *environment.World, deleted *corev1.Secret) {
	w.Eventually("see another Secret", func() error {
		now := secretNamed(deleted.Namespace, deleted.Name)
		if err := w.Client.Get(w.Context(), environment.Key(now), now); err != nil {
			return err
		}
		if now.UID == deleted.UID {
			return errors.New("it is the old one")
		}
		return nil
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestATokenIsMintedFromTheApplicationAsItIsAndNotAsItIsAskedFor(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	w.Quiet()
	w.Tenant.Inject(emulator.Fault{Operation: "SaasManage/UpdateApplicationDE", Kind: emulator.FaultStatus, Status: 503, Count: 2})
	w.Update(application, func() { application.Spec.Audience = "https://new.example.com" })
	w.Ready(application)
	w.Eventually("see a token for the new audience", func() error {
		if got := claimsOf(t, w.TokenSecret(consumer))["aud"]; got != "https://new.example.com" {
			return errors.New("its audience is the old one")
		}
		return nil
	})
	if n := w.Tenant.Calls()["OAuth2/Token/orders"]; n != 2 {
		t.Errorf("%d tokens were minted, not one for each audience", n)
	}
}

func TestAUserThatIsGoneOrTakenIsSeenWhenTheIdentityChanges(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	_, consumer := w.Provisioned("orders", "billing")
	user := userOf(t, w, consumer)
	must(t, w.Tenant.RemoveUser(user.Name))
	w.Update(consumer, func() { consumer.Spec.Identity = &v1alpha1.ClientIdentity{DisplayName: "Made again"} })
	w.Ready(consumer)
	if again := userOf(t, w, consumer); again.ID == user.ID || again.DisplayName != "Made again" {
		t.Errorf("the user is %+v", again)
	}

	must(t, w.Tenant.RemoveUser(user.Name))
	_, err := w.Tenant.AddUser(emulator.SeedUser{Name: user.Name, DisplayName: "A person", Description: "A person"})
	must(t, err)
	w.Update(consumer, func() { consumer.Spec.Identity.DisplayName = "Not a person" })
	w.Condition(consumer, v1alpha1.ConditionIdentityProvisioned, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	for _, u := range w.Tenant.Users() {
		if u.Name == user.Name && u.DisplayName != "A person" {
			t.Errorf("somebody else's user was changed: %+v", u)
		}
	}
}

func TestARoleThatWasCutOffAndTakenBackIsTakenBackOnTheTenant(t *testing.T) {
	w := server.New(t, emulator.Options{})
	for _, role := range []string{"Auditors", "Readers"} {
		_, err := w.Tenant.AddRole(emulator.SeedRole{Name: role})
		must(t, err)
	}
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.Access.AllowedRoles = []string{"*"}
	application, consumer := w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
	application.Spec.ClientRole, application.Spec.Permissions = v1alpha1.ClientRoleNone, []v1alpha1.Permission{{Role: "Readers"}}
	consumer.Spec.Identity = &v1alpha1.ClientIdentity{Roles: []string{"Readers"}}
	w.Create(w.AdminSecret(), tenant, application, consumer)
	w.Ready(tenant, application, consumer)
	before := userOf(t, w, consumer).RoleIDs
	// The first of two roles is joined, and the answer never comes.
	remove := w.Tenant.Inject(emulator.Fault{Operation: "SaasManage/AddUsersAndGroupsToRole", Kind: emulator.FaultResetAfter})
	w.Update(consumer, func() { consumer.Spec.Identity.Roles = []string{"Auditors", "Readers"} })
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	if during := userOf(t, w, consumer).RoleIDs; len(during) != len(before)+1 {
		t.Fatalf("the user is in the roles %v", during)
	}
	remove()
	w.Update(consumer, func() { consumer.Spec.Identity.Roles = []string{"Readers"} })
	w.Ready(consumer)
	if after := userOf(t, w, consumer).RoleIDs; len(after) != len(before) {
		t.Errorf("the user is in the roles %v, not %v", after, before)
	}
}
