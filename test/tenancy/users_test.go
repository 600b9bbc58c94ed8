package tenancy_test

import "github.com/oauth-operator/oauth-operator/api/v1alpha1"

// userAttempts are for login names that no client of the tenant may have, and for accounts that may not be adopted.
func userAttempts() map[string]attempt {
	of := func(username string) attempt {
		return attempt{
			kind: confidentialClient, spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, identity: {username: ` + username + `}}`,
			reason: v1alpha1.ReasonInvalidSpec, says: "must end in @example.test",
		}
	}
	adopted := func(application, username string) attempt {
		return attempt{
			kind: confidentialClient, reason: v1alpha1.ReasonNotAdmitted, says: "its spec.access.allowAdoption decides",
			spec: `{oauthClientRef: {name: ` + application + `, namespace: "${shop}"}, adoptionPolicy: Adopt, identity: {username: ` + username + `}}`,
		}
	}
	return map[string]attempt{
		"one that somebody made, without the tenant's consent to adoption":           adopted("orders", "robot@example.test"),
		"one that somebody made, on a tenant that lets only applications be adopted": adopted("taken", "robot@example.test"),
		"the account of a person, without the tenant's consent to adoption":          adopted("orders", "jane@example.test"),

		"one with another suffix":                      of("billing@elsewhere.test"),
		"one whose suffix ends in the tenant's":        of("billing@notexample.test"),
		"one in a domain below the tenant's":           of("billing@sub.example.test"),
		"one in a domain above the tenant's":           of("billing@test"),
		"one with the tenant's suffix before another":  of("billing@example.test.elsewhere.test"),
		"one with the tenant's suffix in its own part": of("example.test@elsewhere.test"),
	}
}
