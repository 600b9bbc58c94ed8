package metrics_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is shared by the tests of this package.
var server *environment.Server

func TestMain(m *testing.M) { environment.Main(m, func(s *environment.Server) { server = s }) }
