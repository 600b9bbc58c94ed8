package upgrade_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// record is everything that an operator could change, at one moment.
type record struct {
	// objects of our kinds, Secrets and workloads, by kind, namespace and name. Of the values in Secrets they have a digest.
	objects map[string]*unstructured.Unstructured
	// tenant is what there is on the tenant, and calls are those that were made.
	tenant tenantState
	calls  emulator.Counters
	// writes are the requests that kube-apiserver has got to write our kinds and Secrets, and denied those that it has refused, to whomever.
	writes, denied float64
}

type tenantState struct {
	Applications []emulator.Application
	Users        []emulator.User
	Roles        []emulator.Role
}

// recorded are the kinds in a record.
func recorded() []schema.GroupVersionKind {
	kinds := []schema.GroupVersionKind{{Version: "v1", Kind: "SecretList"}, {Group: "apps", Version: "v1", Kind: "DeploymentList"}}
	for _, kind := range []string{"IdentityTenantList", "OAuthClientList", "ScopeList", "ConfidentialClientList"} {
		kinds = append(kinds, v1alpha1.GroupVersion.WithKind(kind))
	}
	return kinds
}

// record makes a record.
func (c *cluster) record() record {
	c.t.Helper()
	r := record{
		objects: map[string]*unstructured.Unstructured{}, calls: c.Tenant.Calls(),
		tenant: tenantState{c.Tenant.Applications(), c.Tenant.Users(), c.Tenant.Roles()},
	}
	for _, kind := range recorded() {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind)
		if err := c.Client.List(c.t.Context(), list); err != nil {
			c.t.Fatal(err)
		}
		for i := range list.Items {
			object := &list.Items[i]
			if object.GetKind() == "Deployment" && object.GetNamespace() == systemNamespace {
				continue // the operator's own, which an upgrade does change
			}
			hide(object)
			r.objects[object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName()] = object
		}
	}
	var err error
	if r.writes, r.denied, err = requests(c.t.Context(), c.Config()); err != nil {
		c.t.Fatal(err)
	}
	return r
}

// hide puts digests in the place of a Secret's values, which must not be seen when the test fails.
func hide(object *unstructured.Unstructured) {
	if data, ok := object.Object["data"].(map[string]any); ok && object.GetKind() == "Secret" {
		for key, value := range data {
			sum := sha256.Sum256([]byte(fmt.Sprint(value)))
			data[key] = hex.EncodeToString(sum[:8])
		}
	}
}

// requests reads from kube-apiserver's metrics how often it was asked to write our kinds and Secrets, and what it has refused.
func requests(ctx context.Context, config *rest.Config) (writes, denied float64, err error) {
	administrator, err := rest.HTTPClientFor(config)
	if err != nil {
		return 0, 0, err
	}
	address, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return 0, 0, err
	}
	families, err := scrape(ctx, administrator, address.JoinPath("metrics").String())
	if err != nil {
		return 0, 0, err
	}
	total := families["apiserver_request_total"]
	if total == nil {
		return 0, 0, errors.New("reading kube-apiserver's metrics: apiserver_request_total is not among them")
	}
	reading := []string{"GET", "LIST", "WATCH", "CONNECT"}
	writes = sum(total, func(labels map[string]string) bool {
		ours := labels["group"] == v1alpha1.GroupVersion.Group || labels["group"] == "" && labels["resource"] == "secrets"
		return ours && !slices.Contains(reading, labels["verb"])
	})
	denied = sum(total, func(labels map[string]string) bool { return labels["code"] == fmt.Sprint(http.StatusForbidden) })
	return writes, denied, nil
}

// expectNothingNeedless compares two records. A new version may add to statuses and to the metadata of Secrets what the version before did not know
// of, each by one write. Nothing that was there may be different, but for the words of conditions.
func (c *cluster) expectNothingNeedless(what string, before, after record) {
	c.t.Helper()
	if made := after.calls.Sub(before.calls); made.Total() != 0 {
		c.t.Errorf("%s made calls to the tenant:\n%s", what, made)
	}
	if diff := cmp.Diff(before.tenant, after.tenant); diff != "" {
		c.t.Errorf("%s changed the tenant (-before +after):\n%s", what, diff)
	}
	if denied := after.denied - before.denied; denied != 0 {
		c.t.Errorf("after %s, kube-apiserver has refused %v requests", what, denied)
	}
	names := slices.Sorted(maps.Keys(before.objects))
	if now := slices.Sorted(maps.Keys(after.objects)); !slices.Equal(names, now) {
		c.t.Fatalf("%s made or removed objects (-before +after):\n%s", what, cmp.Diff(names, now))
	}
	written := 0
	for _, name := range names {
		was, is := before.objects[name], after.objects[name]
		d := &difference{}
		d.compare("", lasting(was), lasting(is))
		if len(d.lost) > 0 {
			c.t.Errorf("%s changed %s: %s", what, name, strings.Join(d.lost, ", "))
		}
		if was.GetResourceVersion() == is.GetResourceVersion() {
			continue
		}
		written++
		if len(d.added)+len(d.lost) == 0 {
			c.t.Errorf("%s wrote %s, and nothing of it is new", what, name)
		}
		if len(d.added) > 0 {
			c.t.Logf("%s added to %s: %s", what, name, strings.Join(d.added, ", "))
		}
	}
	if writes := after.writes - before.writes; int(writes) > written {
		c.t.Errorf("%s made %v writes, and %d objects have something new", what, writes, written)
	}
	if c.t.Failed() {
		c.t.FailNow() // what follows would fail, too
	}
}
