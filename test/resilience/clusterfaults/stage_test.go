package clusterfaults_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// stage has an application and clients of it, and what is asked of the operator while the cluster fails.
type stage struct {
	*environment.World
	t           *testing.T
	application *v1alpha1.OAuthClient
	old, fresh  *v1alpha1.ConfidentialClient
	token       string
	calls       emulator.Counters
}

const tokens = "OAuth2/Token/orders"

// newStage provisions one client. The operator must run.
func newStage(t *testing.T, w *environment.World) *stage {
	t.Helper()
	s := &stage{World: w, t: t}
	s.application, s.old = w.Provisioned("orders", "old")
	w.Quiet()
	s.token = string(w.TokenSecret(s.old).Data[v1alpha1.AccessTokenKey])
	return s
}

// ask wants an update of the application, a token for the client that there is, and a new client, in ways that do not wait for the operator.
func (s *stage) ask() {
	s.t.Helper()
	s.calls = s.Tenant.Calls()
	s.fresh = s.ConfidentialClient("fresh", "orders", "read")
	s.Create(s.fresh)
	s.Update(s.application, func() { s.application.Spec.Description = "changed meanwhile" })
	s.Update(s.old, func() { metav1.SetMetaDataAnnotation(&s.old.ObjectMeta, v1alpha1.RenewRequestAnnotation, "meanwhile") })
}

// expectDone waits until all that was asked for is done, and checks that it was done once, and that nothing goes on. A user that was made by a pass that was
// cut off gets its password once more.
func (s *stage) expectDone() {
	s.t.Helper()
	s.Ready(s.application, s.old, s.fresh)
	s.Eventually("see the requested token", func() error {
		if now := string(s.TokenSecret(s.old).Data[v1alpha1.AccessTokenKey]); now == s.token {
			return errors.New("the Secret has the one before")
		}
		return nil
	})
	s.Quiet()
	s.expectOnTheTenant("changed meanwhile")
	if made := s.Tenant.Calls().Sub(s.calls); made[tokens] != 2 || made["CDirectoryService/CreateUser"] != 1 || made["UserMgmt/ResetUserPassword"] > 1 {
		s.t.Errorf("not everything was asked of the tenant once:\n%s", made)
	}
	s.expectSilence()
}

// expectOnTheTenant checks that there is one application and a user for each client.
func (s *stage) expectOnTheTenant(description string) {
	s.t.Helper()
	orders := 0
	for _, application := range s.Tenant.Applications() {
		switch application.ServiceName {
		case "orders":
			orders++
		case "":
			s.t.Errorf("application %s has no name", application.Key)
		}
	}
	application, _ := s.Tenant.Application("orders")
	if orders != 1 || len(application.Description) < len(description) || application.Description[:len(description)] != description {
		s.t.Errorf("there are %d applications, and it says %q", orders, application.Description)
	}
	for _, c := range []*v1alpha1.ConfidentialClient{s.old, s.fresh} {
		s.Get(c)
		if identity := c.Status.ActiveIdentity(); identity == nil {
			s.t.Errorf("%s has no user", c.Name)
		} else if _, found := s.Tenant.User(identity.Username); !found {
			s.t.Errorf("user %s of %s is not there", identity.Username, c.Name)
		}
	}
}

// expectSilence checks for a second that nothing goes on.
func (s *stage) expectSilence() {
	s.t.Helper()
	calls, written, before := s.Tenant.Calls(), s.Writes(), s.states()
	err := wait.PollUntilContextTimeout(s.t.Context(), 50*time.Millisecond, time.Second, true, func(context.Context) (bool, error) {
		return s.Tenant.Calls().Sub(calls).Total() > 0 || s.Writes().Since(written).Total() > 0, nil
	})
	if !wait.Interrupted(err) {
		s.t.Errorf("something goes on although nothing is to be done (%v): the writes %s, the calls\n%s, and the changes\n%s",
			err, s.Writes().Since(written), s.Tenant.Calls().Sub(calls), cmp.Diff(before, s.states()))
	}
}

// states returns what is stored of the kinds that a pass writes.
func (s *stage) states() []client.ObjectList {
	s.t.Helper()
	lists := []client.ObjectList{&v1alpha1.IdentityTenantList{}, &v1alpha1.OAuthClientList{}, &v1alpha1.ConfidentialClientList{}}
	for _, list := range lists {
		if err := s.Client.List(s.t.Context(), list); err != nil {
			s.t.Fatal(err)
		}
	}
	return lists
}

// grows waits until a number is at least so great.
func (s *stage) grows(what string, least int64, number func() int64) {
	s.t.Helper()
	s.Eventually("see "+what, func() error {
		if now := number(); now < least {
			return fmt.Errorf("there are %d", now)
		}
		return nil
	})
}

// force takes the finalizers off an object, as people do who have no patience.
func (s *stage) force(object client.Object) {
	s.t.Helper()
	s.Delete(object)
	s.Eventually(fmt.Sprintf("force %T away", object), func() error {
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
		return client.IgnoreNotFound(s.Client.Patch(s.t.Context(), object, patch))
	})
	s.Gone(object)
}
