package report

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// maxMessage bounds a condition's message well below the limit of 32768 that the API sets.
const maxMessage = 1024

// Conditions writes the conditions of one object for one generation of its spec.
type Conditions struct {
	// List is the status field to write to.
	List *[]metav1.Condition
	// Generation of the spec that the pass looked at.
	Generation int64
	// Now is the time of a transition.
	Now metav1.Time
}

// True sets a condition to True.
func (c Conditions) True(kind, reason, message string) {
	c.set(kind, metav1.ConditionTrue, reason, message)
}

// False sets a condition to False.
func (c Conditions) False(kind, reason, message string) {
	c.set(kind, metav1.ConditionFalse, reason, message)
}

// Unknown sets a condition to Unknown.
func (c Conditions) Unknown(kind, reason, message string) {
	c.set(kind, metav1.ConditionUnknown, reason, message)
}

// Failed sets a condition to False with the reason and message of an error.
func (c Conditions) Failed(kind string, err error) { c.False(kind, Reason(err), err.Error()) }

// Remove takes away a condition that is present only while true.
func (c Conditions) Remove(kind string) {
	if meta.FindStatusCondition(*c.List, kind) != nil { // most passes have nothing to take away, and need no other list
		meta.RemoveStatusCondition(c.List, kind)
	}
}

// Progress sets Reconciling and Stalled as kstatus reads them, from the error that ended the pass; nil means that the spec is
// in force. Neither is present when the object is fine. One that stays keeps the time of its transition, so that a pass that ends like the
// one before it writes nothing.
func (c Conditions) Progress(err error) {
	stalled := err != nil && NeedsSomebody(err)
	c.present(v1alpha1.ConditionStalled, stalled, err)
	c.present(v1alpha1.ConditionReconciling, err != nil && !stalled, err)
}

// present sets a condition that is present only while true.
func (c Conditions) present(kind string, is bool, err error) {
	if !is {
		c.Remove(kind)
		return
	}
	c.True(kind, Reason(err), err.Error())
}

func (c Conditions) set(kind string, status metav1.ConditionStatus, reason, message string) {
	message = printable(message)
	meta.SetStatusCondition(c.List, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: c.Generation, LastTransitionTime: c.Now,
	})
}

// printable returns a message as kube-apiserver stores it: bounded, and in valid UTF-8. What is stored must equal what was meant, or each
// pass would find a difference and write again.
func printable(message string) string {
	message = strings.ToValidUTF8(message, "\uFFFD")
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage-3], "") + "..."
}
