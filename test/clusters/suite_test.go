// Package clusters_test has two clusters with an operator each on one tenant, as an organization has them. Neither may touch what the other has
// made, however alike their manifests are.
package clusters_test

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// servers are the kube-apiservers of this package's tests.
var servers [2]*environment.Server

func TestMain(m *testing.M) {
	environment.Main(m, func(s *environment.Server) { servers[0] = s }, func(s *environment.Server) { servers[1] = s })
}

// cluster is a world with a name of its own on the tenant. Objects of one name have the same namespaces in both.
type cluster struct {
	*environment.World
	// id is its cluster ID.
	id string
	// admin is the login name of its operator on the tenant.
	admin string
}

// newPair makes two clusters on one tenant, each with an operator at work that logs in as a user of its own. Only the test moves their clock.
func newPair(t *testing.T) (east, west *cluster, clock *clocktesting.FakeClock) {
	t.Helper()
	clock = clocktesting.NewFakeClock(time.Now().Truncate(time.Second))
	first := servers[0].New(t, emulator.Options{Clock: clock})
	second := servers[1].NewOn(t, first.Tenant)
	if first.Namespace("shop") != second.Namespace("shop") {
		t.Fatal("the namespaces have different names in the two clusters")
	}
	return newCluster(t, first, "east", clock), newCluster(t, second, "west", clock), clock
}

func newCluster(t *testing.T, w *environment.World, id string, clock *clocktesting.FakeClock) *cluster {
	t.Helper()
	c := &cluster{World: w, id: id, admin: id + "-operator@example.test"}
	password := "the-password-of-" + id
	_, err := w.Tenant.AddUser(emulator.SeedUser{Name: c.admin, Password: password, OauthClient: true, ServiceUser: true, Roles: []string{"OAuth Operators"}})
	if err != nil {
		t.Fatal(err)
	}
	tenant := w.IdentityTenant()
	tenant.Spec.ClusterID = id
	w.Clock = clock
	w.StartOperator()
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: tenant.Namespace, Name: "corp-admin"},
		StringData: map[string]string{v1alpha1.ClientIDKey: c.admin, v1alpha1.ClientSecretKey: password},
	}, tenant)
	w.Ready(tenant)
	return c
}

// owns says in the operator's words that an object on the tenant is this cluster's.
func (c *cluster) owns(kind, part, name string) string {
	return fmt.Sprintf("it belongs to %s %s/%s of cluster %q", kind, c.Namespace(part), name, c.id)
}

// picture is everything that the tenant has.
func picture(tenant *emulator.Emulator) []any {
	return []any{tenant.Applications(), tenant.Users(), tenant.Roles()}
}
