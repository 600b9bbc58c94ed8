// Package crd_test tests what kube-apiserver makes of our CRDs: what it takes, what it refuses, and what it says then.
//
// The tables are checked against the CRDs themselves: a rule without a manifest that breaks it fails the tests, and so does an enum value
// without a manifest that is taken. The same holds for the policies that warn. The roles for people are here too: they are all that comes
// with the kinds besides.
package crd_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's tests.
var server *environment.Server

func TestMain(m *testing.M) { environment.Main(m, func(s *environment.Server) { server = s }) }

func newWorld(t *testing.T) *environment.World {
	t.Helper()
	return server.New(t, emulator.Options{})
}
