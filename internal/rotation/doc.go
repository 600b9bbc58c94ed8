// Package rotation decides when the credential of a managed identity is replaced, which of two users takes over, and when the one that was
// replaced goes. It knows neither Kubernetes nor the tenant.
package rotation
