package secret

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// Vault keeps the credentials of managed identities, in the operator's own namespace. Workloads never see them.
type Vault struct {
	// Client writes Secrets.
	Client client.Client
	// Live reads them past any cache: what was just stored must be seen.
	Live client.Reader
	// Namespace of the operator.
	Namespace string
}

// Stored is a credential as it is kept.
type Stored struct {
	Credential oauth.Credential
	// LastReset is when the user's password was last set again to this credential; zero for never.
	LastReset time.Time
	// RotatedTime is when the credential took the place of the one before, or was made.
	RotatedTime time.Time
	// RotateRequest is the request for a rotation that was answered last.
	RotateRequest string
	// Pending is the credential that takes over once the tenant has accepted it; nil for none.
	Pending *oauth.Credential
	// Retiring is the login name of the user that another one has replaced, and that is still there; empty for none.
	Retiring string

	object *corev1.Secret
}

// key of the Secret that keeps the credential of a ConfidentialClient. A UID is never used twice, so neither is the name.
func (v Vault) key(owner types.UID) types.NamespacedName {
	return types.NamespacedName{Namespace: v.Namespace, Name: "credential-" + string(owner)}
}

// Get returns the credential of a ConfidentialClient, read past any cache, and whether there is one.
func (v Vault) Get(ctx context.Context, owner types.UID) (Stored, bool, error) {
	return v.get(ctx, v.Live, owner)
}

// Peek is Get from the cache: good enough to see that there is nothing to do.
func (v Vault) Peek(ctx context.Context, owner types.UID) (Stored, bool, error) {
	return v.get(ctx, v.Client, owner)
}

func (v Vault) get(ctx context.Context, reader client.Reader, owner types.UID) (Stored, bool, error) {
	found, err := find(ctx, reader, v.key(owner))
	if found == nil {
		return Stored{}, false, err
	}
	for _, name := range []string{v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey} {
		if len(found.Data[name]) == 0 {
			return Stored{}, false, &MissingKeyError{Secret: v.key(owner), Key: name}
		}
	}
	return storedIn(found), true, nil
}

// find returns the Secret of the given name; nil when there is none.
func find(ctx context.Context, reader client.Reader, key types.NamespacedName) (*corev1.Secret, error) {
	found := &corev1.Secret{}
	if err := reader.Get(ctx, key, found); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil //nolint:nilnil // its absence is no error
		}
		return nil, fmt.Errorf("reading Secret %s: %w", key, err)
	}
	return found, nil
}

// storedIn reads a credential Secret that has both keys.
func storedIn(object *corev1.Secret) Stored {
	stored := Stored{
		Credential:    credentialIn(object, v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey),
		RotateRequest: object.Annotations[v1alpha1.HandledRotateRequestAnnotation],
		Retiring:      object.Annotations[v1alpha1.RetiringAnnotation],
		object:        object,
	}
	stored.LastReset, _ = parseTime(object.Annotations[v1alpha1.LastResetAnnotation])
	var rotated bool
	if stored.RotatedTime, rotated = parseTime(object.Annotations[v1alpha1.RotatedTimeAnnotation]); !rotated {
		stored.RotatedTime = object.CreationTimestamp.Time
	}
	if pending := credentialIn(object, v1alpha1.PendingClientIDKey, v1alpha1.PendingClientSecretKey); pending.ClientID != "" && !pending.ClientSecret.IsZero() {
		stored.Pending = &pending
	}
	return stored
}

func credentialIn(object *corev1.Secret, id, secret string) oauth.Credential {
	return oauth.Credential{ClientID: string(object.Data[id]), ClientSecret: oauth.NewSecret(string(object.Data[secret]))}
}

// Ensure returns the credential of a ConfidentialClient, and makes one when there is none. It is stored before the tenant learns of
// it, by a create: when somebody else was faster, theirs is returned. made says that this call made it. request is what a new one answers, because
// it was asked for before; empty for none.
func (v Vault) Ensure(ctx context.Context, owner *v1alpha1.ConfidentialClient, clientID, request string) (stored Stored, made bool, err error) {
	stored, found, err := v.Get(ctx, owner.UID)
	if err != nil || found {
		return stored, false, err
	}
	return v.Make(ctx, owner, clientID, request)
}

// Make is Ensure for whom there was no credential a moment ago: it begins with the create.
func (v Vault) Make(ctx context.Context, owner *v1alpha1.ConfidentialClient, clientID, request string) (stored Stored, made bool, err error) {
	key := v.key(owner.UID)
	object := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: key.Namespace,
			Name:      key.Name,
			Labels: map[string]string{
				v1alpha1.WatchLabel:     "true",
				v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue,
				v1alpha1.OwnerUIDLabel:  string(owner.UID),
			},
			Annotations: ensured(owner, request),
		},
		Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{
			v1alpha1.ClientIDKey:     []byte(clientID),
			v1alpha1.ClientSecretKey: []byte(generate()),
		},
	}
	if err := v.Client.Create(ctx, object, FieldOwner); err != nil {
		if refusal := refused(key, err); refusal != nil {
			return Stored{}, false, refusal
		}
		if !apierrors.IsAlreadyExists(err) {
			return Stored{}, false, fmt.Errorf("storing credential in Secret %s: %w", key, err)
		}
		stored, _, err = v.Get(ctx, owner.UID)
		return stored, false, err
	}
	return storedIn(object), true, nil
}

// ensured returns the annotations of a new credential.
func ensured(owner *v1alpha1.ConfidentialClient, request string) map[string]string {
	annotations := map[string]string{ownerAnnotation: owner.Namespace + "/" + owner.Name}
	if request != "" {
		annotations[v1alpha1.HandledRotateRequestAnnotation] = request
	}
	return annotations
}

// RecordReset stores that the user's password is about to be set again, as a compare-and-swap: on a conflict nothing may be sent
// to the tenant.
func (v Vault) RecordReset(ctx context.Context, stored Stored, now time.Time) error {
	_, err := v.swap(ctx, stored, "recording password reset", func(object *corev1.Secret) {
		object.Annotations[v1alpha1.LastResetAnnotation] = formatTime(now)
	})
	return err
}

// Delete removes the credential of a ConfidentialClient; there may be none.
func (v Vault) Delete(ctx context.Context, owner types.UID) error {
	return remove(ctx, v.Client, v.key(owner))
}

// remove deletes the Secret of the given name; there may be none.
func remove(ctx context.Context, c client.Client, key types.NamespacedName, options ...client.DeleteOption) error {
	object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	if err := client.IgnoreNotFound(c.Delete(ctx, object, options...)); err != nil {
		return fmt.Errorf("deleting Secret %s: %w", key, err)
	}
	return nil
}

// generate returns a password for the tenant's rule: 8 to 64 characters with a digit, an upper-case and a lower-case letter; tenants
// may ask for a symbol too. 26 characters of Base32 carry 130 bits; the rest makes every class present.
func generate() string { return "Oa2-" + rand.Text() + "-" + strings.ToLower(rand.Text()) }
