package secret

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// Propose makes another credential for the given client ID and stores it as the pending one, beside the present one, as a compare-and-swap: on
// a conflict nothing may be sent to the tenant. request is what it answers; empty for none.
func (v Vault) Propose(ctx context.Context, stored Stored, clientID, request string) (Stored, error) {
	return v.swap(ctx, stored, "storing pending credential", func(object *corev1.Secret) {
		object.Data[v1alpha1.PendingClientIDKey] = []byte(clientID)
		object.Data[v1alpha1.PendingClientSecretKey] = []byte(generate())
		if request != "" {
			object.Annotations[v1alpha1.HandledRotateRequestAnnotation] = request
		}
	})
}

// Promote makes the pending credential the present one, and forgets that one, as a compare-and-swap. Where it is another user's, the user that
// had the old one is noted as retiring.
func (v Vault) Promote(ctx context.Context, stored Stored, now time.Time) (Stored, error) {
	return v.swap(ctx, stored, "storing proved credential", func(object *corev1.Secret) {
		if old, pending := string(object.Data[v1alpha1.ClientIDKey]), string(object.Data[v1alpha1.PendingClientIDKey]); old != pending {
			object.Annotations[v1alpha1.RetiringAnnotation] = old
		}
		object.Data[v1alpha1.ClientIDKey] = object.Data[v1alpha1.PendingClientIDKey]
		object.Data[v1alpha1.ClientSecretKey] = object.Data[v1alpha1.PendingClientSecretKey]
		delete(object.Data, v1alpha1.PendingClientIDKey)
		delete(object.Data, v1alpha1.PendingClientSecretKey)
		object.Annotations[v1alpha1.RotatedTimeAnnotation] = formatTime(now)
	})
}

// Retired forgets the user that was retiring, as a compare-and-swap.
func (v Vault) Retired(ctx context.Context, stored Stored) (Stored, error) {
	if stored.Retiring == "" {
		return stored, nil
	}
	return v.swap(ctx, stored, "forgetting retired user", func(object *corev1.Secret) { delete(object.Annotations, v1alpha1.RetiringAnnotation) })
}

// swap changes a credential Secret, if nobody has written it since it was read.
func (v Vault) swap(ctx context.Context, stored Stored, doing string, change func(*corev1.Secret)) (Stored, error) {
	object := stored.object.DeepCopy()
	if object.Annotations == nil {
		object.Annotations = map[string]string{}
	}
	change(object)
	patch := client.MergeFromWithOptions(stored.object, client.MergeFromWithOptimisticLock{})
	if err := v.Client.Patch(ctx, object, patch, FieldOwner); err != nil {
		if refusal := refused(client.ObjectKeyFromObject(object), err); refusal != nil {
			return Stored{}, refusal
		}
		return Stored{}, fmt.Errorf("%s in Secret %s: %w", doing, client.ObjectKeyFromObject(object), err)
	}
	return storedIn(object), nil
}

// Usernames returns the login names of all users that the credential Secret tells of.
func (s Stored) Usernames() []string {
	names := []string{s.Credential.ClientID, s.Retiring}
	if s.Pending != nil {
		names = append(names, s.Pending.ClientID)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}
