package scope_test

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestAScopeSaysWhyItIsNotTaken(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application, directory := w.OAuthClient("orders"), w.OAuthClient("directory")
	directory.Spec.Type, directory.Spec.Audience, directory.Spec.Scopes = v1alpha1.ApplicationTypeOAuth2Client, "", nil
	w.Create(application, directory)
	w.Ready(application, directory)

	taken := w.Scope("write", "orders", "write")
	w.Create(taken)
	w.Ready(taken)
	younger := w.Scope("write-too", "orders", "write")
	inline := w.Scope("read", "orders", "read")
	elsewhere := w.Scope("elsewhere", "orders", "elsewhere")
	elsewhere.Namespace, elsewhere.Spec.OAuthClientRef.Namespace = w.Namespace("billing"), w.Namespace("shop")
	patterns := w.Scope("patterns", "orders", "patterns")
	patterns.Spec.RESTPatterns = []string{".*"}
	broken := w.Scope("broken", "directory", "broken")
	broken.Spec.RESTPatterns = []string{"/UserMgmt/.*", "/Roles/("}
	lost := w.Scope("lost", "nobody", "lost")
	for _, tc := range []struct {
		scope            *v1alpha1.Scope
		reason, contains string
	}{
		{younger, v1alpha1.ReasonConflict, "Scope " + taken.Namespace + "/write"},
		{inline, v1alpha1.ReasonConflict, "spec.scopes"},
		{elsewhere, v1alpha1.ReasonNotAdmitted, "spec.scopeAttachment"},
		{patterns, v1alpha1.ReasonTypeMismatch, "restPatterns"},
		{broken, v1alpha1.ReasonInvalidPattern, "restPatterns[1]"},
		{lost, v1alpha1.ReasonOAuthClientNotFound, w.Namespace("shop") + "/nobody"},
	} {
		w.Create(tc.scope)
		c := w.Condition(tc.scope, v1alpha1.ConditionAccepted, metav1.ConditionFalse, tc.reason)
		if !strings.Contains(c.Message, tc.contains) {
			t.Errorf("the message of %s does not name %s: %s", tc.scope.Name, tc.contains, c.Message)
		}
	}
	w.Condition(application, v1alpha1.ConditionScopesAccepted, metav1.ConditionFalse, v1alpha1.ReasonSomeRejected)
	w.Ready(application, directory)

	// The younger takes the place of the older when that goes, and the stranger's is taken once it is admitted.
	w.Delete(taken)
	w.Ready(younger)
	w.Update(application, func() {
		application.Spec.ScopeAttachment = &v1alpha1.NamespaceConsent{Namespaces: &v1alpha1.NamespaceAccess{From: v1alpha1.NamespacesFromAll}}
	})
	w.Ready(elsewhere)
	found, _ := w.Tenant.Application("orders")
	var names []string
	for _, s := range found.Profile.KnownScopes {
		names = append(names, s.Scope)
	}
	if got := strings.Join(names, " "); got != "elsewhere read write" {
		t.Errorf("the application has the scopes %s", got)
	}
}

func TestTwoHundredScopesAtOnceAreAHandfulOfUpdatesAndNoneIsLost(t *testing.T) {
	const many = 200
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application := w.OAuthClient("orders")
	w.Create(application)
	scopes := make([]*v1alpha1.Scope, many)
	for i := range scopes {
		scopes[i] = w.Scope(fmt.Sprintf("scope-%d", i), "orders", fmt.Sprintf("scope:%d", i))
		w.Create(scopes[i])
	}
	for _, s := range scopes {
		w.Ready(s)
	}
	w.Ready(application)
	if application.Status.Scopes.Count != many+1 {
		t.Errorf("the status counts %d scopes", application.Status.Scopes.Count)
	}
	if n := w.Tenant.Calls()["SaasManage/UpdateApplicationDE"]; n > 5 {
		t.Errorf("the application was updated %d times", n)
	}
	for _, s := range scopes {
		w.Delete(s)
	}
	w.Eventually("see one scope left", func() error {
		found, _ := w.Tenant.Application("orders")
		if n := len(found.Profile.KnownScopes); n != 1 {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
}

func TestAChangedScopeIsNotReadyUntilItIsApplied(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application, scope := w.OAuthClient("orders"), w.Scope("write", "orders", "write")
	w.Create(application, scope)
	w.Ready(application, scope)
	w.Quiet()
	remove := w.Tenant.Inject(emulator.Fault{Operation: "SaasManage/*", Kind: emulator.FaultStatus, Status: 500})
	w.Update(scope, func() { scope.Spec.Description = "Changed" })
	w.Condition(scope, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSpecNotApplied)
	w.Condition(scope, v1alpha1.ConditionAccepted, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	remove()
	w.Ready(scope)
	found, _ := w.Tenant.Application("orders")
	if at := found.Profile.KnownScopes[1]; at.Description != "Changed" {
		t.Errorf("the scope on the application is %+v", at)
	}
}
