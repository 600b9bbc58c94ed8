// Package upgrade_test proves that a new version of the operator takes over what the version before it has made, and that nobody notices: no token
// is requested, nothing is written on the tenant, no Secret and no spec changes. And that the version before can come back.
//
// Both versions are what people get: the manifests of their config/default, and their operator as a process of its own, as its ServiceAccount.
package upgrade_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's test.
var server *environment.Server

func TestMain(m *testing.M) {
	environment.MainWithoutKinds(m, func(s *environment.Server) { server = s })
}
