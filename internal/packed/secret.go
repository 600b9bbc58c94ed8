// Package packed keeps Secrets small in a cache. Of a Secret with a token two thirds are the structures of Go around its few hundred bytes: three maps
// with room for eight entries each, and a text of its own for each key and value. The cache of the operator has two Secrets for each ConfidentialClient,
// and reads one now and then.
package packed

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Secret is a Secret as a cache keeps it: encoded, but for what it is found by. Its deep copy is the *corev1.Secret, so that who reads from the cache
// never sees this one. Who watches Secrets is told of this one, as a client.Object: its name costs nothing, each other part of it a decoding.
type Secret struct {
	// Object is nil. It makes the setters, which panic: nobody may change what is in a cache.
	metav1.Object

	namespace, name, version string
	uid                      types.UID
	encoded                  []byte
}

var _ interface {
	metav1.Object
	runtime.Object
} = (*Secret)(nil)

// Pack returns a Secret as a cache is to keep it. It keeps nothing of the given one but its namespace.
//
// Errors: that it cannot be encoded, which does not happen to one that was decoded.
func Pack(s *corev1.Secret) (*Secret, error) {
	encoded, err := s.Marshal()
	if err != nil {
		return nil, fmt.Errorf("packing Secret %s/%s: %w", s.Namespace, s.Name, err)
	}
	return &Secret{namespace: s.Namespace, name: s.Name, version: s.ResourceVersion, uid: s.UID, encoded: encoded}, nil
}

// unpack returns the Secret that was packed.
func (s *Secret) unpack() *corev1.Secret {
	secret := &corev1.Secret{}
	if err := secret.Unmarshal(s.encoded); err != nil {
		panic(fmt.Sprintf("unpacking Secret %s/%s: %v", s.namespace, s.name, err)) // it was encoded by Pack
	}
	return secret
}

// DeepCopyObject returns the *corev1.Secret that was packed.
func (s *Secret) DeepCopyObject() runtime.Object { return s.unpack() }

// GetObjectKind returns no kind, as of every object in a typed cache.
func (s *Secret) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// GetNamespace returns the namespace.
func (s *Secret) GetNamespace() string { return s.namespace }

// GetName returns the name.
func (s *Secret) GetName() string { return s.name }

// GetUID returns the UID.
func (s *Secret) GetUID() types.UID { return s.uid }

// GetResourceVersion returns the version.
func (s *Secret) GetResourceVersion() string { return s.version }

// GetGenerateName returns what the name was made from.
func (s *Secret) GetGenerateName() string { return s.unpack().GenerateName }

// GetGeneration returns the generation.
func (s *Secret) GetGeneration() int64 { return s.unpack().Generation }

// GetSelfLink returns the link of old.
func (s *Secret) GetSelfLink() string { return s.unpack().GetSelfLink() }

// GetCreationTimestamp returns when it was created.
func (s *Secret) GetCreationTimestamp() metav1.Time { return s.unpack().CreationTimestamp }

// GetDeletionTimestamp returns when its deletion was asked for; nil for never.
func (s *Secret) GetDeletionTimestamp() *metav1.Time { return s.unpack().DeletionTimestamp }

// GetDeletionGracePeriodSeconds returns how long its deletion may take.
func (s *Secret) GetDeletionGracePeriodSeconds() *int64 {
	return s.unpack().DeletionGracePeriodSeconds
}

// GetLabels returns the labels.
func (s *Secret) GetLabels() map[string]string { return s.unpack().Labels }

// GetAnnotations returns the annotations.
func (s *Secret) GetAnnotations() map[string]string { return s.unpack().Annotations }

// GetFinalizers returns the finalizers.
func (s *Secret) GetFinalizers() []string { return s.unpack().Finalizers }

// GetOwnerReferences returns the owners.
func (s *Secret) GetOwnerReferences() []metav1.OwnerReference { return s.unpack().OwnerReferences }

// GetManagedFields returns who manages which fields.
func (s *Secret) GetManagedFields() []metav1.ManagedFieldsEntry { return s.unpack().ManagedFields }
