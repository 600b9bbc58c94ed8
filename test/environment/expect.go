package environment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

const pollInterval = 20 * time.Millisecond

// logTail is how much of the operator's log a failed wait shows.
const logTail = 30

// Create creates objects, in order.
func (w *World) Create(objects ...client.Object) {
	w.t.Helper()
	for _, object := range objects {
		if err := w.Client.Create(w.t.Context(), object); err != nil {
			w.t.Fatalf("creating %T %s: %v", object, Key(object), err)
		}
	}
}

// Update reads an object, changes it and writes it, again on a conflict.
func (w *World) Update(object client.Object, change func()) {
	w.t.Helper()
	w.Eventually(fmt.Sprintf("update %T %s", object, Key(object)), func() error {
		if err := w.Client.Get(w.t.Context(), Key(object), object); err != nil {
			return err
		}
		change()
		return w.Client.Update(w.t.Context(), object)
	})
}

// Delete deletes an object and does not wait for it to go.
func (w *World) Delete(object client.Object) {
	w.t.Helper()
	if err := w.Client.Delete(w.t.Context(), object); client.IgnoreNotFound(err) != nil {
		w.t.Fatalf("deleting %T %s: %v", object, Key(object), err)
	}
}

// Get reads an object; it must be there.
func (w *World) Get(object client.Object) {
	w.t.Helper()
	if err := w.Client.Get(w.t.Context(), Key(object), object); err != nil {
		w.t.Fatalf("reading %T %s: %v", object, Key(object), err)
	}
}

// Eventually waits until check returns nil. It fails the test with the last error and the end of the operator's log.
func (w *World) Eventually(what string, check func() error) {
	w.t.Helper()
	last := errors.New("never looked")
	err := wait.PollUntilContextTimeout(w.t.Context(), pollInterval, patience, true, func(context.Context) (bool, error) {
		last = check()
		return last == nil, nil
	})
	if err != nil {
		w.t.Fatalf("waiting to %s: %v\nThe operator's log ends:\n%s", what, last, w.Journal.Tail(logTail))
	}
}

// Condition waits until an object has a condition of the given status and reason for its present generation, and returns it.
func (w *World) Condition(object client.Object, kind string, status metav1.ConditionStatus, reason string) metav1.Condition {
	w.t.Helper()
	var found metav1.Condition
	w.Eventually(fmt.Sprintf("see %T %s with %s=%s, %s", object, Key(object), kind, status, reason), func() error {
		if err := w.Client.Get(w.t.Context(), Key(object), object); err != nil {
			return err
		}
		conditions, observed := StatusOf(object)
		condition := meta.FindStatusCondition(conditions, kind)
		if condition == nil {
			return fmt.Errorf("there is no condition %s", kind)
		}
		if condition.Status != status || condition.Reason != reason {
			return fmt.Errorf("it is %s=%s, %s: %s", kind, condition.Status, condition.Reason, condition.Message)
		}
		if observed != object.GetGeneration() {
			return fmt.Errorf("generation %d is not observed yet", object.GetGeneration())
		}
		found = *condition
		return nil
	})
	return found
}

// Ready waits until objects are Ready.
func (w *World) Ready(objects ...client.Object) {
	w.t.Helper()
	for _, object := range objects {
		w.Condition(object, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	}
}

// Gone waits until objects do not exist any more.
func (w *World) Gone(objects ...client.Object) {
	w.t.Helper()
	for _, object := range objects {
		w.Eventually(fmt.Sprintf("see %T %s gone", object, Key(object)), func() error {
			err := w.Client.Get(w.t.Context(), Key(object), object)
			switch {
			case apierrors.IsNotFound(err):
				return nil
			case err != nil:
				return err
			}
			conditions, _ := StatusOf(object)
			return fmt.Errorf("it is there, with conditions %+v", conditions)
		})
	}
}

// TokenSecret reads the Secret of a ConfidentialClient by the name in its status.
func (w *World) TokenSecret(c *v1alpha1.ConfidentialClient) *corev1.Secret {
	w.t.Helper()
	w.Get(c)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Status.SecretName}}
	w.Get(secret)
	return secret
}

// StatusOf returns what all our kinds have in their status.
func StatusOf(object client.Object) (conditions []metav1.Condition, observedGeneration int64) {
	switch o := object.(type) {
	case *v1alpha1.IdentityTenant:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.OAuthClient:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.Scope:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.ConfidentialClient:
		return o.Status.Conditions, o.Status.ObservedGeneration
	}
	return nil, 0
}

// removeEverything takes away what the test left, whatever state it is in: the next test must not wake its objects.
func (w *World) removeEverything(ctx context.Context) {
	for _, list := range []client.ObjectList{
		&v1alpha1.ConfidentialClientList{}, &v1alpha1.ScopeList{}, &v1alpha1.OAuthClientList{}, &v1alpha1.IdentityTenantList{}, &corev1.SecretList{},
	} {
		if err := w.Client.List(ctx, list); err != nil {
			w.t.Errorf("cleaning up: %v", err)
			continue
		}
		objects, err := meta.ExtractList(list)
		if err != nil {
			w.t.Errorf("cleaning up: %v", err)
		}
		for _, item := range objects {
			object := item.(client.Object)
			if slices.ContainsFunc(parts, func(part string) bool { return w.Namespace(part) == object.GetNamespace() }) {
				w.remove(ctx, object)
			}
		}
	}
}

func (w *World) remove(ctx context.Context, object client.Object) {
	if err := client.IgnoreNotFound(w.Client.Delete(ctx, object)); err != nil {
		w.t.Errorf("cleaning up %s: %v", Key(object), err)
	}
	if len(object.GetFinalizers()) == 0 {
		return
	}
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))
	if err := client.IgnoreNotFound(w.Client.Patch(ctx, object, patch)); err != nil {
		w.t.Errorf("cleaning up %s: %v", Key(object), err)
	}
}

// IsReady says whether an object is Ready, for its present generation, at this moment.
func (w *World) IsReady(object client.Object) bool {
	w.t.Helper()
	w.Get(object)
	conditions, observed := StatusOf(object)
	return meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) && observed == object.GetGeneration()
}
