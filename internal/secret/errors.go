package secret

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// NotFoundError says that a Secret that a user refers to does not exist. It does not unwrap to the NotFound of Kubernetes, so that
// nobody takes it for the absence of the object that refers to it.
type NotFoundError struct{ Secret types.NamespacedName }

// Error names the Secret.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("Secret %s does not exist; create it", e.Secret)
}

// ConditionReason returns the reason of a condition for this error.
func (e *NotFoundError) ConditionReason() string { return v1alpha1.ReasonSecretNotFound }

// MissingKeyError says that a Secret that a user refers to lacks a key, or has it empty.
type MissingKeyError struct {
	Secret types.NamespacedName
	Key    string
}

// Error names the Secret and the key.
func (e *MissingKeyError) Error() string {
	return fmt.Sprintf("Secret %s has no value under key %q; add it", e.Secret, e.Key)
}

// ConditionReason returns the reason of a condition for this error.
func (e *MissingKeyError) ConditionReason() string { return v1alpha1.ReasonSecretIncomplete }

// NotOwnedError says that a Secret exists that is not ours to write. Trying again does not help: one of the two has to be renamed or
// deleted.
type NotOwnedError struct {
	Secret types.NamespacedName
	// Controller of the Secret as Kind name; empty when it has none.
	Controller string
}

// Error names the Secret and whose it is.
func (e *NotOwnedError) Error() string {
	whose := "was not made by this object"
	if e.Controller != "" {
		whose = "belongs to " + e.Controller
	}
	return fmt.Sprintf("Secret %s exists and %s; it is left untouched: choose another spec.secret.name, or delete that Secret", e.Secret, whose)
}

// ConditionReason returns the reason of a condition for this error.
func (e *NotOwnedError) ConditionReason() string { return v1alpha1.ReasonSecretConflict }

// KeysTakenError says that a Secret that somebody else has made holds values under keys that are to be added to it.
type KeysTakenError struct {
	Secret types.NamespacedName
	Keys   []string
}

// Error names the Secret and the keys.
func (e *KeysTakenError) Error() string {
	return fmt.Sprintf("Secret %s has values under %s that this object did not write; they are left untouched: choose other keys in spec.secret, or take these out of the Secret",
		e.Secret, strings.Join(e.Keys, ", "))
}

// ConditionReason returns the reason of a condition for this error.
func (e *KeysTakenError) ConditionReason() string { return v1alpha1.ReasonSecretConflict }

// ImmutableError says that somebody has made a Secret immutable, so that no token can be renewed in it.
type ImmutableError struct{ Secret types.NamespacedName }

// Error names the Secret.
func (e *ImmutableError) Error() string {
	return fmt.Sprintf("Secret %s is immutable, so that nothing can be written to it any more: delete it, and leave its field immutable out", e.Secret)
}

// ConditionReason returns the reason of a condition for this error.
func (e *ImmutableError) ConditionReason() string { return v1alpha1.ReasonSecretConflict }

// InvalidError says that kube-apiserver does not take a Secret as its owner wants it, such as one of a type that needs other keys.
type InvalidError struct {
	Secret types.NamespacedName
	// Fields of the Secret that it complains about; its words could have values.
	Fields []string
}

// Error names the Secret and the fields.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("Secret %s cannot be written as spec.secret asks for: kube-apiserver does not take %s", e.Secret, strings.Join(e.Fields, ", "))
}

// ConditionReason returns the reason of a condition for this error.
func (e *InvalidError) ConditionReason() string { return v1alpha1.ReasonInvalidSpec }

// RefusedError says that kube-apiserver may not take a Secret from the operator: a quota, an admission policy or webhook, a namespace that ends, or a
// missing permission is in the way.
type RefusedError struct {
	Secret types.NamespacedName
	// Because is in kube-apiserver's words. They end where those of an admission webhook would begin, which has seen the Secret.
	Because string
}

// Error names the Secret and the reason.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("Secret %s cannot be written: kube-apiserver refuses it: %s", e.Secret, e.Because)
}

// ConditionReason returns the reason of a condition for this error.
func (e *RefusedError) ConditionReason() string { return v1alpha1.ReasonSecretRefused }

// strangersWords begin after this in a refusal: those of a webhook, or of a policy.
var strangersWords = regexp.MustCompile(`denied (the )?request`)

// refused returns what an error of kube-apiserver means for the write of a Secret, if it is a refusal; nil otherwise.
func refused(key types.NamespacedName, err error) error {
	var status apierrors.APIStatus
	if !apierrors.IsForbidden(err) && !apierrors.IsRequestEntityTooLargeError(err) || !errors.As(err, &status) {
		return nil
	}
	because := status.Status().Message
	if end := strangersWords.FindStringIndex(because); end != nil {
		because = because[:end[1]]
	}
	return &RefusedError{Secret: key, Because: because}
}
