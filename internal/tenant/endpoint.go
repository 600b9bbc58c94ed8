package tenant

import "net/url"

// EndpointKind is a kind of URL that an application has.
type EndpointKind string

// Kinds of endpoints.
const (
	EndpointToken      EndpointKind = "token"
	EndpointAuthorize  EndpointKind = "authorize"
	EndpointIntrospect EndpointKind = "introspect"
	EndpointJWKS       EndpointKind = "jwks"
	// EndpointIssuer is the issuer of an application that sets none itself. It ends in a slash.
	EndpointIssuer    EndpointKind = "issuer"
	EndpointDiscovery EndpointKind = "discovery"
)

// Endpoint returns a URL of the application with this ID, "" for an unknown kind.
func (s *Session) Endpoint(kind EndpointKind, applicationID string) string {
	base, application := s.settings.URL, url.PathEscape(applicationID)
	switch kind {
	case EndpointToken:
		return base + "/oauth2/token/" + application
	case EndpointAuthorize:
		return base + "/oauth2/authorize/" + application
	case EndpointIntrospect:
		return base + "/oauth2/introspect/" + application
	case EndpointJWKS:
		return base + "/OAuth2/Keys/" + application
	case EndpointIssuer:
		return base + "/" + application + "/"
	case EndpointDiscovery:
		return base + "/" + application + "/.well-known/openid-configuration"
	default:
		return ""
	}
}
