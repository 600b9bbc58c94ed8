package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// untilReady waits until an object is Ready.
func (b *bench) untilReady(ctx context.Context, o client.Object) error {
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
			return fmt.Errorf("waiting for %T %s, which has %v: %w", o, o.GetName(), conditionsOf(o), err)
		}
	}
}

func ready(o client.Object) bool {
	c := meta.FindStatusCondition(conditionsOf(o), v1alpha1.ConditionReady)
	return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == o.GetGeneration()
}

func conditionsOf(o client.Object) []metav1.Condition {
	switch o := o.(type) {
	case *v1alpha1.IdentityTenant:
		return o.Status.Conditions
	case *v1alpha1.OAuthClient:
		return o.Status.Conditions
	case *v1alpha1.Scope:
		return o.Status.Conditions
	case *v1alpha1.ConfidentialClient:
		return o.Status.Conditions
	}
	return nil
}

// awaited counts how many objects of a kind in a namespace have become Ready since it was made. It watches, because to ask again and again would cost
// kube-apiserver more than the operator does.
type awaited struct {
	watch watch.Interface
	seen  map[string]bool
}

// await begins to count. list is of the kind, and says from where on.
func (b *bench) await(ctx context.Context, list client.ObjectList, namespace string) (*awaited, error) {
	if err := b.cluster.List(ctx, list, client.InNamespace(namespace), client.Limit(1)); err != nil {
		return nil, fmt.Errorf("watching: %w", err)
	}
	from := &metav1.ListOptions{ResourceVersion: list.GetResourceVersion()}
	w, err := b.cluster.Watch(ctx, list, client.InNamespace(namespace), &client.ListOptions{Raw: from})
	if err != nil {
		return nil, fmt.Errorf("watching: %w", err)
	}
	return &awaited{watch: w, seen: map[string]bool{}}, nil
}

// until returns when so many are Ready. say is called now and then.
func (a *awaited) until(ctx context.Context, n int, say func(done int)) error {
	defer a.watch.Stop()
	progress := time.NewTicker(5 * time.Second)
	defer progress.Stop()
	for len(a.seen) < n {
		select {
		case event, open := <-a.watch.ResultChan():
			if !open {
				return errors.New("waiting for objects: the watch has ended")
			}
			if o, ok := event.Object.(client.Object); ok && ready(o) {
				a.seen[o.GetName()] = true
			}
		case <-progress.C:
			say(len(a.seen))
		case <-ctx.Done():
			return fmt.Errorf("waiting for objects, of which %d are Ready: %w", len(a.seen), context.Cause(ctx))
		}
	}
	return nil
}

// provision creates objects, waits until all are Ready, and returns how long that took.
func (b *bench) provision(ctx context.Context, list client.ObjectList, objects []client.Object) (time.Duration, error) {
	if len(objects) == 0 {
		return 0, nil
	}
	a, err := b.await(ctx, list, objects[0].GetNamespace())
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := b.createAll(ctx, objects); err != nil {
		a.watch.Stop()
		return 0, err
	}
	err = a.until(ctx, len(objects), func(done int) { b.say("%d of %d are Ready", done, len(objects)) })
	return time.Since(begun), err
}
