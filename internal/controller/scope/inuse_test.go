package scope_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// onTenant waits until an application has exactly these scopes.
func onTenant(w *environment.World, application string, want ...string) {
	w.Eventually(fmt.Sprintf("see the scopes %v on the application", want), func() error {
		found, _ := w.Tenant.Application(application)
		var got []string
		for _, s := range found.Profile.KnownScopes {
			got = append(got, s.Scope)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			return errors.New(diff)
		}
		return nil
	})
}

// retained waits until the status of an application names exactly these scopes as retained.
func retained(w *environment.World, application *v1alpha1.OAuthClient, want ...string) {
	w.Eventually(fmt.Sprintf("see %v retained", want), func() error {
		w.Get(application)
		if got := application.Status.Scopes.Retained; !slices.Equal(got, want) {
			return fmt.Errorf("retained are %v", got)
		}
		return nil
	})
}

func TestAScopeThatIsRequestedStaysOnTheApplicationUntilItsUseEnds(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application := w.OAuthClient("orders")
	write, export := w.Scope("write", "orders", "write"), w.Scope("export", "orders", "export")
	w.Create(application, write, export)
	w.Ready(application, write, export)
	w.Condition(write, v1alpha1.ConditionInUse, metav1.ConditionFalse, v1alpha1.ReasonNotRequested)
	consumer := w.ConfidentialClient("billing", "orders", "read", "write")
	w.Create(consumer)
	w.Ready(consumer)
	w.Condition(write, v1alpha1.ConditionInUse, metav1.ConditionTrue, v1alpha1.ReasonRequested)
	w.Condition(export, v1alpha1.ConditionInUse, metav1.ConditionFalse, v1alpha1.ReasonNotRequested)

	// The one that is requested stays as it is, the other goes.
	before, _ := w.Tenant.Application("orders")
	w.Delete(write)
	w.Delete(export)
	w.Gone(write, export)
	onTenant(w, "orders", "read", "write")
	retained(w, application, "write")
	w.Ready(application, consumer)
	after, _ := w.Tenant.Application("orders")
	if diff := cmp.Diff(before.Profile.KnownScopes[2], after.Profile.KnownScopes[1]); diff != "" {
		t.Errorf("the retained scope was changed (-before +after):\n%s", diff)
	}
	issued := w.TokenSecret(consumer).Data["access_token"]

	// Nothing else about the application is held up by it, and a client that comes now can request it too.
	w.Update(application, func() { application.Spec.Description = "Orders" })
	w.Ready(application)
	second := w.ConfidentialClient("second", "orders", "write")
	w.Create(second)
	w.Ready(second)
	w.Update(consumer, func() { consumer.Spec.Scopes = []string{"read"} })
	w.Ready(consumer)
	w.Quiet()
	retained(w, application, "write")
	if string(issued) == string(w.TokenSecret(consumer).Data["access_token"]) {
		t.Error("the token with the scope is still published")
	}
	w.Delete(second)
	w.Gone(second)
	onTenant(w, "orders", "read")
	retained(w, application)
	w.Ready(application)
}

func TestAScopeThatIsDeclaredAgainIsNoLongerRetained(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application, write := w.OAuthClient("orders"), w.Scope("write", "orders", "write")
	consumer := w.ConfidentialClient("billing", "orders", "write")
	w.Create(application, write, consumer)
	w.Ready(consumer)
	w.Delete(write)
	retained(w, application, "write")
	again := w.Scope("write-again", "orders", "write")
	again.Spec.Description = "Write, again"
	w.Create(again)
	w.Ready(again)
	retained(w, application)
	w.Condition(again, v1alpha1.ConditionInUse, metav1.ConditionTrue, v1alpha1.ReasonRequested)
}

func TestWhoIsNotAdmittedHoldsOnToNoScope(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application, write := w.OAuthClient("orders"), w.Scope("write", "orders", "write")
	application.Spec.Consumers = nil
	w.Create(application, write)
	w.Ready(write)
	stranger := w.ConfidentialClient("stranger", "orders", "write")
	w.Create(stranger)
	w.Condition(stranger, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
	w.Quiet()
	w.Condition(write, v1alpha1.ConditionInUse, metav1.ConditionFalse, v1alpha1.ReasonNotRequested)
	w.Delete(write)
	onTenant(w, "orders", "read")
}

func TestAScopeThatLosesItsConsentGoesAtOnce(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application, write := w.OAuthClient("orders"), w.Scope("write", "orders", "write")
	application.Spec.ScopeAttachment = &v1alpha1.NamespaceConsent{Namespaces: &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}}
	write.Namespace, write.Spec.OAuthClientRef.Namespace = w.Namespace("billing"), application.Namespace
	consumer := w.ConfidentialClient("billing", "orders", "write")
	w.Create(application, write, consumer)
	w.Ready(consumer)
	w.Update(application, func() { application.Spec.ScopeAttachment = nil })
	onTenant(w, "orders", "read")
	w.Condition(write, v1alpha1.ConditionAccepted, metav1.ConditionFalse, v1alpha1.ReasonNotAdmitted)
}

func TestAScopeThatBecomesInvalidStaysAsItWasWhileItIsRequested(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	directory := w.OAuthClient("directory")
	directory.Spec.Type, directory.Spec.Audience, directory.Spec.Scopes = v1alpha1.ApplicationTypeOAuth2Client, "", nil
	users := w.Scope("users", "directory", "users")
	users.Spec.RESTPatterns = []string{"/UserMgmt/.*"}
	consumer := w.ConfidentialClient("billing", "directory", "users")
	w.Create(directory, users, consumer)
	w.Ready(consumer)
	w.Update(users, func() { users.Spec.RESTPatterns = []string{"/UserMgmt/("} })
	w.Condition(users, v1alpha1.ConditionAccepted, metav1.ConditionFalse, v1alpha1.ReasonInvalidPattern)
	retained(w, directory, "users")
	w.Ready(directory, consumer)
	found, _ := w.Tenant.Application("directory")
	if diff := cmp.Diff([]emulator.ProfileScope{{Scope: "users", Description: "Scope users", AllowedRest: []string{"/UserMgmt/.*"}}}, found.Profile.KnownScopes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
