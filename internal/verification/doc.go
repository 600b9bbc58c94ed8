// Package verification checks access tokens before they are published: a JWT by the keys of its application, an opaque token by asking the
// tenant. What cannot be checked is told apart from what is wrong, because only the latter is a reason to keep a token back. It knows
// nothing of Kubernetes.
package verification
