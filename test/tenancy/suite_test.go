// Package tenancy_test tries to get more than access grants: from other namespaces, with roles, scopes, types, lifetimes, adoption, Secrets and
// names of others, and by forgery.
//
// There are three tables. The attempts of the first are seen refused before any call to the tenant. Those of the second can be judged
// only by looking at the tenant; they are refused by a look, and change nothing there. Those of the third do not get past kube-apiserver.
// Beside them stands access that is withdrawn later.
package tenancy_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's tests.
var server *environment.Server

func TestMain(m *testing.M) { environment.Main(m, func(s *environment.Server) { server = s }) }
