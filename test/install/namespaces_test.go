package install_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// startIn starts an operator for some of the world's namespaces.
func startIn(w *environment.World, parts ...string) {
	w.StartOperator(func(_ *rest.Config, options *operator.Options) {
		for _, part := range parts {
			options.WatchNamespaces = append(options.WatchNamespaces, w.Namespace(part))
		}
	})
}

// expectMessage checks that a condition names what somebody has to change.
func expectMessage(t *testing.T, condition metav1.Condition, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(condition.Message, part) {
			t.Errorf("%s does not speak of %q: %s", condition.Type, part, condition.Message)
		}
	}
}

func TestWhatNeedsAWholeClusterIsRefusedInSomeNamespaces(t *testing.T) {
	w := server.New(t, emulator.Options{})
	startIn(w, "identity", "shop")
	open := &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}
	bySelector := &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromSelector, Selector: &metav1.LabelSelector{}}

	nameless, selecting, good := w.IdentityTenant(), w.IdentityTenant(), w.IdentityTenant()
	nameless.Name, nameless.Spec.ClusterID, nameless.Spec.Access.Namespaces = "nameless", "", open
	selecting.Name = "selecting"
	good.Spec.Access.Namespaces = open
	consumers, attachment := w.OAuthClient("consumers"), w.OAuthClient("attachment")
	consumers.Spec.Consumers.Namespaces = bySelector
	attachment.Spec.ScopeAttachment = &v1alpha1.NamespaceConsent{Namespaces: bySelector}
	w.Create(w.AdminSecret(), nameless, selecting, good, consumers, attachment)
	w.Ready(good)

	expectMessage(t, w.Condition(nameless, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec), "spec.clusterID")
	expectMessage(t, w.Condition(selecting, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec), "spec.access.namespaces.from", w.Namespace("shop"))
	expectMessage(t, w.Condition(consumers, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec), "spec.consumers.namespaces.from")
	expectMessage(t, w.Condition(attachment, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec), "spec.scopeAttachment.namespaces.from")
	if nameless.Status.ClusterID != "" {
		t.Errorf("the cluster has the name %q", nameless.Status.ClusterID)
	}
	// What is put right works.
	w.Update(consumers, func() { consumers.Spec.Consumers.Namespaces = open })
	w.Ready(consumers)
}

func TestWhatIsInOtherNamespacesDoesNotExist(t *testing.T) {
	w := server.New(t, emulator.Options{})
	startIn(w, "shop", "billing")
	begun := len(w.Journal.String())
	tenant := w.CreateTenant() // in namespace identity
	application := w.OAuthClient("orders")
	scope := w.Scope("write", "elsewhere", "write")
	scope.Spec.OAuthClientRef.Namespace = w.Namespace("identity")
	external := w.ConfidentialClient("billing", "elsewhere", "read")
	external.Spec.OAuthClientRef.Namespace = w.Namespace("identity")
	w.Create(application, scope, external)

	outOfReach := []string{"this operator works in the namespaces " + w.Namespace("shop") + ", " + w.Namespace("billing") + " only"}
	expectMessage(t, w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonTenantNotFound), outOfReach...)
	expectMessage(t, w.Condition(scope, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonOAuthClientNotFound), outOfReach...)
	expectMessage(t, w.Condition(external, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonOAuthClientNotFound), outOfReach...)
	w.Quiet()
	if w.Get(tenant); len(tenant.Status.Conditions)+len(tenant.Finalizers) > 0 {
		t.Errorf("the tenant of another namespace was worked on: %+v", tenant.Status)
	}
	// Scopes and ConfidentialClients wake the OAuthClient that they name, wherever it is.
	if log := w.Journal.String()[begun:]; strings.Contains(log, "Reconciler error") {
		t.Errorf("passes fail:\n%s", log)
	}
	w.Delete(external)
	w.Delete(scope)
	w.Delete(application)
	w.Gone(external, scope, application)
}

func TestANameThatIsNoNamespaceIsNotWatched(t *testing.T) {
	for _, namespaces := range [][]string{{"Shop"}, {"shop", ""}, {"shop/orders"}} {
		options := operator.DefaultOptions("oauth-operator-system")
		options.WatchNamespaces = namespaces
		if err := options.Validate(); err == nil {
			t.Errorf("%q is taken", namespaces)
		}
	}
}
