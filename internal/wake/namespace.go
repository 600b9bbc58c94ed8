package wake

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/oauth-operator/oauth-operator/internal/tenancy"
)

// NamespaceLabels lets changes of a namespace's labels, by which selectors admit it, wake the objects that find names. An operator that works in
// some namespaces only may not see labels; nothing can depend on them there, and nothing is watched.
func NamespaceLabels(
	watches *builder.Builder, watched tenancy.Watched, find func(ctx context.Context, namespace string) ([]types.NamespacedName, error),
) *builder.Builder {
	if !watched.All() {
		return watches
	}
	named := Map(func(ctx context.Context, namespace *metav1.PartialObjectMetadata) ([]types.NamespacedName, error) {
		return find(ctx, namespace.Name)
	})
	return watches.WatchesMetadata(&corev1.Namespace{}, named, builder.WithPredicates(predicate.LabelChangedPredicate{}))
}
