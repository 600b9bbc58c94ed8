// Package e2e_test proves the product where it lives: the operator, the tenant and workloads that use tokens are pods, installed as a user would
// install them. It takes a cluster of its own, which `make e2e` provides; without one nothing is tested.
package e2e_test
