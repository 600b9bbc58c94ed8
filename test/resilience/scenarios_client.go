package resilience

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func clientScenarios() []Scenario {
	return []Scenario{
		{Name: "the first client", Prepare: anApplication, Begin: declare(billing)},
		{Name: "the adoption of a user", Prepare: func(w *World) {
			anApplication(w)
			if _, err := w.Tenant.AddUser(emulator.SeedUser{Name: adoptedName, Password: "Correct-horse-9", OauthClient: true, ServiceUser: true}); err != nil {
				w.t.Fatal(err)
			}
		}, Begin: declare(adoptedBilling)},
		{Name: "a refresh", Prepare: aClient, Begin: renewalTime},
		{Name: "a token Secret that somebody deletes", Prepare: aClient, Begin: func(w *World) { w.Delete(w.TokenSecret(theClient(w))) }},
		{Name: "a credential Secret that somebody deletes", Prepare: aClient, Interrupts: true, Begin: func(w *World) {
			kept := w.credentialSecret(theClient(w))
			w.Delete(kept)
			renewalTime(w)
		}},
		{Name: "the deletion of a client", Prepare: aClient, Begin: withdraw(billing)},
		{Name: "the deletion of a client that is begun", Prepare: anApplication, Begin: declare(billing), Meanwhile: withdraw(billing)},
	}
}

// adoptedName is the login name of a user that somebody has made.
const adoptedName = "billing@example.test"

// adoptedBilling is billing where somebody has made the user. It goes with the object.
func adoptedBilling(w *World) client.Object {
	c := billing(w).(*v1alpha1.ConfidentialClient)
	c.Spec.Identity.Username = adoptedName
	c.Spec.AdoptionPolicy, c.Spec.DeletionPolicy = v1alpha1.AdoptionPolicyAdopt, v1alpha1.DeletionPolicyDelete
	return c
}

func rotationScenarios() []Scenario {
	askOnce := changeClient(func(c *v1alpha1.ConfidentialClient) { ask(c, "one") })
	overlapping := func(w *World) {
		aClientInTurns(w)
		w.Work(Break{}, w.AllReady)
		changeClient(func(c *v1alpha1.ConfidentialClient) { ask(c, "before") })(w)
	}
	return []Scenario{
		{Name: "a rotation in place", Prepare: aClient, Begin: askOnce, Interrupts: true},
		{Name: "a rotation in turns", Prepare: aClientInTurns, Begin: askOnce},
		{Name: "the end of an overlap", Prepare: overlapping, Begin: overlapPasses},
		{Name: "the first's second turn", Prepare: func(w *World) {
			overlapping(w)
			w.Work(Break{}, w.AllReady)
			overlapPasses(w)
		}, Begin: askOnce},
		{Name: "a deletion within an overlap", Prepare: overlapping, Begin: withdraw(billing)},
		{Name: "a deletion while a password is changed", Prepare: aClient, Begin: askOnce, Interrupts: true, Meanwhile: withdraw(billing)},
		{Name: "a deletion while a turn begins", Prepare: aClientInTurns, Begin: askOnce, Meanwhile: withdraw(billing)},
		{Name: "another strategy while a turn begins", Prepare: aClientInTurns, Begin: askOnce, Open: true, Meanwhile: changeClient(func(c *v1alpha1.ConfidentialClient) {
			c.Spec.Credential = nil
		})},
	}
}

// ask asks for a rotation.
func ask(c *v1alpha1.ConfidentialClient, value string) {
	if c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	c.Annotations[v1alpha1.RotateRequestAnnotation] = value
}
