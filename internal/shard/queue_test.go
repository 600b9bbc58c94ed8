package shard_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/shard"
)

// cache has the Scopes ours and foreign, none that is gone, and fails for any other.
type cache struct{ client.Client }

func (c cache) GetClient() client.Client { return c }
func (cache) GetLogger() logr.Logger     { return logr.Discard() }

func (cache) Get(_ context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	applied := (&client.GetOptions{}).ApplyOptions(options)
	if applied.UnsafeDisableDeepCopy == nil || !*applied.UnsafeDisableDeepCopy {
		return errors.New("objects are copied")
	}
	switch key.Name {
	case "ours":
		object.SetLabels(map[string]string{v1alpha1.ShardLabel: "a"})
		return nil
	case "foreign":
		return nil
	case "gone":
		return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
	}
	return errors.New("not known")
}

func TestOnlyObjectsOfTheShardGetIntoTheQueue(t *testing.T) {
	s := parse(t, v1alpha1.ShardLabel+"=a")
	request := func(name string) reconcile.Request {
		return reconcile.Request{NamespacedName: client.ObjectKey{Namespace: "shop", Name: name}}
	}
	type line = priorityqueue.PriorityQueue[reconcile.Request]
	for how, add := range map[string]func(line, reconcile.Request){
		"at once":                         func(q line, r reconcile.Request) { q.Add(r) },
		"after a while":                   func(q line, r reconcile.Request) { q.AddAfter(r, time.Millisecond) },
		"after a back-off":                func(q line, r reconcile.Request) { q.AddRateLimited(r) },
		"with a priority":                 func(q line, r reconcile.Request) { q.AddWithOpts(priorityqueue.AddOpts{Priority: new(3)}, r) },
		"together with one of each shard": func(q line, r reconcile.Request) { q.AddWithOpts(priorityqueue.AddOpts{}, request("foreign"), r) },
	} {
		for name, gets := range map[string]bool{"ours": true, "foreign": false, "gone": false, "unknown": true} {
			t.Run(name+" "+how, func(t *testing.T) {
				asked := 0
				options := shard.Queue(t.Context(), s, cache{}, controller.Options{}, func(o *v1alpha1.Scope) bool { asked++; return s.Has(o) })
				limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Millisecond, time.Millisecond)
				queue, ok := options.NewQueue("scope", limiter).(line)
				if !ok {
					t.Fatal("the queue has no priorities")
				}
				add(queue, request(name))
				if gets {
					if got, _ := queue.Get(); got != request(name) {
						t.Errorf("%s comes", got)
					}
				}
				queue.ShutDown()
				if got, shutdown := queue.Get(); !shutdown {
					t.Errorf("%s comes, too", got)
				}
				if (name == "ours" || name == "foreign") && asked == 0 {
					t.Error("the controller was not asked")
				}
			})
		}
	}
}

func TestWithoutShardsTheQueueIsControllerRuntimesOwn(t *testing.T) {
	options := shard.Queue(t.Context(), shard.Selector{}, cache{}, controller.Options{}, func(*v1alpha1.Scope) bool { return false })
	if options.NewQueue != nil {
		t.Error("it is another one")
	}
}
