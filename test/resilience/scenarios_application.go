package resilience

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func applicationScenarios() []Scenario {
	hidden := emulator.Switches{HideOwner: true}
	return []Scenario{
		{Name: "the first application", Prepare: aTenant, Begin: declare(orders)},
		{Name: "the first application, of which the tenant hides the owner", Switches: hidden, Prepare: aTenant, Begin: declare(orders)},
		{Name: "an update of an application", Prepare: aClient, Begin: changeApplication(updateApplication)},
		{Name: "other permissions", Prepare: anApplication, Begin: changeApplication(func(spec *v1alpha1.OAuthClientSpec) {
			spec.Permissions = []v1alpha1.Permission{{Role: "Readers", CreateRole: true}, {Role: "Keepers", Rights: []v1alpha1.ApplicationRight{"View"}}}
		})},
		{Name: "no role for clients any more", Prepare: anApplication, Begin: changeApplication(func(spec *v1alpha1.OAuthClientSpec) {
			spec.ClientRole, spec.ClaimsScript = v1alpha1.ClientRoleNone, ""
		})},
		{Name: "the adoption of an application", Prepare: func(w *World) {
			aTenant(w)
			w.makeOrdersByHand()
		}, Begin: declare(adoptedOrders)},
		{Name: "the deletion of an application", Prepare: anApplication, Begin: withdraw(orders)},
		{Name: "the deletion of an application that is begun", Prepare: aTenant, Begin: declare(orders), Meanwhile: withdraw(orders)},
		{Name: "the first application, while somebody makes another", Prepare: aTenant, Begin: declare(orders), Meanwhile: makeByHand},
		{
			Name: "the first application, of which the tenant hides the owner, while somebody makes another", Switches: hidden,
			Prepare: aTenant, Begin: declare(orders), Meanwhile: makeByHand,
		},
		{
			Name: "the deletion of an application that is begun, of which the tenant hides the owner", Switches: hidden, Unproven: true,
			Prepare: aTenant, Begin: declare(orders), Meanwhile: withdraw(orders),
		},
		{Name: "the deletion of an application that is begun, while somebody makes another", Unproven: true, Prepare: aTenant, Begin: declare(orders), Meanwhile: func(w *World) {
			makeByHand(w)
			withdraw(orders)(w)
		}},
		{Name: "a change that is taken back", Prepare: anApplication, Begin: changeApplication(func(spec *v1alpha1.OAuthClientSpec) {
			spec.Audience = "https://mistake.example.com"
		}), Meanwhile: changeApplication(func(spec *v1alpha1.OAuthClientSpec) { spec.Audience = "https://orders.example.com" })},
		{Name: "a role for clients that is begun and not wanted", Prepare: aTenant, Begin: declare(orders), Meanwhile: changeApplication(func(spec *v1alpha1.OAuthClientSpec) {
			spec.ClientRole = v1alpha1.ClientRoleNone
		})},
	}
}

// makeByHand makes an application that has no name yet, as somebody does at the portal.
func makeByHand(w *World) {
	w.t.Helper()
	if _, err := w.Tenant.AddApplication(map[string]any{"Name": "Half made by hand"}); err != nil {
		w.t.Fatal(err)
	}
}

func updateApplication(spec *v1alpha1.OAuthClientSpec) {
	spec.Audience, spec.Description = "https://changed.example.com", "Changed"
	spec.Token = &v1alpha1.ApplicationToken{Lifetime: &metav1.Duration{Duration: time.Hour}}
	spec.ClaimsScript = "setClaim('Department', 'changed')"
}

// adoptedOrders is orders where somebody has made the application. It goes with the object.
func adoptedOrders(w *World) client.Object {
	o := orders(w).(*v1alpha1.OAuthClient)
	o.Spec.AdoptionPolicy, o.Spec.DeletionPolicy = v1alpha1.AdoptionPolicyAdopt, v1alpha1.DeletionPolicyDelete
	return o
}

func (w *World) makeOrdersByHand() {
	w.t.Helper()
	key, err := w.Tenant.AddApplication(map[string]any{"Name": "Made by hand", "ServiceName": "orders"})
	if err == nil {
		err = w.Tenant.AddGrant(key, emulator.SeedGrant{Role: "Keepers"})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}
