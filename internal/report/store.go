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
func StoreStatus(ctx context.Context, c client.Client, stored, object client.Object) error {
	patch := client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})
	if err := c.Status().Patch(ctx, object, patch); err != nil {
		if apierrors.IsNotFound(err) {
			return errGone
		}
		return fmt.Errorf("storing status: %w", err)
	}
	return nil
}

// Checkpoint stores the status in the middle of a pass, if it has changed: what the next step on the tenant rests on. stored is what is
// stored then. On a conflict the pass has to end, and nothing may be sent.
func Checkpoint[T client.Object](ctx context.Context, c client.Client, stored *T, object T) error {
	if !Changed(*stored, object) {
		return nil
	}
	if err := StoreStatus(ctx, c, *stored, object); err != nil {
		return err
	}
	*stored = object.DeepCopyObject().(T)
	return nil
}

// Changed says whether a pass has something to store.
func Changed(stored, object client.Object) bool { return !equality.Semantic.DeepEqual(stored, object) }

// Object is an object of one of our kinds.
type Object interface {
	client.Object
	GetConditions() []metav1.Condition
}

// Conclude stores the status at the end of a pass, if it has changed, and then tells a transition of Ready in an event: none ever tells what is not
// so. It returns whether the status has changed.
func Conclude(ctx context.Context, c client.Client, recorder events.EventRecorder, stored, object Object) (changed bool, err error) {
	if !Changed(stored, object) {
		return false, nil
	}
	if err := StoreStatus(ctx, c, stored, object); err != nil {
		return false, err
	}
	ReadyTransition(recorder, object, stored.GetConditions())
	return true, nil
}

// EnsureFinalizer adds our finalizer before anything is made on the tenant. An object that is being deleted can get none any more.
func EnsureFinalizer(ctx context.Context, c client.Client, object client.Object) error {
	if !object.GetDeletionTimestamp().IsZero() || controllerutil.ContainsFinalizer(object, v1alpha1.Finalizer) {
		return nil
	}
	return patchFinalizer(ctx, c, object, controllerutil.AddFinalizer)
}

// DropFinalizer lets a deleted object go.
func DropFinalizer(ctx context.Context, c client.Client, object client.Object) error {
	if !controllerutil.ContainsFinalizer(object, v1alpha1.Finalizer) {
		return nil
	}
	return patchFinalizer(ctx, c, object, controllerutil.RemoveFinalizer)
}

func patchFinalizer(ctx context.Context, c client.Client, object client.Object, change func(client.Object, string) bool) error {
	stored := object.DeepCopyObject().(client.Object)
	change(object, v1alpha1.Finalizer)
	// A merge patch replaces the whole list, so it must rest on the list as it is.
	patch := client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})
	if err := c.Patch(ctx, object, patch); err != nil {
		if apierrors.IsNotFound(err) {
			return errGone
		}
		return fmt.Errorf("writing finalizers: %w", err)
	}
	return nil
}
