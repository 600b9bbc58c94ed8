package upgrade_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/operator"
)

func TestAnUpgradeChangesNothingThatNeedNotBe(t *testing.T) {
	before, present := versions(t)
	c := newCluster(t, server.New(t, emulator.Options{Seed: seed()}))

	c.install(before)
	c.populate()
	old := c.start(before)
	c.ready()
	c.rotate()
	c.counted()
	c.settled(old)

	upgraded := c.replace("the upgrade", old, present)
	c.refresh()
	c.settled(upgraded)

	c.replace("the way back", upgraded, before)
}

// replace installs another version over the one that runs, as a Deployment does: the new operator starts, and takes over when the old one is told
// to end. It proves that nobody notices.
func (c *cluster) replace(what string, running *replica, by version) *replica {
	c.t.Helper()
	earlier := c.record()
	c.install(by)
	next := c.start(by)
	leader := c.leader()
	c.stop(running)
	c.Eventually("see another leader", func() error {
		if now := c.leader(); now == "" || now == leader {
			return fmt.Errorf("it is %q", now)
		}
		return nil
	})
	c.settled(next)
	c.expectNothingNeedless(what, earlier, c.record())
	c.ready()
	return next
}

// leader returns who holds the lease of the operator; "" for nobody.
func (c *cluster) leader() string {
	c.t.Helper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: operator.Name}}
	c.Get(lease)
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

// refresh asks for a new token, and waits until it is there.
func (c *cluster) refresh() {
	c.t.Helper()
	const now = "after the upgrade"
	refreshed := c.client("plain")
	was, calls := c.TokenSecret(refreshed), c.Tenant.Calls()
	c.Update(refreshed, func() { metav1.SetMetaDataAnnotation(&refreshed.ObjectMeta, v1alpha1.RenewRequestAnnotation, now) })
	c.Eventually("see a new token", func() error {
		is := c.TokenSecret(refreshed)
		if refreshed.Status.LastHandledRenewRequest != now {
			return errors.New("the request is not handled")
		}
		if string(is.Data[v1alpha1.AccessTokenKey]) == string(was.Data[v1alpha1.AccessTokenKey]) {
			return errors.New("the token is the old one")
		}
		return nil
	})
	c.Ready(refreshed)
	requested := 0
	for operation, n := range c.Tenant.Calls().Sub(calls) {
		if strings.HasPrefix(operation, "OAuth2/Token/") {
			requested += n
		}
	}
	if requested != 1 {
		c.t.Errorf("%d tokens were requested for one refresh", requested)
	}
}
