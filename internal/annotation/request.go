// Package annotation reads the annotations by which people ask for an action. Who wants it again changes the value.
package annotation

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// maxRequest is the longest value of a request that is kept as it is.
const maxRequest = 128

// Requests are the annotations that ask for an action.
func Requests() []string {
	return []string{v1alpha1.ReconcileRequestAnnotation, v1alpha1.RotateRequestAnnotation, v1alpha1.RenewRequestAnnotation}
}

// Request returns the value by which an annotation of object asks for an action, "" when it does not. A long one is replaced by a hash: it is kept
// beside its effect, and must not be what makes a Secret too large to be written. So is one that an apply cannot have in it.
func Request(object client.Object, annotation string) string {
	value := object.GetAnnotations()[annotation]
	if len(value) > maxRequest || strings.ContainsFunc(value, unfit) {
		sum := sha256.Sum256([]byte(value))
		return hex.EncodeToString(sum[:])
	}
	return value
}

// unfit says whether a character may not be in what is applied: kube-apiserver reads it as YAML, which has no place for it, or takes it for the end of a line.
// JSON has escapes for the other control characters.
func unfit(c rune) bool { return c >= '\x7f' && c <= '\u009f' || c == '\ufffe' || c == '\uffff' }

// IsOpen says whether an annotation of object asks for an action that was not done: handled are the requests that count as answered.
func IsOpen(object client.Object, annotation string, handled ...string) bool {
	request := Request(object, annotation)
	return request != "" && !slices.Contains(handled, request)
}
