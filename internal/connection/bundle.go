package connection

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// defaultBundleKey is the key of a CA bundle when the reference names none, as in the ConfigMaps of Kubernetes itself.
const defaultBundleKey = "ca.crt"

// bundleReference names a CA bundle, with everything filled in.
type bundleReference struct {
	kind v1alpha1.CABundleKind
	name types.NamespacedName
	key  string
}

func bundleReferenceOf(t *v1alpha1.IdentityTenant) bundleReference {
	if t.Spec.TLS == nil || t.Spec.TLS.CABundleRef == nil {
		return bundleReference{}
	}
	ref := t.Spec.TLS.CABundleRef
	return bundleReference{
		kind: ref.Kind, name: types.NamespacedName{Namespace: t.Namespace, Name: ref.Name}, key: cmp.Or(ref.Key, defaultBundleKey),
	}
}

// read returns the bundle, and the version of the object that holds it. A *report.Blocked says what is missing.
func (r bundleReference) read(ctx context.Context, live client.Reader) (bundle, version string, err error) {
	switch r.kind {
	case v1alpha1.CABundleKindSecret:
		found := &corev1.Secret{}
		if err := r.get(ctx, live, found); err != nil {
			return "", "", err
		}
		return r.filled(string(found.Data[r.key]), found)
	case v1alpha1.CABundleKindConfigMap:
	}
	found := &corev1.ConfigMap{}
	if err := r.get(ctx, live, found); err != nil {
		return "", "", err
	}
	return r.filled(found.Data[r.key], found)
}

func (r bundleReference) get(ctx context.Context, live client.Reader, object client.Object) error {
	if err := live.Get(ctx, r.name, object); err != nil {
		if apierrors.IsNotFound(err) {
			return r.unusable("%s %s with the CA bundle does not exist; create it", r.kind, r.name)
		}
		return fmt.Errorf("reading %s %s: %w", r.kind, r.name, err)
	}
	return nil
}

func (r bundleReference) filled(bundle string, object client.Object) (content, version string, err error) {
	if strings.TrimSpace(bundle) == "" {
		return "", "", r.unusable("%s %s has no CA bundle under key %q; add it", r.kind, r.name, r.key)
	}
	return bundle, secret.Version(object), nil
}

// broken says that the bundle is none, for a reason that does not quote it.
func (r bundleReference) broken(reason error) error {
	return r.unusable("key %q of %s %s cannot be used: %v", r.key, r.kind, r.name, reason)
}

func (bundleReference) unusable(format string, args ...any) error {
	return &report.Blocked{Reason: v1alpha1.ReasonCABundleUnusable, Message: fmt.Sprintf(format, args...)}
}
