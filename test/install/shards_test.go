package install_test

import (
	"flag"
	"maps"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/operator"
)

// TestExactlyOneOfTheShardsPicksEachObject reads the flags of the Deployments as the operator does.
func TestExactlyOneOfTheShardsPicksEachObject(t *testing.T) {
	shards := shardsOf(t)
	if len(shards) != 3 {
		t.Fatalf("there are %d shards", len(shards))
	}
	leases := map[string]bool{}
	for _, shard := range shards {
		leases[shard.Shard.Lease(operator.Name)] = true
		if shard.Shards != len(shards) {
			t.Errorf("one goes by %d shards", shard.Shards)
		}
	}
	if len(leases) != len(shards) {
		t.Errorf("the leases are %v", leases)
	}
	for _, labels := range []map[string]string{nil, {v1alpha1.ShardLabel: "a"}, {v1alpha1.ShardLabel: "b"}, {v1alpha1.ShardLabel: "c"}, {"team": "a"}} {
		object, picked := &v1alpha1.Scope{}, 0
		object.Labels = labels
		for _, shard := range shards {
			if shard.Shard.Has(object) {
				picked++
			}
		}
		if picked != 1 {
			t.Errorf("an object with the labels %v is picked by %d shards", labels, picked)
		}
	}
}

// shardsOf returns what the flags of each Deployment set, and checks that none selects the pods of another.
func shardsOf(t *testing.T) []operator.Options {
	t.Helper()
	var shards []operator.Options
	pods := map[string]map[string]string{} // labels that a Deployment goes by
	for _, object := range kustomize(t, "sharded") {
		if object.GetKind() != "Deployment" {
			continue
		}
		deployment := &appsv1.Deployment{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, deployment); err != nil {
			t.Fatal(err)
		}
		for other, selected := range pods {
			if maps.Equal(selected, deployment.Spec.Selector.MatchLabels) {
				t.Errorf("%s and %s select the same pods", other, deployment.Name)
			}
		}
		pods[deployment.Name] = deployment.Spec.Selector.MatchLabels
		options, flags := operator.DefaultOptions(""), flag.NewFlagSet(deployment.Name, flag.ContinueOnError)
		options.AddFlags(flags)
		if err := flags.Parse(deployment.Spec.Template.Spec.Containers[0].Args); err != nil {
			t.Fatal(err)
		}
		if err := options.Validate(); err != nil || !options.LeaderElection {
			t.Errorf("the flags of %s: %v", deployment.Name, err)
		}
		shards = append(shards, options)
	}
	return shards
}
