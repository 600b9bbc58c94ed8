package resilience

import "github.com/oauth-operator/oauth-operator/api/v1alpha1"

func scopeScenarios() []Scenario {
	return []Scenario{
		{Name: "more scopes", Prepare: aClient, Begin: func(w *World) {
			w.Create(writing(w))
			changeApplication(func(spec *v1alpha1.OAuthClientSpec) {
				spec.Scopes = append(spec.Scopes, v1alpha1.InlineScope{Name: "delete"})
			})(w)
		}},
		{Name: "a client that requests another scope", Prepare: aScope, Begin: changeClient(func(c *v1alpha1.ConfidentialClient) {
			c.Spec.Scopes = []string{"read", "write"}
		})},
		{Name: "the deletion of a scope", Prepare: aScope, Begin: withdraw(writing)},
	}
}
