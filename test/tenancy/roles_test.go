package tenancy_test

import (
	"strconv"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// roleAttempts name roles that the tenant does not let clients be put into. It allows those that fit "Order *" and 'Star \*', which is the one
// role "Star *".
func roleAttempts() map[string]attempt {
	of := func(roles string) attempt {
		return attempt{
			kind: confidentialClient, spec: `{oauthClientRef: {name: orders, namespace: "${shop}"}, identity: {roles: [` + roles + `]}}`,
			reason: v1alpha1.ReasonNotAdmitted, says: "its spec.access.allowedRoles decides",
		}
	}
	table := map[string]attempt{
		"one that is allowed, and the built-in administrator": of(`Order Services, System Administrator`),
		"any role of a tenant that allows none": {
			kind: confidentialClient, in: "shop", reason: v1alpha1.ReasonNotAdmitted, says: `IdentityTenant ${identity}/shop does not allow role "Auditors"`,
			spec: `{oauthClientRef: {name: inner}, identity: {roles: [Auditors]}}`,
		},
	}
	for name, role := range map[string]string{
		"the built-in administrator":                     "System Administrator",
		"the built-in administrator in small letters":    "system administrator",
		"the built-in administrator by its identifier":   "sysadmin",
		"the built-in administrator with a blank before": " System Administrator",
		"the built-in administrator with a blank after":  "System Administrator ",
		"everybody":                "Everybody",
		"the role of the operator": "OAuth Operators",
		"the role for clients of another application":  "private clients",
		"any role that exists":                         "Auditors",
		"a pattern as a role":                          "*",
		"a name in another case than the pattern":      "order Services",
		"a name that only ends like the pattern":       "Back Order Services",
		"a name that lacks the pattern's blank":        "OrderServices",
		"a name with a tab for the pattern's blank":    "Order\tServices",
		"a name with a letter that looks like another": "Оrder Services", // Cyrillic О
		"a name with a blank that is none":             "Order\u00a0Services",
		"a name that is invisible in parts":            "\u200bOrder Services",
		"what an escaped star does not stand for":      "Star Services",
		"the escape itself":                            `Star \*`,
	} {
		table[name] = of(strconv.QuoteToASCII(role))
	}
	return table
}
