package secret_test

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
