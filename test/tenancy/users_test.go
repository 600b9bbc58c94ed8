package tenancy_test

import "github.com/oauth-operator/oauth-operator/api/v1alpha1"

// userAttempts are for login names that no client of the tenant may have.
func userAttempts() map[string]attempt {
	of := func(username string) attempt {
		return attempt{
			kind: confidentialClient, spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, identity: {username: ` + username + `}}`,
			reason: v1alpha1.ReasonInvalidSpec, says: "must end in @example.test",
		}
	}
	return map[string]attempt{
		"one with another suffix":                      of("billing@elsewhere.test"),
		"one whose suffix ends in the tenant's":        of("billing@notexample.test"),
		"one in a domain below the tenant's":           of("billing@sub.example.test"),
		"one in a domain above the tenant's":           of("billing@test"),
		"one with the tenant's suffix before another":  of("billing@example.test.elsewhere.test"),
		"one with the tenant's suffix in its own part": of("example.test@elsewhere.test"),
	}
}
