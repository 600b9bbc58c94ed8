// Package shards_test has several operators share the objects of one cluster by --shard-selector, each the leader of its shard.
package shards_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's tests.
var server *environment.Server

func TestMain(m *testing.M) { environment.Main(m, func(s *environment.Server) { server = s }) }
