package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// kinds are the kinds whose conditions are told, in the order in which they depend on each other.
var kinds = [...]string{"IdentityTenant", "OAuthClient", "Scope", "ConfidentialClient"}

// awaitReady tells each condition that changes until every object is ready.
func (d *demo) awaitReady(ctx context.Context) error {
	told := map[string]string{}
	err := until(ctx, "every object is Ready", func() (bool, error) {
		var waiting []error
		for _, kind := range kinds {
			objects, err := d.list(ctx, kind)
			if err != nil {
				return false, err
			}
			for _, o := range objects {
				d.tellChanges(o, told)
				if !o.ready() {
					waiting = append(waiting, fmt.Errorf("%s is not Ready: %s", o.name, o.why()))
				}
			}
		}
		return len(waiting) == 0, errors.Join(waiting...)
	})
	if err != nil {
		return err
	}
	now, err := d.tenant.Inventory(ctx)
	if err != nil {
		return err
	}
	d.Say("On the tenant there are now:")
	d.Quote(now.String())
	return nil
}

// tellChanges tells those conditions that are not as they were told.
func (d *demo) tellChanges(o observed, told map[string]string) {
	for _, c := range o.conditions {
		key, state := o.name+" "+c.Type, string(c.Status)+" "+c.Reason
		if told[key] != state {
			told[key] = state
			d.Say("%-38s %-20s %-7s %s", o.name, c.Type, c.Status, c.Reason)
		}
	}
}

// observed is what all kinds have in common.
type observed struct {
	name       string // kind, namespace and name
	generation int64
	deleted    bool // somebody has, and it waits for the operator
	conditions []metav1.Condition
}

// ready says whether the object is usable as its present spec asks for.
func (o observed) ready() bool {
	c := meta.FindStatusCondition(o.conditions, "Ready")
	return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == o.generation
}

// why says what the object says about not being ready.
func (o observed) why() string {
	if c := meta.FindStatusCondition(o.conditions, "Ready"); c != nil {
		return c.Reason + ": " + c.Message
	}
	return "it has no conditions yet"
}

// describe tells everything about the object, for the search after a failure.
func (o observed) describe() string {
	var text strings.Builder
	text.WriteString(o.name)
	if o.deleted {
		text.WriteString(" (being deleted)")
	}
	for _, c := range o.conditions {
		fmt.Fprintf(&text, "\n  %-20s %-7s %s: %s", c.Type, c.Status, c.Reason, c.Message)
	}
	return text.String()
}

// list returns all objects of a kind.
func (d *demo) list(ctx context.Context, kind string) ([]observed, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind + "List"))
	if err := d.cluster.List(ctx, list); err != nil {
		return nil, fmt.Errorf("listing %s objects: %w", kind, err)
	}
	objects := make([]observed, 0, len(list.Items))
	for i := range list.Items {
		item := &list.Items[i]
		o := observed{
			name:       fmt.Sprintf("%s %s/%s", kind, item.GetNamespace(), item.GetName()),
			generation: item.GetGeneration(),
			deleted:    item.GetDeletionTimestamp() != nil,
		}
		raw, _, _ := unstructured.NestedSlice(item.Object, "status", "conditions")
		text, err := json.Marshal(raw)
		if err != nil {
			return nil, fmt.Errorf("reading the conditions of %s: %w", o.name, err)
		}
		if err := json.Unmarshal(text, &o.conditions); err != nil {
			return nil, fmt.Errorf("reading the conditions of %s: %w", o.name, err)
		}
		objects = append(objects, o)
	}
	return objects, nil
}
