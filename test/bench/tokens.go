package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
)

// reader follows every published token of a namespace, as workloads with a perfect view would, and notes when each was replaced.
type reader struct {
	mu       sync.Mutex
	tokens   map[string]published
	renewals []renewed
	err      error // of the watch
}

// published is a token as its Secret tells.
type published struct {
	issued, expires, due time.Time
}

// renewed is the replacement of a token.
type renewed struct {
	name string
	old  published
	at   time.Time // when a reader saw the new one
}

// lateness is how long after it was due the replacement was seen.
func (r renewed) lateness() time.Duration { return max(0, r.at.Sub(r.old.due)) }

// read begins to follow the tokens, until ctx ends.
func (b *bench) read(ctx context.Context, namespace string) (*reader, error) {
	r := &reader{tokens: map[string]published{}}
	w, err := b.follow(ctx, r, namespace)
	if err != nil {
		return nil, err
	}
	go func() {
		for ctx.Err() == nil {
			for event := range w.ResultChan() {
				if s, ok := event.Object.(*metav1.PartialObjectMetadata); ok {
					r.see(s, time.Now())
				}
			}
			// kube-apiserver may end a watch at any time.
			next, err := b.follow(ctx, r, namespace)
			if err != nil {
				r.fail(err)
				return
			}
			w = next
		}
		w.Stop()
	}()
	return r, nil
}

// follow reads all tokens, and watches from there.
func (b *bench) follow(ctx context.Context, r *reader, namespace string) (watch.Interface, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(secretList())
	labelled := []client.ListOption{client.InNamespace(namespace), client.MatchingLabels{v1alpha1.WatchLabel: "true"}}
	if err := b.cluster.List(ctx, list, labelled...); err != nil {
		return nil, fmt.Errorf("reading tokens: %w", err)
	}
	for i := range list.Items {
		r.see(&list.Items[i], time.Now())
	}
	from := &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: list.ResourceVersion}}
	w, err := b.cluster.Watch(ctx, list, append([]client.ListOption{from}, labelled...)...)
	if err != nil {
		return nil, fmt.Errorf("following tokens: %w", err)
	}
	return w, nil
}

func (r *reader) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// see notes what a Secret tells at a moment.
func (r *reader) see(s *metav1.PartialObjectMetadata, at time.Time) {
	var t renewal.Token
	for annotation, into := range map[string]*time.Time{
		v1alpha1.IssueTimeAnnotation: &t.IssueTime, v1alpha1.ExpirationTimeAnnotation: &t.ExpirationTime, v1alpha1.TenantExpirationTimeAnnotation: &t.TenantExpirationTime,
	} {
		text, ok := s.Annotations[annotation]
		if !ok {
			continue
		}
		var err error
		if *into, err = time.Parse(time.RFC3339, text); err != nil {
			r.fail(fmt.Errorf("reading the times of a token: %w", err))
			return
		}
	}
	owner := metav1.GetControllerOf(s)
	if owner == nil || t.ExpirationTime.IsZero() {
		return
	}
	now := published{issued: t.IssueTime, expires: t.ExpirationTime, due: renewal.Time(t, renewal.Policy{UID: string(owner.UID)})}
	r.mu.Lock()
	defer r.mu.Unlock()
	old, known := r.tokens[s.Name]
	if known && old == now {
		return
	}
	r.tokens[s.Name] = now
	if known {
		r.renewals = append(r.renewals, renewed{name: s.Name, old: old, at: at})
	}
}

// done returns the replacements so far.
func (r *reader) done() ([]renewed, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.renewals), r.err
}

// overdue returns the tokens whose renewal was due before a moment.
func (r *reader) overdue(at time.Time) map[string]published {
	r.mu.Lock()
	defer r.mu.Unlock()
	late := map[string]published{}
	for name, t := range r.tokens {
		if t.due.Before(at) {
			late[name] = t
		}
	}
	return late
}

// late is how many of the tokens have less than a part of their life left at a moment.
func (r *reader) late(at time.Time, part time.Duration) int {
	n := 0
	for _, t := range r.overdue(at) {
		if t.expires.Sub(at) < part {
			n++
		}
	}
	return n
}

// percentile returns the duration that so many percent of the sorted ones do not exceed.
func percentile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}
