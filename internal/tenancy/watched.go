package tenancy

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// Watched are the namespaces in which an operator works. The zero value is all of them. An operator that is installed for some namespaces has no
// permissions across the cluster: it sees neither the labels of namespaces nor the UID of kube-system.
type Watched []string

// All says whether the operator works in the whole cluster.
func (w Watched) All() bool { return len(w) == 0 }

// Has says whether the operator works in a namespace.
func (w Watched) Has(namespace string) bool { return w.All() || slices.Contains(w, namespace) }

// Each returns what to list to see everything that the operator works on: each namespace, or metav1.NamespaceAll.
func (w Watched) Each() []string {
	if w.All() {
		return []string{metav1.NamespaceAll}
	}
	return w
}

// SupportsTenant says whether the rules of an IdentityTenant can be followed with the permissions that the operator has; nil when they can.
// Otherwise the error is a *report.Blocked.
func (w Watched) SupportsTenant(tenant *v1alpha1.IdentityTenant) error {
	if w.All() {
		return nil
	}
	if tenant.Spec.ClusterID == "" && tenant.Status.ClusterID == "" {
		return w.unsupported("spec.clusterID must be set")
	}
	return w.supportsRule("spec.access.namespaces", accessOf(tenant).Namespaces)
}

// SupportsOAuthClient says the same of an OAuthClient.
func (w Watched) SupportsOAuthClient(o *v1alpha1.OAuthClient) error {
	if err := w.supportsRule("spec.scopeAttachment.namespaces", consent(o.Spec.ScopeAttachment)); err != nil {
		return err
	}
	return w.supportsRule("spec.consumers.namespaces", consent(o.Spec.Consumers))
}

func (w Watched) supportsRule(field string, access *v1alpha1.NamespaceAccess) error {
	if w.All() || access == nil || access.From != v1alpha1.NamespacesFromSelector {
		return nil
	}
	return w.unsupported("%s.from must be Same or All, not Selector: the labels of namespaces cannot be read", field)
}

// notWatched says that an object is out of reach.
func (w Watched) notWatched(reason, kind string, name fmt.Stringer, namespace string) error {
	return &report.Blocked{
		Reason:  reason,
		Message: fmt.Sprintf("%s %s cannot be read: this operator works in the namespaces %s only, not in %q", kind, name, w, namespace),
	}
}

func (w Watched) unsupported(what string, args ...any) error {
	return &report.Blocked{
		Reason:  v1alpha1.ReasonInvalidSpec,
		Message: fmt.Sprintf("%s (this operator works in the namespaces %s only; All means these)", fmt.Sprintf(what, args...), w),
	}
}

// String lists the namespaces.
func (w Watched) String() string { return strings.Join(w, ", ") }
