package wake_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// recorder is a queue that notes what is added, and how late.
type recorder struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]

	added map[string]time.Duration
}

func (r *recorder) Add(request reconcile.Request) { r.added[request.String()] = 0 }

func (r *recorder) AddAfter(request reconcile.Request, delay time.Duration) {
	r.added[request.String()] = delay
}

func TestOwner(t *testing.T) {
	const delay = time.Minute
	kind := v1alpha1.GroupVersion.WithKind("ConfidentialClient")
	controlled := func(apiVersion, kind string) *corev1.Secret {
		yes := true
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			Namespace: "billing", Name: "token", OwnerReferences: []metav1.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: "owner", Controller: &yes}},
		}}
	}
	ours := controlled(v1alpha1.GroupVersion.String(), kind.Kind)
	for name, tc := range map[string]struct {
		happens func(*recorder)
		want    map[string]time.Duration
	}{
		"an object that is made wakes its owner later": {
			func(r *recorder) { wake.Owner(kind, delay).Create(t.Context(), event.CreateEvent{Object: ours}, r) },
			map[string]time.Duration{"billing/owner": delay},
		},
		"an object that is listed at the start does not": {
			func(r *recorder) {
				wake.Owner(kind, delay).Create(t.Context(), event.CreateEvent{Object: ours, IsInInitialList: true}, r)
			}, map[string]time.Duration{},
		},
		"an object that changes wakes its owner later": {
			func(r *recorder) {
				wake.Owner(kind, delay).Update(t.Context(), event.UpdateEvent{ObjectOld: ours, ObjectNew: ours}, r)
			}, map[string]time.Duration{"billing/owner": delay},
		},
		"who has lost it is woken, too": {
			func(r *recorder) {
				wake.Owner(kind, delay).Update(t.Context(), event.UpdateEvent{ObjectOld: ours, ObjectNew: &corev1.Secret{}}, r)
			}, map[string]time.Duration{"billing/owner": delay},
		},
		"an object that is gone wakes its owner at once": {
			func(r *recorder) { wake.Owner(kind, delay).Delete(t.Context(), event.DeleteEvent{Object: ours}, r) },
			map[string]time.Duration{"billing/owner": 0},
		},
		"owners of other kinds are left alone": {
			func(r *recorder) {
				for _, other := range []client.Object{controlled("apps/v1", kind.Kind), controlled(v1alpha1.GroupVersion.String(), "Scope"), &corev1.Secret{}} {
					wake.Owner(kind, delay).Delete(t.Context(), event.DeleteEvent{Object: other}, r)
				}
			}, map[string]time.Duration{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{added: map[string]time.Duration{}}
			tc.happens(r)
			if len(r.added) != len(tc.want) {
				t.Errorf("%v is woken, not %v", r.added, tc.want)
			}
			for name, delay := range tc.want {
				if got, woken := r.added[name]; !woken || got != delay {
					t.Errorf("%s is woken: %v, after %v", name, woken, got)
				}
			}
		})
	}
}
