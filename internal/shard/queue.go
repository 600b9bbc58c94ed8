package shard

import (
	"context"
	"slices"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Manager is what a Queue needs of controller-runtime's.
type Manager interface {
	// GetClient returns the client that reads from the cache.
	GetClient() client.Client
	// GetLogger returns the logger.
	GetLogger() logr.Logger
}

// Queue returns the options of a controller with a work queue that only objects get into for which ours is true, as they are in the cache then. What
// happens to the objects of other shards, and to what these refer to, so costs a look into the cache. ours must not change the object, which is the
// cache's own.
//
// A controller has to ask again when it is the object's turn: its labels may have changed meanwhile. ctx ends with the process.
func Queue[T any, P interface {
	*T
	client.Object
}](ctx context.Context, s Selector, mgr Manager, options controller.Options, ours func(P) bool) controller.Options {
	if s.All() {
		return options
	}
	options.NewQueue = func(name string, limiter workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request] {
		return queue{
			PriorityQueue: priorityqueue.New(name, func(o *priorityqueue.Opts[reconcile.Request]) {
				o.RateLimiter, o.Log = limiter, mgr.GetLogger().WithValues("controller", name)
			}),
			lets: func(name types.NamespacedName) bool {
				object := P(new(T))
				err := mgr.GetClient().Get(ctx, name, object, uncopied)
				if err != nil {
					return !apierrors.IsNotFound(err) // one that is gone needs no pass, and one that comes is told of when it has come
				}
				return ours(object)
			},
		}
	}
	return options
}

// uncopied lets a cache hand out its own object, to be read only.
var uncopied = &client.GetOptions{UnsafeDisableDeepCopy: new(true)}

// queue is a work queue that some objects do not get into.
type queue struct {
	priorityqueue.PriorityQueue[reconcile.Request]

	lets func(types.NamespacedName) bool
}

// Add adds an object.
func (q queue) Add(item reconcile.Request) {
	if q.lets(item.NamespacedName) {
		q.PriorityQueue.Add(item)
	}
}

// AddAfter adds an object after a while.
func (q queue) AddAfter(item reconcile.Request, wait time.Duration) {
	if q.lets(item.NamespacedName) {
		q.PriorityQueue.AddAfter(item, wait)
	}
}

// AddRateLimited adds an object after the queue's own back-off.
func (q queue) AddRateLimited(item reconcile.Request) {
	if q.lets(item.NamespacedName) {
		q.PriorityQueue.AddRateLimited(item)
	}
}

// AddWithOpts adds objects with a priority, or after a while.
func (q queue) AddWithOpts(options priorityqueue.AddOpts, items ...reconcile.Request) {
	let := slices.DeleteFunc(slices.Clone(items), func(item reconcile.Request) bool { return !q.lets(item.NamespacedName) })
	if len(let) > 0 {
		q.PriorityQueue.AddWithOpts(options, let...)
	}
}
