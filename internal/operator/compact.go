package operator

import (
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/internal/packed"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// compact makes an object small that is about to be cached. It drops the managed fields, which nobody asks for, and packs Secrets. Of other objects it
// drops the room that a decoder leaves at the end of lists, and lets all have one copy of the texts that they have in common.
func compact(object any) (any, error) {
	switch o := object.(type) {
	case *corev1.Secret:
		o.ManagedFields, o.Namespace = nil, shared(o.Namespace)
		return packed.Pack(o)
	case *packed.Secret: // a cache may ask again
		return o, nil
	case client.Object:
		o.SetManagedFields(nil)
		exact := o.DeepCopyObject().(client.Object)
		share(exact)
		return exact, nil
	}
	return object, nil // what has no metadata, such as the note of a deletion that was missed, is kept as it is
}

// share lets an object have one copy of texts with all others.
func share(object client.Object) {
	object.SetNamespace(shared(object.GetNamespace()))
	object.SetAnnotations(withSharedKeys(object.GetAnnotations()))
	object.SetLabels(withSharedKeys(object.GetLabels()))
	finalizers := object.GetFinalizers()
	for i, finalizer := range finalizers {
		finalizers[i] = shared(finalizer)
	}
	owners := object.GetOwnerReferences()
	for i, owner := range owners {
		owners[i].APIVersion, owners[i].Kind = shared(owner.APIVersion), shared(owner.Kind)
	}
	if ours, is := object.(report.Object); is {
		conditions := ours.GetConditions()
		for i, c := range conditions {
			conditions[i].Type, conditions[i].Status, conditions[i].Reason = shared(c.Type), metav1.ConditionStatus(shared(string(c.Status))), shared(c.Reason)
		}
	}
}

// withSharedKeys returns the map with keys that are shared.
func withSharedKeys(of map[string]string) map[string]string {
	if of == nil {
		return nil
	}
	out := make(map[string]string, len(of))
	for key, value := range of {
		out[shared(key)] = value
	}
	return out
}

// shared returns the one copy of a text, which is dropped when nothing has it any more.
func shared(text string) string { return unique.Make(text).Value() }
