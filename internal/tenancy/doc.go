// Package tenancy follows references from one kind to another, and says who may use what: which namespaces a tenant and an OAuthClient admit, which
// scopes, roles, types and lifetimes a tenant allows. Everything is closed unless it is opened, and is asked again on every pass.
package tenancy
