package upgrade_test

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

//go:embed testdata/objects.yaml
var manifests string

// password of those users that were made by hand.
const password = "Made-by-hand-0123"

// seed is a tenant on which people have made things by hand.
func seed() emulator.Seed {
	seed := emulator.DefaultSeed()
	seed.Roles = append(seed.Roles, emulator.SeedRole{Name: "Readers"}, emulator.SeedRole{Name: "Reporters"})
	seed.Users = append(seed.Users,
		emulator.SeedUser{Name: "legacy@example.test", Password: password, OauthClient: true, ServiceUser: true},
		emulator.SeedUser{Name: "reports@example.test", Password: password, OauthClient: true, ServiceUser: true, Roles: []string{"Reporters"}})
	seed.Applications = append(seed.Applications, emulator.SeedApplication{
		ServiceName: "reports", Scopes: []emulator.SeedScope{{Scope: "report"}}, Grants: []emulator.SeedGrant{{Role: "Reporters"}},
	})
	return seed
}

// furnish adds applications that were made by hand, and do what their manifests say.
func furnish(t *testing.T, tenant *emulator.Emulator) {
	t.Helper()
	for _, name := range []string{"legacy", "observed"} {
		_, err := tenant.AddApplication(map[string]any{
			"ServiceName": name, "Name": "By hand", "Description": "made by hand", "OAuthProfile": map[string]any{
				"ClientIDType": 1, "AllowPublic": false, "MustBeOauthClient": true, "TokenType": "JwtRS256", "AllowedAuth": "ClientCreds",
				"TokenLifetimeString": "05:00:00", "Audience": "https://legacy.example.com",
				"KnownScopes": []any{map[string]any{"Scope": "read", "Description": "Read"}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// populate creates the objects, and everything that they refer to. They are there when the operator comes, so that it counts them once.
func (c *cluster) populate() {
	c.t.Helper()
	furnish(c.t, c.Tenant)
	c.Create(c.AdminSecret(),
		c.secret("reports-client", map[string]string{v1alpha1.ClientIDKey: "reports@example.test", v1alpha1.ClientSecretKey: password}),
		c.secret("settings", map[string]string{"database": "theirs"}),
		&corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace("billing"), Name: "authorities"}, Data: map[string]string{"ca.crt": string(c.Tenant.CABundle())},
		},
		c.workload())
	label := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: c.Namespace("billing")}}
	c.Get(label)
	filled := strings.NewReplacer("${identity}", c.Namespace("identity"), "${shop}", c.Namespace("shop"), "${billing}", c.Namespace("billing"),
		"${label}", label.Labels["test-tenant"], "${url}", c.Tenant.URL(), `"${caBundle}"`, strconv.Quote(string(c.Tenant.CABundle()))).Replace(manifests)
	objects, err := decode(filled)
	if err != nil {
		c.t.Fatal(err)
	}
	strict := client.WithFieldValidation(c.Client, metav1.FieldValidationStrict)
	for _, object := range objects {
		if err := strict.Create(c.t.Context(), object); err != nil {
			c.t.Fatalf("creating %s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
	c.objects = len(objects)
}

func (c *cluster) secret(name string, values map[string]string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace("billing"), Name: name}, StringData: values}
}

// workload is what is restarted when a token is refreshed.
func (c *cluster) workload() *appsv1.Deployment {
	labels := map[string]string{"app": "app"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace("billing"), Name: "app"},
		Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app"}}},
		}},
	}
}

// client names one of the ConfidentialClients.
func (c *cluster) client(name string) *v1alpha1.ConfidentialClient {
	return &v1alpha1.ConfidentialClient{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace("billing"), Name: name}}
}

// lists are one list of each kind.
func lists() []client.ObjectList {
	return []client.ObjectList{
		&v1alpha1.IdentityTenantList{}, &v1alpha1.OAuthClientList{}, &v1alpha1.ScopeList{}, &v1alpha1.ConfidentialClientList{},
	}
}

// ready waits until all objects are Ready.
func (c *cluster) ready() {
	c.t.Helper()
	found := 0
	for _, list := range lists() {
		if err := c.Client.List(c.t.Context(), list); err != nil {
			c.t.Fatal(err)
		}
		err := meta.EachListItem(list, func(item runtime.Object) error {
			found++
			c.Ready(item.(client.Object))
			return nil
		})
		if err != nil {
			c.t.Fatal(err)
		}
	}
	if found != c.objects {
		c.t.Fatalf("there are %d objects, not %d", found, c.objects)
	}
}

// rotate has the credentials of both strategies replaced.
func (c *cluster) rotate() {
	c.t.Helper()
	const now = "before the upgrade"
	for _, name := range []string{"in-place", "in-turns"} {
		rotating := c.client(name)
		c.Update(rotating, func() { metav1.SetMetaDataAnnotation(&rotating.ObjectMeta, v1alpha1.RotateRequestAnnotation, now) })
	}
	for name, identities := range map[string]int{"in-place": 1, "in-turns": 2} {
		rotating := c.client(name)
		c.Eventually("see the credential of "+name+" rotated", func() error {
			if c.Get(rotating); rotating.Status.LastHandledRotateRequest != now || len(rotating.Status.Identities) != identities {
				return fmt.Errorf("its status is %+v", rotating.Status)
			}
			return nil
		})
		c.Ready(rotating)
	}
}

// counted waits until the tenants' counts of their dependents are what they will be.
func (c *cluster) counted() {
	c.t.Helper()
	clients, applications := c.objects, 0
	for _, list := range lists() {
		if err := c.Client.List(c.t.Context(), list); err != nil {
			c.t.Fatal(err)
		}
		switch list := list.(type) {
		case *v1alpha1.OAuthClientList:
			applications = len(list.Items)
		case *v1alpha1.ConfidentialClientList:
			clients = len(list.Items)
		}
	}
	c.Eventually("see the dependents counted", func() error {
		tenants := &v1alpha1.IdentityTenantList{}
		if err := c.Client.List(c.t.Context(), tenants); err != nil {
			return err
		}
		var counted, used int32
		for i := range tenants.Items {
			counted, used = counted+tenants.Items[i].Status.ConfidentialClients, used+tenants.Items[i].Status.OAuthClients
		}
		if int(counted) != clients || int(used) != applications {
			return fmt.Errorf("%d of %d clients and %d of %d applications are counted", counted, clients, used, applications)
		}
		return nil
	})
}
