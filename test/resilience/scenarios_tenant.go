package resilience

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// otherPassword replaces that of the operator's own user.
const otherPassword = "Other-horse-battery-9"

func tenantScenarios() []Scenario {
	return []Scenario{
		{Name: "the first tenant", Begin: aTenant},
		{Name: "everything at once", Begin: aScope},
		{Name: "the end of everything at once", Prepare: aScope, Begin: withdraw(billing, writing, orders, theTenant)},
		{Name: "other credentials of the tenant", Prepare: aClient, Begin: replaceCredentials},
		{Name: "access withdrawn", Prepare: aClient, Begin: withdrawScope, Settled: notAdmitted},
		{Name: "access given back", Prepare: func(w *World) {
			aClient(w)
			w.Work(Break{}, w.AllReady)
			withdrawScope(w)
			w.Work(Break{}, func() bool { return notAdmitted(w) })
			allowScope(w)
		}, Begin: renewalTime},
		{Name: "a deletion of the tenant that waits for its dependents", Prepare: aClient, Begin: withdraw(theTenant, billing, orders)},
	}
}

// replaceCredentials gives the operator's own user another password, and tells the operator.
func replaceCredentials(w *World) {
	w.t.Helper()
	id, _ := w.Tenant.AdminCredential()
	if err := w.Tenant.SetUserPassword(id, otherPassword); err != nil {
		w.t.Fatal(err)
	}
	s := w.AdminSecret()
	w.Update(s, func() { s.Data[v1alpha1.ClientSecretKey] = []byte(otherPassword) })
}

func withdrawScope(w *World) {
	changeTenant(func(spec *v1alpha1.IdentityTenantSpec) { spec.Access.AllowedScopes = []string{"write"} })(w)
}

func allowScope(w *World) {
	changeTenant(func(spec *v1alpha1.IdentityTenantSpec) { spec.Access.AllowedScopes = nil })(w)
}

// notAdmitted says whether the client knows that it is not admitted any more. Its token lives on.
func notAdmitted(w *World) bool {
	c := theClient(w)
	degraded := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionDegraded)
	return degraded != nil && degraded.Reason == v1alpha1.ReasonNotAdmitted
}
