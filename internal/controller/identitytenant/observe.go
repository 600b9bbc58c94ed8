package identitytenant

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// facts are what one pass found out. They live for the pass and are never stored as such.
type facts struct {
	// clusterID in force; set by observe.
	clusterID string
	// session with the tenant; set by observe.
	session *tenant.Session
	// credentialsVersion of the Secret with the admin credential; set by observe, empty without credentials.
	credentialsVersion string
	// loginNeeded says that the last login was not made with this spec and credential; set by observe.
	loginNeeded bool
	// answered says that the tenant answered in this pass, be it with a refusal; set by logIn.
	answered bool
	// loginSuffix in force; set by observe or logIn.
	loginSuffix string
	// clockOffset of the tenant; nil while unknown.
	clockOffset *time.Duration
	// gone says that the finalizer was dropped: there is nothing left to write to; set by remove.
	gone bool
}

// observe reads what the login depends on and compares it with what the last one was made with. A restart, or a change of leader,
// finds nothing to do here.
func (r *Reconciler) observe(ctx context.Context, obj *v1alpha1.IdentityTenant) (facts, error) {
	f := facts{loginSuffix: obj.Spec.LoginSuffix}
	if f.loginSuffix == "" && obj.Spec.Credentials != nil {
		f.loginSuffix = obj.Status.LoginSuffix
	}
	var err error
	if f.clusterID, err = r.clusterID(ctx, obj); err != nil {
		return f, err
	}
	if f.session, err = r.Connector.Session(obj); err != nil {
		return f, err
	}
	f.readOffset()
	if obj.Spec.Credentials == nil {
		return f, nil
	}
	key := types.NamespacedName{Namespace: obj.Namespace, Name: obj.Spec.Credentials.SecretRef.Name}
	referenced, err := secret.ReadCredential(ctx, r.Live, key)
	if err != nil {
		return f, err
	}
	f.credentialsVersion = referenced.Version
	f.loginNeeded = obj.Status.ObservedGeneration != obj.Generation ||
		obj.Status.ObservedCredentials != referenced.Version ||
		!meta.IsStatusConditionTrue(obj.Status.Conditions, v1alpha1.ConditionAuthenticated)
	return f, nil
}

// clusterID returns the cluster ID in force. The UID of kube-system is what comes nearest to an identity of a cluster.
func (r *Reconciler) clusterID(ctx context.Context, obj *v1alpha1.IdentityTenant) (string, error) {
	if obj.Spec.ClusterID != "" {
		return obj.Spec.ClusterID, nil
	}
	if obj.Status.ClusterID != "" {
		return obj.Status.ClusterID, nil
	}
	system := &metav1.PartialObjectMetadata{}
	system.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := r.Live.Get(ctx, types.NamespacedName{Name: metav1.NamespaceSystem}, system); err != nil {
		return "", fmt.Errorf("reading the UID of namespace %q for spec.clusterID: %w", metav1.NamespaceSystem, err)
	}
	return string(system.UID), nil
}

// logIn proves that the tenant accepts the credentials, and asks for the login suffix where the spec names none.
func (r *Reconciler) logIn(ctx context.Context, obj *v1alpha1.IdentityTenant, f facts) (facts, error) {
	err := f.session.Authenticate(ctx)
	f.readOffset()
	f.answered = err == nil || refused(err)
	if err != nil {
		return f, err
	}
	if obj.Spec.LoginSuffix != "" {
		return f, nil
	}
	suffixes, err := f.session.Admin().LoginSuffixes(ctx)
	if err != nil {
		return f, err
	}
	f.loginSuffix = suffixes[0]
	return f, nil
}

func (f *facts) readOffset() {
	if f.session == nil {
		return
	}
	if offset, known := f.session.ClockOffset(); known {
		f.clockOffset = &offset
	}
}
