package operator

import (
	"unique"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/internal/report"
)

// compact makes an object small that is about to be cached. It drops the managed fields, which nobody asks for, and lets all objects have one copy
// of the texts that they have in common, such as the keys of annotations: a decoder makes one for each object, which is a fifth of what thousands of
// Secrets take.
func compact(object any) (any, error) {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return object, nil //nolint:nilerr // what has no metadata, such as the note of a deletion that was missed, is kept as it is
	}
	accessor.SetManagedFields(nil)
	accessor.SetNamespace(shared(accessor.GetNamespace()))
	accessor.SetAnnotations(withSharedKeys(accessor.GetAnnotations()))
	labels := withSharedKeys(accessor.GetLabels())
	for key, value := range labels {
		labels[key] = shared(value)
	}
	accessor.SetLabels(labels)
	owners := accessor.GetOwnerReferences()
	for i, owner := range owners {
		owners[i].APIVersion, owners[i].Kind = shared(owner.APIVersion), shared(owner.Kind)
	}
	accessor.SetOwnerReferences(owners)
	if secret, is := object.(*corev1.Secret); is {
		secret.Data = withSharedKeys(secret.Data)
	}
	if ours, is := object.(report.Object); is {
		conditions := ours.GetConditions()
		for i, c := range conditions {
			conditions[i].Type, conditions[i].Status, conditions[i].Reason = shared(c.Type), metav1.ConditionStatus(shared(string(c.Status))), shared(c.Reason)
		}
	}
	return object, nil
}

// withSharedKeys returns the map with keys that are shared.
func withSharedKeys[V any](of map[string]V) map[string]V {
	if of == nil {
		return nil
	}
	out := make(map[string]V, len(of))
	for key, value := range of {
		out[shared(key)] = value
	}
	return out
}

// shared returns the one copy of a text, which is dropped when nothing has it any more.
func shared(text string) string { return unique.Make(text).Value() }
