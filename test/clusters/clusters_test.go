package clusters_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/drift"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// expectConflict waits until an object is refused because of another's, and checks that the message says whose.
func (c *cluster) expectConflict(t *testing.T, object client.Object, says string) {
	t.Helper()
	condition := c.Condition(object, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflict)
	if !strings.Contains(condition.Message, says) {
		t.Errorf("the message does not say %q: %s", says, condition.Message)
	}
}

// expectUntouched runs what one cluster does, until it has nothing left to do, and says what has changed on the tenant by that.
func (c *cluster) expectUntouched(t *testing.T, do func()) {
	t.Helper()
	c.Quiet()
	before, calls := picture(c.Tenant), c.Tenant.Calls()
	do()
	c.Quiet()
	if diff := cmp.Diff(before, picture(c.Tenant)); diff != "" {
		t.Errorf("the tenant has changed (-was +is):\n%s", diff)
	}
	for operation := range c.Tenant.Calls().Sub(calls) {
		_, action, _ := strings.Cut(operation, "/")
		if operation != "Redrock/query" && !strings.HasPrefix(action, "Get") && operation != "OAuth2/Token/operator-admin" {
			t.Errorf("the tenant was called: %s", operation)
		}
	}
}

func TestTheSameApplicationInTwoClustersIsTheFirstOnes(t *testing.T) {
	east, west, _ := newPair(t)
	mine, client := east.OAuthClient("orders"), east.ConfidentialClient("billing", "orders", "read")
	east.Create(mine, client)
	east.Ready(mine, client)
	token := string(east.TokenSecret(client).Data[v1alpha1.AccessTokenKey])
	theirs := west.OAuthClient("orders")
	west.expectUntouched(t, func() {
		waits := west.ConfidentialClient("billing", "orders", "read")
		west.Create(theirs, waits)
		west.expectConflict(t, theirs, east.owns("OAuthClient", "shop", "orders"))
		west.Condition(waits, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonOAuthClientNotReady)
		west.Update(theirs, func() { theirs.Spec.Audience = "https://west.example.com" })
		west.expectConflict(t, theirs, east.owns("OAuthClient", "shop", "orders"))
		west.Delete(waits)
		west.Gone(waits)
		west.Delete(theirs)
		west.Gone(theirs)
	})
	east.Ready(mine, client)
	if now := string(east.TokenSecret(client).Data[v1alpha1.AccessTokenKey]); now != token {
		t.Error("the first cluster has another token")
	}

	// Once the first has let it go, it is free.
	theirs = west.OAuthClient("orders")
	west.Create(theirs)
	west.expectConflict(t, theirs, east.owns("OAuthClient", "shop", "orders"))
	east.Delete(client)
	east.Delete(mine)
	east.Gone(client, mine)
	west.Update(theirs, func() { theirs.Spec.Description = "Asked again" })
	west.Ready(theirs)
	found, _ := east.Tenant.Application("orders")
	if !strings.Contains(found.Description, "cluster=west") {
		t.Errorf("the application says that it is %s", found.Description)
	}
}

func TestAdoptionDoesNotTakeFromAnotherCluster(t *testing.T) {
	east, west, _ := newPair(t)
	mine := east.OAuthClient("orders")
	east.Create(mine)
	east.Ready(mine)
	tenant := west.IdentityTenant()
	west.Update(tenant, func() { tenant.Spec.Access.AllowAdoption = []v1alpha1.AdoptableKind{v1alpha1.AdoptableOAuthClient} })
	west.Ready(tenant)
	west.expectUntouched(t, func() {
		theirs := west.OAuthClient("orders")
		theirs.Spec.AdoptionPolicy, theirs.Spec.DeletionPolicy = v1alpha1.AdoptionPolicyAdopt, v1alpha1.DeletionPolicyDelete
		west.Create(theirs)
		west.expectConflict(t, theirs, east.owns("OAuthClient", "shop", "orders"))
		west.Delete(theirs)
		west.Gone(theirs)
	})
}

func TestAMarkInADescriptionDoesNotMakeAnApplicationAnotherClusters(t *testing.T) {
	east, west, _ := newPair(t)
	copycat := west.OAuthClient("copycat")
	copycat.Spec.Description = fmt.Sprintf("[oauth-operator cluster=east owner=OAuthClient/%s/orders uid=1]", east.Namespace("shop"))
	west.Create(copycat)
	west.Ready(copycat)
	east.expectUntouched(t, func() {
		orders := east.OAuthClient("orders")
		orders.Spec.ApplicationID = "copycat"
		east.Create(orders)
		east.expectConflict(t, orders, west.owns("OAuthClient", "shop", "copycat"))
		east.Delete(orders)
		east.Gone(orders)
	})
}

func TestOneLoginNameInTwoClustersIsTheFirstOnes(t *testing.T) {
	east, west, _ := newPair(t)
	mine, theirs := east.OAuthClient("orders"), west.OAuthClient("payments")
	east.Create(mine)
	west.Create(theirs)
	ledger := east.ConfidentialClient("ledger", "orders", "read")
	ledger.Spec.Identity = &v1alpha1.ClientIdentity{Username: "ledger@example.test"}
	east.Create(ledger)
	east.Ready(mine, ledger)
	west.Ready(theirs)
	west.expectUntouched(t, func() {
		same := west.ConfidentialClient("ledger", "payments", "read")
		same.Spec.Identity = &v1alpha1.ClientIdentity{Username: "ledger@example.test"}
		west.Create(same)
		west.expectConflict(t, same, east.owns("ConfidentialClient", "billing", "ledger"))
		west.Delete(same)
		west.Gone(same)
	})
	east.Ready(ledger)

	// Names that nobody has chosen are derived from the cluster, too.
	one, other := east.ConfidentialClient("derived", "orders", "read"), west.ConfidentialClient("derived", "payments", "read")
	east.Create(one)
	west.Create(other)
	east.Ready(one)
	west.Ready(other)
	if one.Status.ActiveIdentity().Username == other.Status.ActiveIdentity().Username {
		t.Errorf("both clusters have user %s", one.Status.ActiveIdentity().Username)
	}
	west.Delete(other)
	west.Gone(other)
	if _, found := east.Tenant.User(one.Status.ActiveIdentity().Username); !found {
		t.Error("the deletion in one cluster has taken the user of the other")
	}
}

func TestARoleOfAnotherClusterIsNotTaken(t *testing.T) {
	east, west, _ := newPair(t)
	orders := east.OAuthClient("orders")
	orders.Spec.Permissions = []v1alpha1.Permission{{Role: "payments clients", CreateRole: true}}
	east.Create(orders)
	east.Ready(orders)
	before, _ := east.Tenant.Role("payments clients")
	payments := west.OAuthClient("payments")
	west.Create(payments)
	west.expectConflict(t, payments, `role "payments clients" that was not made for this OAuthClient`)
	application, _ := west.Tenant.Application("payments")
	if len(application.Grants) != 0 {
		t.Errorf("the application was granted to %+v", application.Grants)
	}
	west.Delete(payments)
	west.Gone(payments)
	after, found := east.Tenant.Role("payments clients")
	if diff := cmp.Diff(before, after); !found || diff != "" {
		t.Errorf("the role has changed (-was +is):\n%s", diff)
	}
}

func TestTheRepairOfDriftDoesNotFight(t *testing.T) {
	east, west, clock := newPair(t)
	mine, theirs, client := east.OAuthClient("orders"), west.OAuthClient("payments"), east.ConfidentialClient("billing", "orders", "read")
	east.Create(mine, client)
	west.Create(theirs)
	east.Ready(mine, client)
	west.Ready(theirs)
	alike := west.OAuthClient("alike")
	alike.Spec.ApplicationID, alike.Spec.Audience = "orders", "https://west.example.com"
	west.Create(alike)
	west.expectConflict(t, alike, east.owns("OAuthClient", "shop", "orders"))
	east.Quiet()
	before, written := picture(east.Tenant), []int{east.Writes().Total(), west.Writes().Total()}
	const checks = 5
	for i := range checks {
		clock.Step(drift.DefaultInterval)
		for _, c := range []*cluster{east, west} {
			passes := c.Passes()
			c.LabelNamespace("shop", "look", fmt.Sprint(i))
			c.Settled(passes, 1)
		}
	}
	if diff := cmp.Diff(before, picture(east.Tenant)); diff != "" {
		t.Errorf("after %d checks the tenant has changed (-was +is):\n%s", checks, diff)
	}
	calls := east.Tenant.Calls()
	if calls["Acl/GetRowAces"] < 2*checks {
		t.Errorf("the applications were not compared %d times each:\n%s", checks, calls)
	}
	if now := []int{east.Writes().Total(), west.Writes().Total()}; !slices.Equal(now, written) {
		t.Errorf("there were %v writes, and now %v", written, now)
	}
}

func TestAnImportThatWasCutOffDoesNotTakeWhatTheOtherClusterIsMaking(t *testing.T) {
	east, west, _ := newPair(t)
	east.Tenant.Inject(emulator.Fault{Operation: "SaasManage/ImportAppFromTemplate", Kind: emulator.FaultResetAfter, Count: 2})
	const many = 5
	var mine, theirs []client.Object
	for i := range many {
		mine = append(mine, east.OAuthClient(fmt.Sprint("east-", i)))
		theirs = append(theirs, west.OAuthClient(fmt.Sprint("west-", i)))
		east.Create(mine[i])
		west.Create(theirs[i])
	}
	east.Ready(mine...)
	west.Ready(theirs...)
	var leftovers []string
	for _, object := range append(mine, theirs...) {
		leftovers = append(leftovers, object.(*v1alpha1.OAuthClient).Status.Leftovers...)
	}
	owners := map[string]string{}
	for _, c := range []*cluster{east, west} {
		user, _ := c.Tenant.User(c.admin)
		owners[user.ID] = c.id
	}
	made := map[string]int{}
	for _, a := range east.Tenant.Applications() {
		id, _, _ := strings.Cut(a.ServiceName, "-")
		switch {
		case a.ServiceName == "" && !slices.Contains(leftovers, a.Key):
			t.Errorf("application %s was left without a name, and is not among the leftovers %v", a.Key, leftovers)
		case id == "east" || id == "west":
			made[id]++
			if owners[a.Owner] != id {
				t.Errorf("application %s was made by cluster %q", a.ServiceName, owners[a.Owner])
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"east": many, "west": many}, made); diff != "" {
		t.Errorf("applications (-want +got):\n%s", diff)
	}
}
