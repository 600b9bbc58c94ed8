package clusters_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// backup says what of a cluster is restored into a new one. The four kinds are, with their metadata and spec, and so are the Secrets that people
// have made.
type backup struct {
	// status of the four kinds.
	status bool
	// published are the Secrets that the operator has written for workloads.
	published bool
	// credentials are the Secrets in the operator's own namespace.
	credentials bool
	// second says that the client's present user is the second of two, by a rotation before the backup.
	second bool
	// nameless says that the cluster has no cluster ID.
	nameless bool
}

// lostCluster is what a cluster had before it was lost: one client of each kind of identity, and all that is on the tenant.
type lostCluster struct {
	*environment.World
	clock   *clocktesting.FakeClock
	objects []client.Object
	tenant  []any
	calls   emulator.Counters
	token   string
	users   int
}

func TestARestoredClusterFindsAgainWhatItHadOnTheTenant(t *testing.T) {
	for name, saved := range map[string]backup{
		"the manifests alone":                               {},
		"with status":                                       {status: true},
		"with the published Secrets":                        {published: true},
		"with status and the published Secrets":             {status: true, published: true},
		"with everything":                                   {status: true, published: true, credentials: true},
		"the manifests alone, after a rotation":             {second: true},
		"with status and Secrets, after a rotation":         {second: true, status: true, published: true},
		"with all Secrets, but no status, after a rotation": {second: true, published: true, credentials: true},
	} {
		t.Run(name, func(t *testing.T) {
			lost, restored := lose(t, saved)
			lost.restoreInto(t, restored, saved)
			restored.StartOperator()
			described, orders, billing := restored.IdentityTenant(), restored.OAuthClient("orders"), restored.ConfidentialClient("billing", "orders", "read")
			scope := restored.Scope("write", "orders", "write")
			restored.Ready(described, orders, scope, billing)
			restored.Quiet()

			got := string(restored.TokenSecret(billing).Data[v1alpha1.AccessTokenKey])
			if kept := got == lost.token; kept != saved.published {
				t.Errorf("the token is the one before: %t", kept)
			}
			// The credential is not found again, because its name tells the UID of an object that is no more. So the next renewal needs a new one,
			// whatever was restored.
			lost.clock.SetTime(billing.Status.Token.RenewalTime.Time)
			restored.LabelNamespace("billing", "look", "now")
			restored.Eventually("see another token", func() error {
				if now := string(restored.TokenSecret(billing).Data[v1alpha1.AccessTokenKey]); now == got {
					return errors.New("it is the one before")
				}
				return nil
			})
			restored.Ready(billing)
			restored.Quiet()
			lost.expectSame(t)
			if resets := lost.Tenant.Calls().Sub(lost.calls)["UserMgmt/ResetUserPassword"]; resets != 1 {
				t.Errorf("the password was reset %d times", resets)
			}

			// It is all ours again: it goes when its objects do.
			for _, object := range []client.Object{billing, scope, orders, described} {
				restored.Delete(object)
			}
			restored.Gone(billing, scope, orders, described)
			if n := len(lost.Tenant.Users()); n != lost.users {
				t.Errorf("the tenant has %d users, and had %d before all of this", n, lost.users)
			}
			if _, found := lost.Tenant.Application("orders"); found {
				t.Error("the deletion has left the application")
			}
		})
	}
}

func TestWithoutAClusterIDARebuiltClusterIsAStranger(t *testing.T) {
	lost, restored := lose(t, backup{nameless: true})
	lost.restoreInto(t, restored, backup{})
	restored.StartOperator()
	orders, billing := restored.OAuthClient("orders"), restored.ConfidentialClient("billing", "orders", "read")
	refused := restored.Condition(orders, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	if !strings.Contains(refused.Message, string(kubeSystem(lost.World))) {
		t.Errorf("the message does not say whose the application is: %s", refused.Message)
	}
	restored.Condition(billing, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonOAuthClientNotReady)
	restored.Quiet()
	if diff := cmp.Diff(lost.tenant, picture(lost.Tenant)); diff != "" {
		t.Errorf("the tenant has changed (-was +is):\n%s", diff)
	}
}

// lose makes a cluster with an application and a client of it, takes a backup, and ends it. restored is a new cluster, with no more than its
// namespaces. Both have one cluster ID.
func lose(t *testing.T, saved backup) (lost *lostCluster, restored *environment.World) {
	t.Helper()
	clock := clocktesting.NewFakeClock(time.Now().Truncate(time.Second))
	w := servers[0].New(t, emulator.Options{Clock: clock})
	restored = servers[1].NewOn(t, w.Tenant)
	if w.Namespace("shop") != restored.Namespace("shop") || kubeSystem(w) == kubeSystem(restored) {
		t.Fatal("the clusters must have the same namespaces, and other UIDs")
	}
	w.Clock, restored.Clock = clock, clock
	lost = &lostCluster{World: w, clock: clock, users: len(w.Tenant.Users())}
	stop := w.StartOperator()
	described := w.IdentityTenant()
	described.Spec.DriftCheckInterval = &metav1.Duration{Duration: 8760 * time.Hour}
	if saved.nameless {
		described.Spec.ClusterID = ""
	}
	orders, billing, scope := w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read"), w.Scope("write", "orders", "write")
	if saved.second {
		billing.Spec.Credential = &v1alpha1.ClientCredential{Rotation: &v1alpha1.CredentialRotation{
			Strategy: v1alpha1.RotationStrategyDualIdentity, Overlap: &metav1.Duration{Duration: time.Hour},
		}}
	}
	w.Create(w.AdminSecret(), described, orders, scope, billing)
	w.Ready(described, orders, scope, billing)
	if saved.second {
		lost.rotate(billing)
	}
	w.Quiet()
	stop()
	lost.save(t)
	lost.tenant, lost.calls = picture(w.Tenant), w.Tenant.Calls()
	lost.token = string(w.TokenSecret(billing).Data[v1alpha1.AccessTokenKey])
	return lost, restored
}

// rotate makes the second user take over, and the first one go.
func (l *lostCluster) rotate(c *v1alpha1.ConfidentialClient) {
	l.Update(c, func() { metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RotateRequestAnnotation, "once") })
	l.Eventually("see the second user take over", func() error {
		if l.Get(c); c.Status.ActiveIdentity() == nil || c.Status.ActiveIdentity().Slot != v1alpha1.IdentitySlotB {
			return fmt.Errorf("the identities are %+v", c.Status.Identities)
		}
		return nil
	})
	l.Quiet()
	l.clock.Step(2 * time.Hour) // the overlap is over
	l.LabelNamespace("billing", "look", "overlap")
	l.Eventually("see the first user gone", func() error {
		if l.Get(c); len(c.Status.Identities) != 1 {
			return fmt.Errorf("the identities are %+v", c.Status.Identities)
		}
		return nil
	})
	l.Ready(c)
}

// save copies all objects of ours, and all Secrets.
func (l *lostCluster) save(t *testing.T) {
	t.Helper()
	for _, list := range []client.ObjectList{
		&corev1.SecretList{}, &v1alpha1.IdentityTenantList{}, &v1alpha1.OAuthClientList{}, &v1alpha1.ScopeList{}, &v1alpha1.ConfidentialClientList{},
	} {
		for _, part := range []string{"identity", "shop", "billing", "operator"} {
			if err := l.Client.List(t.Context(), list, client.InNamespace(l.Namespace(part))); err != nil {
				t.Fatal(err)
			}
			items, err := meta.ExtractList(list)
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range items {
				l.objects = append(l.objects, item.DeepCopyObject().(client.Object))
			}
		}
	}
}

// restoreInto makes the objects of a backup in another cluster, as the usual tools do: without what only the old kube-apiserver can know, and
// without the names of their owners.
func (l *lostCluster) restoreInto(t *testing.T, w *environment.World, saved backup) {
	t.Helper()
	for _, object := range l.objects {
		if s, is := object.(*corev1.Secret); is {
			ours, kept := s.Labels[v1alpha1.ManagedByLabel] == v1alpha1.ManagedByValue, s.Namespace == l.Namespace("operator")
			if ours && (kept && !saved.credentials || !kept && !saved.published) {
				continue
			}
		}
		status := object.DeepCopyObject().(client.Object)
		object.SetUID("")
		object.SetResourceVersion("")
		object.SetGeneration(0)
		object.SetCreationTimestamp(metav1.Time{})
		object.SetManagedFields(nil)
		object.SetOwnerReferences(nil)
		w.Create(object)
		if _, is := object.(*corev1.Secret); is || !saved.status {
			continue
		}
		status.SetUID(object.GetUID())
		status.SetResourceVersion(object.GetResourceVersion())
		if err := w.Client.Status().Update(t.Context(), status); err != nil {
			t.Fatal(err)
		}
	}
}

// expectSame compares what is on the tenant with what was there before. Only the UID in a mark may be another one.
func (l *lostCluster) expectSame(t *testing.T) {
	t.Helper()
	uid := cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().String() == ".Description" || p.Last().String() == `["Description"]`
	}, cmp.Ignore())
	if diff := cmp.Diff(l.tenant, picture(l.Tenant), uid); diff != "" {
		t.Errorf("the tenant has changed (-was +is):\n%s", diff)
	}
	made := l.Tenant.Calls().Sub(l.calls)
	for _, operation := range []string{"CDirectoryService/CreateUser", "SaasManage/ImportAppFromTemplate", "Roles/StoreRole"} {
		if made[operation] != 0 {
			t.Errorf("%s was called; all calls:\n%s", operation, made)
		}
	}
}

// kubeSystem returns the UID that a cluster goes by without a cluster ID.
func kubeSystem(w *environment.World) types.UID {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: metav1.NamespaceSystem}}
	w.Get(namespace)
	return namespace.UID
}
