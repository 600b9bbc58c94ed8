package report

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// ReadyTransition emits an event when Ready of an object has become another status or reason than before.
func ReadyTransition(recorder events.EventRecorder, object Object, before []metav1.Condition) {
	now := meta.FindStatusCondition(object.GetConditions(), v1alpha1.ConditionReady)
	if now == nil {
		return
	}
	if was := meta.FindStatusCondition(before, v1alpha1.ConditionReady); was != nil && was.Status == now.Status && was.Reason == now.Reason {
		return
	}
	switch now.Status {
	case metav1.ConditionTrue:
		recorder.Eventf(object, nil, corev1.EventTypeNormal, now.Reason, "Reconciled", "%s", now.Message)
	case metav1.ConditionFalse:
		recorder.Eventf(object, nil, corev1.EventTypeWarning, now.Reason, "Reconciled", "%s", now.Message)
	case metav1.ConditionUnknown:
	}
}
