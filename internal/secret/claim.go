package secret

import (
	"cmp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// Claim says whose a published Secret is to be: which ConfidentialClient writes it, and what becomes of it when that one goes.
type Claim struct {
	// Name and UID of the ConfidentialClient.
	Name string
	UID  types.UID
	// Policy is never empty.
	Policy v1alpha1.CreationPolicy
	// SpecHash is how the hash of the token's spec begins if the token was requested for this ConfidentialClient as it is now. By it a Secret
	// is known again that a backup brought back without its owner; empty to know none.
	SpecHash string
}

// ClaimOf returns the claim of a ConfidentialClient.
func ClaimOf(c *v1alpha1.ConfidentialClient) Claim {
	claim := Claim{Name: c.Name, UID: c.UID, Policy: v1alpha1.CreationPolicyOwner}
	if s := c.Spec.Secret; s != nil {
		claim.Policy = cmp.Or(s.CreationPolicy, claim.Policy)
	}
	return claim
}

// merges says that the Secret is somebody else's, and only keys in it are ours.
func (c Claim) merges() bool { return c.Policy == v1alpha1.CreationPolicyMerge }

// look returns what a Secret holds for this claim. One that somebody else has made, and that keys are to be added to, holds nothing yet.
//
// Errors: *NotOwnedError.
func (c Claim) look(s *corev1.Secret) (Published, error) {
	published := read(s)
	controller, by := metav1.GetControllerOf(s), publisherOf(s)
	switch {
	case s.Labels[v1alpha1.OwnerUIDLabel] != "":
		return Published{}, &NotOwnedError{Secret: published.key(), Controller: "the operator, which keeps a credential in it"}
	case controller != nil && controller.UID == c.UID:
		return published, nil
	case controller != nil && (!c.merges() || controller.Kind == kind):
		return Published{}, &NotOwnedError{Secret: published.key(), Controller: controller.Kind + " " + controller.Name}
	case by.UID == c.UID:
		return published, nil
	case by.Name == c.Name && c.Policy != v1alpha1.CreationPolicyOwner:
		// An object of this name that is gone has left it. Its token is that of another client.
		published.Content.SpecHash = ""
		return published, nil
	case by.Name != "":
		return Published{}, &NotOwnedError{Secret: published.key(), Controller: kind + " " + by.Name}
	case c.merges():
		return Published{object: s}, nil
	case controller == nil && c.restores(published):
		return published, nil
	}
	return Published{}, &NotOwnedError{Secret: published.key()}
}

// restores says whether a Secret that says nothing of whose it is holds, untouched, what was published for this claim.
func (c Claim) restores(p Published) bool {
	return c.Policy == v1alpha1.CreationPolicyOwner && c.SpecHash != "" && p.Intact && p.isLabelled(c) && strings.HasPrefix(p.Content.SpecHash, c.SpecHash)
}

// isOn says whether a Secret says whose it is as this claim wants it.
func (c Claim) isOn(s *corev1.Secret) bool {
	if s == nil {
		return false
	}
	if c.Policy == v1alpha1.CreationPolicyOwner {
		return metav1.IsControlledBy(s, c.owner()) && publisherOf(s) == publisher{}
	}
	return publisherOf(s) == publisher{Name: c.Name, UID: c.UID} && !metav1.IsControlledBy(s, c.owner())
}

// put writes on a Secret that was made for this claim whose it is.
func (c Claim) put(s *corev1.Secret) {
	c.takeOff(s)
	if c.Policy == v1alpha1.CreationPolicyOwner {
		reference := metav1.NewControllerRef(c.owner(), v1alpha1.GroupVersion.WithKind(kind))
		// It does not block the deletion of its owner: nobody needs to wait for a Secret that goes anyway, one permission less is needed, and the
		// admission plugin that asks for it (OwnerReferencesPermissionEnforcement) refuses kinds for seconds after they were installed.
		reference.BlockOwnerDeletion = nil
		s.OwnerReferences = append(s.OwnerReferences, *reference)
	}
	s.Annotations = merged(s.Annotations, c.annotations())
}

// takeOff removes what says whose a Secret is.
func (c Claim) takeOff(s *corev1.Secret) {
	var others []metav1.OwnerReference
	for _, reference := range s.OwnerReferences {
		if reference.UID != c.UID {
			others = append(others, reference)
		}
	}
	s.OwnerReferences = others
	delete(s.Annotations, v1alpha1.PublisherAnnotation)
}

// labels of the operator on the Secret. One that somebody else made stays managed by them.
func (c Claim) labels() map[string]string {
	labels := map[string]string{v1alpha1.WatchLabel: "true"}
	if !c.merges() {
		labels[v1alpha1.ManagedByLabel] = v1alpha1.ManagedByValue
	}
	return labels
}

// annotations by which a Secret without an owner reference is known.
func (c Claim) annotations() map[string]string {
	if c.Policy == v1alpha1.CreationPolicyOwner {
		return nil
	}
	return map[string]string{v1alpha1.PublisherAnnotation: publisher{Name: c.Name, UID: c.UID}.String()}
}

func (c Claim) owner() metav1.Object { return &metav1.ObjectMeta{Name: c.Name, UID: c.UID} }

const kind = "ConfidentialClient"

// publisher is what PublisherAnnotation says.
type publisher struct {
	Name string
	UID  types.UID
}

// String returns the value of the annotation; a name has no slash.
func (p publisher) String() string { return p.Name + "/" + string(p.UID) }

func publisherOf(s *corev1.Secret) publisher {
	name, uid, _ := strings.Cut(s.Annotations[v1alpha1.PublisherAnnotation], "/")
	return publisher{Name: name, UID: types.UID(uid)}
}

func (p Published) key() types.NamespacedName { return client.ObjectKeyFromObject(p.object) }
