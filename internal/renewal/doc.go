// Package renewal decides when a published access token must be replaced, and why.
//
// Everything in it is pure: it reads no clock, does no I/O and knows nothing of Kubernetes. A token is replaced only for
// one of the listed reasons, so that restarts, relabelling and changes of other fields cost no request.
package renewal
