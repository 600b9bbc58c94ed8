package wake_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

func ready(status metav1.ConditionStatus, reason, message string) []metav1.Condition {
	return []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: message}}
}

func updated(p predicate.Predicate, before, after client.Object) bool {
	return p.Update(event.UpdateEvent{ObjectOld: before, ObjectNew: after})
}

func TestTenantChanged(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.IdentityTenant)
		wakes  bool
	}{
		"nothing, as at a resync":           {func(*v1alpha1.IdentityTenant) {}, false},
		"the spec":                          {func(o *v1alpha1.IdentityTenant) { o.Generation++ }, true},
		"it is not Ready any more":          {func(o *v1alpha1.IdentityTenant) { o.Status.Conditions = ready("False", "Throttled", "") }, false},
		"Ready goes away":                   {func(o *v1alpha1.IdentityTenant) { o.Status.Conditions = nil }, false},
		"the reason and message of Ready":   {func(o *v1alpha1.IdentityTenant) { o.Status.Conditions = ready("True", "Other", "other") }, false},
		"the cluster ID in force":           {func(o *v1alpha1.IdentityTenant) { o.Status.ClusterID = "other" }, true},
		"the login suffix in force":         {func(o *v1alpha1.IdentityTenant) { o.Status.LoginSuffix = "other" }, true},
		"the offset of the clock":           {func(o *v1alpha1.IdentityTenant) { o.Status.ClockOffset = &metav1.Duration{Duration: 1} }, false},
		"the version of the admin's Secret": {func(o *v1alpha1.IdentityTenant) { o.Status.ObservedCredentials = "other" }, false},
		"labels and annotations":            {func(o *v1alpha1.IdentityTenant) { o.Labels = map[string]string{"a": "b"}; o.Annotations = o.Labels }, false},
	} {
		t.Run(name, func(t *testing.T) {
			before := &v1alpha1.IdentityTenant{Status: v1alpha1.IdentityTenantStatus{Conditions: ready("True", "Available", "")}}
			after := before.DeepCopy()
			tc.change(after)
			if got := updated(wake.TenantChanged(), before, after); got != tc.wakes {
				t.Errorf("it wakes: %v", got)
			}
		})
	}
}

func TestATenantThatCanBeUsedAgainWakes(t *testing.T) {
	before := &v1alpha1.IdentityTenant{Status: v1alpha1.IdentityTenantStatus{Conditions: ready("False", "ServerUnavailable", "")}}
	after := before.DeepCopy()
	after.Status.Conditions = ready("True", "Available", "")
	if !updated(wake.TenantChanged(), before, after) {
		t.Error("what waits for the tenant sleeps on")
	}
}

func TestOAuthClientChanged(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.OAuthClient)
		wakes  bool
	}{
		"nothing, as at a resync":         {func(*v1alpha1.OAuthClient) {}, false},
		"the spec":                        {func(o *v1alpha1.OAuthClient) { o.Generation++ }, true},
		"the status of Ready":             {func(o *v1alpha1.OAuthClient) { o.Status.Conditions = ready("False", "Throttled", "") }, true},
		"the reason and message of Ready": {func(o *v1alpha1.OAuthClient) { o.Status.Conditions = ready("True", "Other", "other") }, false},
		"the application behind it":       {func(o *v1alpha1.OAuthClient) { o.Status.ApplicationKey = "other" }, true},
		"who may be a client":             {func(o *v1alpha1.OAuthClient) { o.Status.ClientIDType = v1alpha1.ClientIDTypeList }, true},
		"the grants that it allows":       {func(o *v1alpha1.OAuthClient) { o.Status.GrantTypes = []v1alpha1.GrantType{v1alpha1.GrantTypeImplicit} }, true},
		"what its tokens say":             {func(o *v1alpha1.OAuthClient) { o.Status.TokenHash = "other" }, true},
		"that it is being updated":        {func(o *v1alpha1.OAuthClient) { o.Status.AppliedHash = "" }, false},
		"the role of its clients":         {func(o *v1alpha1.OAuthClient) { o.Status.ClientRole.ID = "other" }, true},
		"the role is gone":                {func(o *v1alpha1.OAuthClient) { o.Status.ClientRole = nil }, true},
		"the scopes on it":                {func(o *v1alpha1.OAuthClient) { o.Status.Scopes.Applied[0].Hash = "other" }, true},
		"a scope was rejected":            {func(o *v1alpha1.OAuthClient) { o.Status.Scopes.Rejected = []v1alpha1.RejectedScope{{Name: "a"}} }, true},
		"suspected leftovers":             {func(o *v1alpha1.OAuthClient) { o.Status.Leftovers = []string{"a"} }, false},
		"the intent to import":            {func(o *v1alpha1.OAuthClient) { o.Status.ImportIntent = &v1alpha1.ImportIntent{} }, false},
		"an empty list instead of none":   {func(o *v1alpha1.OAuthClient) { o.Status.Scopes.Rejected = []v1alpha1.RejectedScope{} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			before := &v1alpha1.OAuthClient{Status: v1alpha1.OAuthClientStatus{
				Conditions: ready("True", "Available", ""), ClientRole: &v1alpha1.RoleStatus{ID: "1"},
				Scopes: &v1alpha1.ScopesStatus{Applied: []v1alpha1.AppliedScope{{Name: "read", Hash: "1"}}},
			}}
			after := before.DeepCopy()
			tc.change(after)
			if got := updated(wake.OAuthClientChanged(), before, after); got != tc.wakes {
				t.Errorf("it wakes: %v", got)
			}
		})
	}
}

func TestOwn(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.Scope)
		wakes  bool
	}{
		"the spec":          {func(o *v1alpha1.Scope) { o.Generation++ }, true},
		"our own status":    {func(o *v1alpha1.Scope) { o.Status.Conditions = ready("True", "Available", "") }, false},
		"a rotate request":  {func(o *v1alpha1.Scope) { o.Annotations = map[string]string{v1alpha1.RotateRequestAnnotation: "1"} }, true},
		"a request":         {func(o *v1alpha1.Scope) { o.Annotations = map[string]string{v1alpha1.ReconcileRequestAnnotation: "1"} }, true},
		"other annotations": {func(o *v1alpha1.Scope) { o.Annotations = map[string]string{"a": "b"} }, false},
		"our own metadata":  {func(o *v1alpha1.Scope) { o.Finalizers = []string{v1alpha1.Finalizer} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			before := &v1alpha1.Scope{}
			after := before.DeepCopy()
			tc.change(after)
			if got := updated(wake.Own(), before, after); got != tc.wakes {
				t.Errorf("it wakes: %v", got)
			}
		})
	}
}

func TestCreationsAndDeletionsWake(t *testing.T) {
	for name, tc := range map[string]struct {
		predicate        predicate.Predicate
		object           client.Object
		created, deleted bool
	}{
		"a tenant":                {wake.TenantChanged(), &v1alpha1.IdentityTenant{}, true, true},
		"an OAuthClient":          {wake.OAuthClientChanged(), &v1alpha1.OAuthClient{}, true, true},
		"what frees when it goes": {wake.Gone(), &v1alpha1.Scope{}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.predicate.Create(event.CreateEvent{Object: tc.object}); got != tc.created {
				t.Errorf("a creation wakes: %v", got)
			}
			if got := tc.predicate.Delete(event.DeleteEvent{Object: tc.object}); got != tc.deleted {
				t.Errorf("a deletion wakes: %v", got)
			}
		})
	}
	if updated(wake.Gone(), &v1alpha1.Scope{}, &v1alpha1.Scope{ObjectMeta: metav1.ObjectMeta{Generation: 1}}) {
		t.Error("an update passes for a deletion")
	}
}

func TestMapWakesWhatItFinds(t *testing.T) {
	a, b := types.NamespacedName{Namespace: "shop", Name: "a"}, types.NamespacedName{Namespace: "shop", Name: "b"}
	for name, tc := range map[string]struct {
		object client.Object
		names  []types.NamespacedName
		err    error
		want   []reconcile.Request
	}{
		"two objects, one of them twice": {&v1alpha1.Scope{}, []types.NamespacedName{a, b, a}, nil, []reconcile.Request{{NamespacedName: a}, {NamespacedName: b}}},
		"none":                           {&v1alpha1.Scope{}, nil, nil, nil},
		"a failure wakes nothing":        {&v1alpha1.Scope{}, []types.NamespacedName{a}, errors.New("no"), nil},
		"an object of another kind":      {&v1alpha1.OAuthClient{}, []types.NamespacedName{a}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
			defer queue.ShutDown()
			handler := wake.Map(func(context.Context, *v1alpha1.Scope) ([]types.NamespacedName, error) { return tc.names, tc.err })
			handler.Create(t.Context(), event.CreateEvent{Object: tc.object}, queue)
			var got []reconcile.Request
			for queue.Len() > 0 {
				request, _ := queue.Get()
				queue.Done(request)
				got = append(got, request)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLaterWakesOnceForMany(t *testing.T) {
	clock := clocktesting.NewFakeClock(time.Unix(0, 0))
	queue := workqueue.NewTypedRateLimitingQueueWithConfig(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request](),
		workqueue.TypedRateLimitingQueueConfig[reconcile.Request]{Clock: clock})
	defer queue.ShutDown()
	name := types.NamespacedName{Namespace: "identity", Name: "corp"}
	handler := wake.Later(time.Second, func(context.Context, *v1alpha1.Scope) ([]types.NamespacedName, error) {
		return []types.NamespacedName{name}, nil
	})
	for range 10 {
		handler.Create(t.Context(), event.CreateEvent{Object: &v1alpha1.Scope{}}, queue)
		handler.Update(t.Context(), event.UpdateEvent{ObjectOld: &v1alpha1.Scope{}, ObjectNew: &v1alpha1.Scope{}}, queue)
		handler.Delete(t.Context(), event.DeleteEvent{Object: &v1alpha1.Scope{}}, queue)
	}
	if queue.Len() != 0 {
		t.Error("it wakes at once")
	}
	got := make(chan reconcile.Request)
	go func() {
		request, _ := queue.Get()
		got <- request
	}()
	for woken := false; !woken; {
		clock.Step(time.Second)
		select {
		case request := <-got:
			woken = true
			if request.NamespacedName != name {
				t.Errorf("it wakes %v", request)
			}
		default:
			runtime.Gosched()
		}
	}
	if queue.Len() != 0 {
		t.Error("it wakes more than once")
	}
}

func TestNamedAsksOnceForAnUpdate(t *testing.T) {
	asked := 0
	named := wake.Named(func(_ context.Context, name types.NamespacedName) ([]types.NamespacedName, error) {
		asked++
		return []types.NamespacedName{name}, nil
	})
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "token"}}
	for what, happens := range map[string]func(queue *recorder){
		"create": func(queue *recorder) { named.Create(t.Context(), event.CreateEvent{Object: secret}, queue) },
		"update": func(queue *recorder) {
			named.Update(t.Context(), event.UpdateEvent{ObjectOld: secret, ObjectNew: secret}, queue)
		},
		"delete": func(queue *recorder) { named.Delete(t.Context(), event.DeleteEvent{Object: secret}, queue) },
	} {
		queue := newRecorder()
		asked = 0
		happens(queue)
		if _, woken := queue.added["shop/token"]; asked != 1 || !woken {
			t.Errorf("%s: asked %d times, woken: %v", what, asked, queue.added)
		}
	}
}

func TestWhatIsListedAtTheStartWakesNobody(t *testing.T) {
	find := func(context.Context, *v1alpha1.Scope) ([]types.NamespacedName, error) {
		return []types.NamespacedName{{Namespace: "shop", Name: "a"}}, nil
	}
	for name, handler := range map[string]handler.EventHandler{"Map": wake.Map(find), "Later": wake.Later(0, find)} {
		for _, listed := range []bool{true, false} {
			queue := newRecorder()
			handler.Create(t.Context(), event.CreateEvent{Object: &v1alpha1.Scope{}, IsInInitialList: listed}, queue)
			if woken := len(queue.added) > 0; woken == listed {
				t.Errorf("%s: listed at the start: %t; woken: %t", name, listed, woken)
			}
		}
	}
}

func TestNames(t *testing.T) {
	items := []v1alpha1.Scope{{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "a"}}, {ObjectMeta: metav1.ObjectMeta{Namespace: "b", Name: "c"}}}
	failure := errors.New("no")
	names, err := wake.Names(items, failure)
	if !errors.Is(err, failure) {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff([]types.NamespacedName{{Namespace: "shop", Name: "a"}, {Namespace: "b", Name: "c"}}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRequestsChanged(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.ConfidentialClient)
		wakes  bool
	}{
		"other scopes":  {func(o *v1alpha1.ConfidentialClient) { o.Spec.Scopes = []string{"write"} }, true},
		"another field": {func(o *v1alpha1.ConfidentialClient) { o.Generation++ }, false},
	} {
		t.Run(name, func(t *testing.T) {
			before := &v1alpha1.ConfidentialClient{Spec: v1alpha1.ConfidentialClientSpec{Scopes: []string{"read"}}}
			after := before.DeepCopy()
			tc.change(after)
			if got := updated(wake.RequestsChanged(), before, after); got != tc.wakes {
				t.Errorf("it wakes: %v", got)
			}
		})
	}
}

func TestKnown(t *testing.T) {
	o := &v1alpha1.ConfidentialClient{}
	for what, wakes := range map[string]bool{
		"one that comes":                  wake.Known().Create(event.CreateEvent{Object: o}),
		"one that changes":                !wake.Known().Update(event.UpdateEvent{ObjectOld: o, ObjectNew: o}),
		"one that goes":                   !wake.Known().Delete(event.DeleteEvent{Object: o}),
		"one that is listed at the start": wake.Known().Create(event.CreateEvent{Object: o, IsInInitialList: true}),
	} {
		if wakes {
			t.Errorf("%s is taken for the opposite", what)
		}
	}
}
