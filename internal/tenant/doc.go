// Package tenant keeps what is worth keeping between calls to a tenant: connections, the admin login, the clock
// offset, and the one gate per tenant URL that decides when the next call may go. It is a cache and never the
// truth: after a restart all of it is built anew at the price of one login.
//
// Pool has one Session per name; a Session is how everybody else speaks to the tenant.
package tenant
