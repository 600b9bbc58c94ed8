// Package connection makes the way from an IdentityTenant, and from what it refers to, to a session with the tenant.
package connection
