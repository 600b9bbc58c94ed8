package e2e_test

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// everything lists all objects of the cluster that somebody made on purpose: not events, which expire, and not what Kubernetes makes of other objects.
func (c *cluster) everything() map[string]bool {
	c.t.Helper()
	config := rest.CopyConfig(c.config)
	config.WarningHandler = rest.NoWarnings{} // of kinds that are old, and listed all the same
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		c.t.Fatal(err)
	}
	lists, err := kinds.ServerPreferredResources()
	if err != nil {
		c.t.Fatal(err)
	}
	reader, err := metadata.NewForConfig(config)
	if err != nil {
		c.t.Fatal(err)
	}
	found := map[string]bool{}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, kind := range list.APIResources {
			if !slices.Contains(kind.Verbs, "list") || kind.Name == "events" || kind.Name == "leases" {
				continue
			}
			objects, err := reader.Resource(version.WithResource(kind.Name)).List(c.t.Context(), metav1.ListOptions{})
			if err != nil {
				c.t.Fatalf("listing %s: %v", kind.Name, err)
			}
			for _, object := range objects.Items {
				found[strings.Join([]string{kind.Name, object.Namespace, object.Name}, "/")] = true
			}
		}
	}
	return found
}
