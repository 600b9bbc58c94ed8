package emulator

import "net/http"

// serveDiscovery answers the discovery document of an application.
func (e *Emulator) serveDiscovery(c *call) answer {
	app := e.addressedApplication(c)
	if app == nil || e.switches().DiscoveryAbsent {
		return notFoundAnswer()
	}
	e.mu.Lock()
	name, profile := app.serviceName(), app.profile()
	e.mu.Unlock()
	scopes := protocolScopes()
	for _, scope := range profile.KnownScopes {
		scopes = append(scopes, scope.Scope)
	}
	endpoint := func(action string) string { return e.publicURL + "/OAuth2/" + action + "/" + name }
	return jsonAnswer(http.StatusOK, map[string]any{
		"issuer":                                e.issuer(name, profile),
		"authorization_endpoint":                endpoint("Authorize"),
		"token_endpoint":                        endpoint("Token"),
		"userinfo_endpoint":                     endpoint("UserInfo"),
		"introspection_endpoint":                endpoint("Introspect"),
		"revocation_endpoint":                   endpoint("Revoke"),
		"jwks_uri":                              endpoint("Keys"),
		"end_session_endpoint":                  endpoint("EndSession"),
		"scopes_supported":                      scopes,
		"response_types_supported":              []string{"code", "token", "id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"code_challenge_methods_supported":      []string{"S256", "plain"},
		"token_endpoint_auth_methods_supported": authenticationMethods(profile),
		"grant_types_supported":                 grantTypes(profile),
		"response_modes_supported":              []string{"query", "fragment"},
		"claims_supported":                      []string{"iss", "aud", "sub", "unique_name", "iat", "exp", "auth_time", "nonce"},
	})
}

// authenticationMethods are the ways in which clients of the application may authenticate.
func authenticationMethods(profile Profile) []string {
	methods := []string{"client_secret_basic", "client_secret_post"}
	if profile.ClientIDType != clientIDTypeConfidential && profile.AllowPublic {
		methods = append(methods, "none")
	}
	return methods
}

// grantTypes are those that the application allows, by their names in metadata (RFC 8414 section 2).
func grantTypes(profile Profile) []string {
	types := []string{}
	for _, flow := range profile.AllowedAuth {
		switch flow {
		case flowAuthorization:
			types = append(types, grantTypeCode)
			if profile.AllowRefresh {
				types = append(types, grantTypeRefresh)
			}
		case flowImplicit:
			types = append(types, "implicit")
		case flowClient:
			types = append(types, grantTypeClient)
		case flowResourceOwner:
			types = append(types, grantTypePassword)
		}
	}
	return types
}

// issuer returns the iss claim of the application's tokens.
func (e *Emulator) issuer(serviceName string, profile Profile) string {
	if profile.Issuer != "" {
		return profile.Issuer
	}
	return e.publicURL + "/" + serviceName + "/"
}

// addressedApplication finds the application in the path of an OAuth call.
func (e *Emulator) addressedApplication(c *call) *application {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state.oauthApplication(c.segment)
}
