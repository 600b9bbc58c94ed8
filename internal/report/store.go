package report

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// StoreStatus writes the status of object as a change of what is stored, and only if nobody has written the object meanwhile: what
// is decided next may rest on it. object then has the new resource version.
func StoreStatus(ctx context.Context, c client.Client, stored, object Object) error {
	patch, err := statusPatch(stored, object)
	if err != nil {
		return err
	}
	err = answerless(c, object, func(answer client.Object) error { return c.Status().Patch(ctx, answer, patch) })
	switch {
	case apierrors.IsNotFound(err):
		return errGone
	case err != nil:
		return fmt.Errorf("storing status: %w", err)
	}
	return nil
}

// answerless makes a write of ours, of which object has the outcome already, and takes nothing but the new resource version from the answer:
// kube-apiserver is asked for metadata only, because to decode whole objects that are known is a good part of what writes cost.
func answerless(c client.Client, object client.Object, write func(answer client.Object) error) error {
	kind, err := c.GroupVersionKindFor(object)
	if err != nil {
		return fmt.Errorf("finding the kind of %T: %w", object, err)
	}
	answer := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: object.GetNamespace(), Name: object.GetName()}}
	answer.SetGroupVersionKind(kind)
	if err := write(answer); err != nil {
		return err
	}
	object.SetResourceVersion(answer.ResourceVersion)
	return nil
}

// Checkpoint stores the status in the middle of a pass, if it has changed: what the next step on the tenant rests on. stored is what is
// stored then. On a conflict the pass has to end, and nothing may be sent.
func Checkpoint[T Object](ctx context.Context, c client.Client, stored *T, object T) error {
	if !Changed(*stored, object) {
		return nil
	}
	if err := StoreStatus(ctx, c, *stored, object); err != nil {
		return err
	}
	*stored = object.DeepCopyObject().(T)
	return nil
}

// Changed says whether a pass has something to store, which is nothing but the status.
func Changed(stored, object Object) bool {
	return !equality.Semantic.DeepEqual(stored.GetStatus(), object.GetStatus())
}

// Object is an object of one of our kinds.
type Object interface {
	client.Object
	GetConditions() []metav1.Condition
	// GetStatus returns the whole status.
	GetStatus() any
}

// Conclude stores the status at the end of a pass, if it has changed, and then tells a transition of Ready in an event: none ever tells what is not
// so. It returns whether the status has changed.
func Conclude(ctx context.Context, c client.Client, recorder events.EventRecorder, stored, object Object) (changed bool, err error) {
	if !Changed(stored, object) {
		return false, nil
	}
	err = ConcludeChanged(ctx, c, recorder, stored, object)
	return err == nil, err
}

// ConcludeChanged is Conclude for who knows that the status has changed.
func ConcludeChanged(ctx context.Context, c client.Client, recorder events.EventRecorder, stored, object Object) error {
	if err := StoreStatus(ctx, c, stored, object); err != nil {
		return err
	}
	ReadyTransition(recorder, object, stored.GetConditions())
	return nil
}

// IsNew says whether nothing has been made for an object yet: it has no finalizer of ours, and may get one. One that is being deleted may not any more.
func IsNew(object client.Object) bool {
	return object.GetDeletionTimestamp().IsZero() && !controllerutil.ContainsFinalizer(object, v1alpha1.Finalizer)
}

// EnsureFinalizer adds our finalizer to a new object before anything is made on the tenant. It returns whether it has written it, by a compare-and-swap,
// which proves that the object was the present one.
func EnsureFinalizer(ctx context.Context, c client.Client, object client.Object) (written bool, err error) {
	if !IsNew(object) {
		return false, nil
	}
	err = patchFinalizer(ctx, c, object, controllerutil.AddFinalizer)
	return err == nil, err
}

// DropFinalizer lets a deleted object go.
func DropFinalizer(ctx context.Context, c client.Client, object client.Object) error {
	if !controllerutil.ContainsFinalizer(object, v1alpha1.Finalizer) {
		return nil
	}
	return patchFinalizer(ctx, c, object, controllerutil.RemoveFinalizer)
}

func patchFinalizer(ctx context.Context, c client.Client, object client.Object, change func(client.Object, string) bool) error {
	version := object.GetResourceVersion()
	change(object, v1alpha1.Finalizer)
	// A merge patch replaces the whole list, so it must rest on the list as it is.
	patch, err := mergePatch(map[string]any{"metadata": map[string]any{"resourceVersion": version, "finalizers": object.GetFinalizers()}})
	if err != nil {
		return err
	}
	err = answerless(c, object, func(answer client.Object) error { return c.Patch(ctx, answer, patch) })
	switch {
	case apierrors.IsNotFound(err):
		return errGone
	case err != nil:
		return fmt.Errorf("writing finalizers: %w", err)
	}
	return nil
}
