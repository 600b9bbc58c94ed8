package wake_test

import (
	"context"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/wake"
)

// recorder is a queue that notes what is added, and how late.
type recorder struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]

	begun time.Time
	mu    sync.Mutex
	added map[string]time.Duration
}

func newRecorder() *recorder { return &recorder{begun: time.Now(), added: map[string]time.Duration{}} }

func (r *recorder) Add(request reconcile.Request) { r.AddAfter(request, 0) }

func (r *recorder) AddAfter(request reconcile.Request, delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.added[request.String()] = time.Since(r.begun) + delay
}

func TestOwner(t *testing.T) {
	const later = 200 * time.Millisecond
	kind := v1alpha1.GroupVersion.WithKind("ConfidentialClient")
	controlled := func(apiVersion, kind, owner string) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			Namespace: "billing", Name: "token", UID: "token-uid", ResourceVersion: "7",
			OwnerReferences: []metav1.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: owner, Controller: new(true)}},
		}}
	}
	ours := controlled(v1alpha1.GroupVersion.String(), kind.Kind, "owner")
	edited, taken := ours.DeepCopy(), controlled(v1alpha1.GroupVersion.String(), kind.Kind, "other")
	edited.ResourceVersion = "8"
	for name, tc := range map[string]struct {
		wrote   string // version, while the event is on its way
		happens event.TypedUpdateEvent[client.Object]
		created bool
		listed  bool
		want    map[string]time.Duration
	}{
		"an object that is made wakes its owner later":     {happens: event.UpdateEvent{ObjectNew: ours}, created: true, want: map[string]time.Duration{"billing/owner": later}},
		"an object that is listed at the start does not":   {happens: event.UpdateEvent{ObjectNew: ours}, created: true, listed: true, want: map[string]time.Duration{}},
		"an object that an own pass has made does not":     {wrote: "7", happens: event.UpdateEvent{ObjectNew: ours}, created: true, want: map[string]time.Duration{}},
		"an object that changes wakes its owner later":     {happens: event.UpdateEvent{ObjectOld: ours, ObjectNew: edited}, want: map[string]time.Duration{"billing/owner": later}},
		"an object that an own pass has changed does not":  {wrote: "8", happens: event.UpdateEvent{ObjectOld: ours, ObjectNew: edited}, want: map[string]time.Duration{}},
		"an object that is changed after an own pass does": {wrote: "7", happens: event.UpdateEvent{ObjectOld: ours, ObjectNew: edited}, want: map[string]time.Duration{"billing/owner": later}},
		"who has lost it is woken, too":                    {happens: event.UpdateEvent{ObjectOld: ours, ObjectNew: &corev1.Secret{}}, want: map[string]time.Duration{"billing/owner": later}},
		"whom an own pass has taken it from is woken": {
			wrote: "7", happens: event.UpdateEvent{ObjectOld: ours, ObjectNew: taken}, want: map[string]time.Duration{"billing/owner": later, "billing/other": later},
		},
		"owners of other kinds are left alone": {
			happens: event.UpdateEvent{ObjectOld: controlled("apps/v1", kind.Kind, "owner"), ObjectNew: controlled(v1alpha1.GroupVersion.String(), "Scope", "owner")},
			want:    map[string]time.Duration{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, echoes := newRecorder(), wake.NewEchoes(clock.RealClock{})
				var queue workqueue.TypedRateLimitingInterface[reconcile.Request] = r
				handler := wake.Owner(kind, echoes)
				ctx, cancel := context.WithCancel(t.Context())
				if tc.created {
					handler.Create(ctx, event.CreateEvent{Object: tc.happens.ObjectNew, IsInInitialList: tc.listed}, queue)
				} else {
					handler.Update(ctx, tc.happens, queue)
				}
				cancel() // as controller-runtime does
				echoes.Wrote("token-uid", tc.wrote)
				time.Sleep(time.Second) //nolint:forbidigo // of a bubble
				if diff := cmp.Diff(tc.want, maps.Clone(r.added)); diff != "" {
					t.Errorf("who is woken, and when (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAnObjectThatIsGoneWakesItsOwnerAtOnce(t *testing.T) {
	r, kind := newRecorder(), v1alpha1.GroupVersion.WithKind("ConfidentialClient")
	gone := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: "billing", Name: "token", UID: "token-uid", ResourceVersion: "7",
		OwnerReferences: []metav1.OwnerReference{{APIVersion: v1alpha1.GroupVersion.String(), Kind: kind.Kind, Name: "owner", Controller: new(true)}},
	}}
	echoes := wake.NewEchoes(clock.RealClock{})
	echoes.Wrote("token-uid", "7")
	wake.Owner(kind, echoes).Delete(t.Context(), event.DeleteEvent{Object: gone}, r)
	if _, woken := r.added["billing/owner"]; !woken {
		t.Errorf("%v is woken", r.added)
	}
}
