package secret

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// ownerAnnotation on a credential Secret names whose it is, for people: owner references do not cross namespaces.
const ownerAnnotation = v1alpha1.Group + "/owner"

// sourceAnnotation on a kept admin credential names the Secret that it was copied from, for people.
const sourceAnnotation = v1alpha1.Group + "/source"

// adminKey names the Secret that keeps the last working admin credential of an IdentityTenant.
func (v Vault) adminKey(tenant types.UID) types.NamespacedName {
	return types.NamespacedName{Namespace: v.Namespace, Name: "admin-" + string(tenant)}
}

// KeepAdmin keeps a copy of the credential with which the operator has logged in to a tenant. When a whole namespace is deleted, the
// Secret in it goes at once, but what dependents have made on the tenant can be removed only with the credential. Nothing is written
// when the copy is the same.
func (v Vault) KeepAdmin(ctx context.Context, tenant *v1alpha1.IdentityTenant, credential oauth.Credential) error {
	kept, found, err := v.Admin(ctx, tenant.UID)
	if err != nil {
		return err
	}
	if found && kept.ClientID == credential.ClientID && kept.ClientSecret.Equal(credential.ClientSecret) {
		return nil
	}
	key := v.adminKey(tenant.UID)
	source := tenant.Namespace + "/"
	if c := tenant.Spec.Credentials; c != nil {
		source += c.SecretRef.Name
	}
	object := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   key.Namespace,
			Name:        key.Name,
			Labels:      map[string]string{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue, v1alpha1.OwnerUIDLabel: string(tenant.UID)},
			Annotations: map[string]string{ownerAnnotation: tenant.Namespace + "/" + tenant.Name, sourceAnnotation: source},
		},
		Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{
			v1alpha1.ClientIDKey:     []byte(credential.ClientID),
			v1alpha1.ClientSecretKey: []byte(credential.ClientSecret.Reveal()),
		},
	}
	if err := v.Client.Create(ctx, object, FieldOwner); err != nil {
		if !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("keeping admin credential in Secret %s: %w", key, err)
		}
		object.ResourceVersion = "" // whoever logged in last knows best
		if err := v.Client.Patch(ctx, object, client.Merge, FieldOwner); err != nil {
			return fmt.Errorf("keeping admin credential in Secret %s: %w", key, err)
		}
	}
	return nil
}

// Admin returns the kept admin credential of an IdentityTenant, and whether there is one.
func (v Vault) Admin(ctx context.Context, tenant types.UID) (oauth.Credential, bool, error) {
	found, err := find(ctx, v.Live, v.adminKey(tenant))
	if found == nil {
		return oauth.Credential{}, false, err
	}
	return credentialIn(found, v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey), true, nil
}

// ForgetAdmin removes the kept admin credential of an IdentityTenant; there may be none.
func (v Vault) ForgetAdmin(ctx context.Context, tenant types.UID) error {
	return remove(ctx, v.Client, v.adminKey(tenant))
}
