// Package oauth has the words of RFC 6749 that the operator needs, a type for values that must not be seen, and a
// client for the token endpoint. It knows nothing of Kubernetes and nothing of the tenant's own API.
package oauth
