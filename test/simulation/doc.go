// Package simulation lets the operator live for days within minutes: its reconcilers are called directly, under a clock that only the test
// moves, against a real kube-apiserver and the local tenant.
package simulation
