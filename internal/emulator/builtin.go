package emulator

import "strings"

// defaultApplication is the tenant's own application, for which an empty segment in an OAuth path stands. Official
// clients log in with it. The admin API does not show it.
const defaultApplication = "__idaptive_cybr_user_oidc"

// What platform tokens say about where they come from. The name of the tenant is in the issuer.
const (
	platformSubdomain = "emulator"
	platformDomain    = "cyberark.cloud"
)

// scopeAPI is the scope of the tenant's own application that opens the whole admin API, to those who have the rights.
const scopeAPI = "api"

func newBuiltInApplication() *application {
	scopes := []any{
		map[string]any{"Scope": scopeAPI, "Description": "The whole API", "AllowedRest": []any{".*"}},
		map[string]any{"Scope": "userInfo", "Description": "Who you are"},
	}
	return newApplication(defaultApplication, map[string]any{
		"Name": "CyberArk Identity", "ServiceName": defaultApplication, "TemplateName": TemplateOAuth2ServerClient,
		"OAuthProfile": map[string]any{
			"TargetIsUs":          true,
			"ClientIDType":        float64(clientIDTypeAnything),
			"AllowPublic":         true,
			"AllowedClients":      []any{defaultApplication},
			"TokenType":           tokenTypeJWT,
			"AllowedAuth":         strings.Join([]string{flowAuthorization, flowImplicit, flowClient}, ","),
			"TokenLifetimeString": formatTimeSpan(defaultTokenLifetime),
			"Redirects":           []any{"https://cyberark.cloud/redirect"},
			"KnownScopes":         scopes,
		},
	})
}

// oauthApplication finds the application in an OAuth path.
func (s *state) oauthApplication(segment string) *application {
	if strings.EqualFold(segment, defaultApplication) {
		return s.builtIn
	}
	return s.applicationByServiceName(segment)
}

// issuingApplication finds an application by row key, the tenant's own included.
func (s *state) issuingApplication(key string) *application {
	if key == s.builtIn.key {
		return s.builtIn
	}
	return s.applications[key]
}

// mayUse tells whether tokens of the application may be issued for the user. The tenant's own is for everybody.
func (s *state) mayUse(app *application, u *user) bool {
	return app == s.builtIn || s.canExecute(app, u)
}

// platformClaims are what tokens of the tenant's own application say besides; the vendor's SDK needs one of them.
func platformClaims(application string) map[string]any {
	if application != defaultApplication {
		return nil
	}
	return map[string]any{"tenant_id": tenantID, "subdomain": platformSubdomain, "platform_domain": platformDomain}
}
