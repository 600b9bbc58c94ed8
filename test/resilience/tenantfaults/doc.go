// Package tenantfaults lets a tenant fail for an hour in every way that is known, and counts what the operator does meanwhile: to that tenant, and to
// another one that is in order.
package tenantfaults
