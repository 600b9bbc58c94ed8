package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// untilReady waits until an object is Ready.
func (b *bench) untilReady(ctx context.Context, o report.Object) error {
	const patience = 2 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if err := b.cluster.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return fmt.Errorf("waiting for %T %s: %w", o, o.GetName(), err)
		}
		if ready(o) {
			return nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for %T %s, which has %v: %w", o, o.GetName(), o.GetConditions(), err)
		}
	}
}

func ready(o report.Object) bool {
	c := meta.FindStatusCondition(o.GetConditions(), v1alpha1.ConditionReady)
	return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == o.GetGeneration()
}

// awaited counts how many objects of a kind in a namespace have become Ready since it was made. It watches, because to ask again and again would cost
// kube-apiserver more than the operator does.
type awaited struct {
	cluster   client.WithWatch
	list      client.ObjectList
	namespace string
	watch     watch.Interface
	wanted    map[string]bool // by name: whether it is Ready
	ready     int
}

// await begins to count those of the objects that are Ready, which are to be created later. list is of their kind.
func (b *bench) await(ctx context.Context, list client.ObjectList, objects []client.Object) (*awaited, error) {
	a := &awaited{cluster: b.cluster, list: list, namespace: objects[0].GetNamespace(), wanted: map[string]bool{}}
	for _, o := range objects {
		a.wanted[o.GetName()] = false
	}
	if err := b.cluster.List(ctx, list, client.InNamespace(a.namespace), client.Limit(1)); err != nil {
		return nil, fmt.Errorf("watching: %w", err)
	}
	if err := a.follow(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// follow watches from where the list was read.
func (a *awaited) follow(ctx context.Context) (err error) {
	from := &metav1.ListOptions{ResourceVersion: a.list.GetResourceVersion()}
	if a.watch, err = a.cluster.Watch(ctx, a.list, client.InNamespace(a.namespace), &client.ListOptions{Raw: from}); err != nil {
		return fmt.Errorf("watching: %w", err)
	}
	return nil
}

// resume goes on after the end of a watch, which kube-apiserver may end at any time.
func (a *awaited) resume(ctx context.Context) error {
	if err := a.cluster.List(ctx, a.list, client.InNamespace(a.namespace)); err != nil {
		return fmt.Errorf("watching again: %w", err)
	}
	if err := meta.EachListItem(a.list, func(o runtime.Object) error { a.see(o); return nil }); err != nil {
		return fmt.Errorf("watching again: %w", err)
	}
	return a.follow(ctx)
}

func (a *awaited) see(seen runtime.Object) {
	o, ok := seen.(report.Object)
	if !ok || !ready(o) {
		return
	}
	if was, wanted := a.wanted[o.GetName()]; wanted && !was {
		a.wanted[o.GetName()] = true
		a.ready++
	}
}

// until returns when all are Ready. say is called now and then.
func (a *awaited) until(ctx context.Context, say func(done int)) error {
	defer func() { a.watch.Stop() }()
	progress := time.NewTicker(5 * time.Second)
	defer progress.Stop()
	for a.ready < len(a.wanted) {
		select {
		case event, open := <-a.watch.ResultChan():
			if open {
				a.see(event.Object)
			} else if err := a.resume(ctx); err != nil {
				return err
			}
		case <-progress.C:
			say(a.ready)
		case <-ctx.Done():
			return fmt.Errorf("waiting for objects, of which %d are Ready: %w", a.ready, context.Cause(ctx))
		}
	}
	return nil
}

// provision creates objects, waits until all are Ready, and returns how long that took.
func (b *bench) provision(ctx context.Context, list client.ObjectList, objects []client.Object) (time.Duration, error) {
	if len(objects) == 0 {
		return 0, nil
	}
	a, err := b.await(ctx, list, objects)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := b.createAll(ctx, objects); err != nil {
		a.watch.Stop()
		return 0, err
	}
	err = a.until(ctx, func(done int) { b.Say("%d of %d are Ready", done, len(objects)) })
	return time.Since(begun), err
}
