// Package readings runs the operator on local tenants that differ in what the vendor's documentation leaves open. Whatever the
// service turns out to do, an application is provisioned, changed and taken away, and its client gets tokens and fresh ones.
package readings
