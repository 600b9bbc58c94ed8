package confidentialclient_test

import (
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// workloads returns one workload of each kind.
func workloads(w *environment.World) []client.Object {
	meta := metav1.ObjectMeta{Namespace: w.Namespace("billing"), Name: "app"}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "app"}}
	template := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: selector.MatchLabels, Annotations: map[string]string{"mine": "kept"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app"}}},
	}
	return []client.Object{
		&appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{Selector: selector, Template: template}},
		&appsv1.StatefulSet{ObjectMeta: meta, Spec: appsv1.StatefulSetSpec{Selector: selector, Template: template}},
		&appsv1.DaemonSet{ObjectMeta: meta, Spec: appsv1.DaemonSetSpec{Selector: selector, Template: template}},
	}
}

// rolling is a client that restarts a workload of each kind.
type rolling struct {
	*stepper
	workloads []client.Object
}

func newRolling(t *testing.T, on v1alpha1.RolloutTrigger, change func(*environment.World, *v1alpha1.IdentityTenant, *v1alpha1.ConfidentialClient)) *rolling {
	t.Helper()
	r := &rolling{}
	r.stepper = newStepperOn(t, emulator.Options{}, 10*time.Minute, func(w *environment.World, tenant *v1alpha1.IdentityTenant, c *v1alpha1.ConfidentialClient) {
		r.workloads = workloads(w)
		w.Create(r.workloads...)
		c.Spec.Rollout = &v1alpha1.Rollout{Triggers: []v1alpha1.RolloutTrigger{on}}
		for _, kind := range []v1alpha1.RolloutKind{v1alpha1.RolloutDeployment, v1alpha1.RolloutStatefulSet, v1alpha1.RolloutDaemonSet} {
			c.Spec.Rollout.Targets = append(c.Spec.Rollout.Targets, v1alpha1.RolloutTarget{Kind: kind, Name: "app"})
		}
		if change != nil {
			change(w, tenant, c)
		}
	})
	return r
}

// restarts returns how often the workloads were changed since they were made; all as often.
func (r *rolling) restarts() int64 {
	r.t.Helper()
	var generations []int64
	for _, workload := range r.workloads {
		r.Get(workload)
		generations = append(generations, workload.GetGeneration())
	}
	if generations[0] != generations[1] || generations[1] != generations[2] {
		r.t.Errorf("they were changed %v times", generations)
	}
	return generations[0] - 1
}

func TestEachNewTokenRestartsWorkloadsOnce(t *testing.T) {
	r := newRolling(t, v1alpha1.RolloutTokenRefreshed, nil)
	if n := r.restarts(); n != 0 || r.condition(v1alpha1.ConditionRolledOut).Type != "" {
		t.Fatalf("the first publication restarted them %d times", n)
	}
	for i := range int64(3) {
		if !r.renew() {
			t.Fatal("the token was not renewed")
		}
		r.step()
		if n := r.restarts(); n != i+1 {
			t.Fatalf("after %d renewals they were restarted %d times", i+1, n)
		}
	}
	if rolled := r.condition(v1alpha1.ConditionRolledOut); rolled.Status != metav1.ConditionTrue {
		t.Errorf("RolledOut is %s, %s: %s", rolled.Status, rolled.Reason, rolled.Message)
	}
	// Two in one second are two, and what requests no token restarts nothing.
	for i := range int64(2) {
		r.askFor(v1alpha1.RenewRequestAnnotation, fmt.Sprint(i))
		r.step()
	}
	r.Update(r.consumer, func() {
		r.consumer.Spec.Secret = &v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryEndpoints}}
	})
	r.step()
	if n := r.restarts(); n != 5 {
		t.Errorf("they were restarted %d times, not 5", n)
	}
	deployment := r.workloads[0].(*appsv1.Deployment)
	if a := deployment.Spec.Template.Annotations; a["mine"] != "kept" || a[v1alpha1.RestartedForAnnotation] != r.consumer.Status.RolledOutHash {
		t.Errorf("the pod template has annotations %v", a)
	}
}

func TestARestartThatWasCutOffIsMadeOnce(t *testing.T) {
	r := newRolling(t, v1alpha1.RolloutTokenRefreshed, nil)
	stored := r.consumer.Status.DeepCopy()
	r.renew()
	// Killed before the status was stored.
	r.consumer.Status = *stored
	if err := r.Client.Status().Update(t.Context(), r.consumer); err != nil {
		t.Fatal(err)
	}
	r.step()
	if n := r.restarts(); n != 1 || r.consumer.Status.RolledOutHash == stored.RolledOutHash {
		t.Errorf("they were restarted %d times", n)
	}
}

func TestAMissingTargetHoldsNothingUp(t *testing.T) {
	r := newRolling(t, v1alpha1.RolloutTokenRefreshed, nil)
	gone := r.workloads[1]
	r.Delete(gone)
	if !r.renew() {
		t.Error("the token was not renewed")
	}
	r.expectReady(metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	rolled := r.condition(v1alpha1.ConditionRolledOut)
	if rolled.Reason != v1alpha1.ReasonTargetNotFound || rolled.Message != "there is no StatefulSet app to restart; correct spec.rollout.targets" {
		t.Errorf("RolledOut is %s, %s: %s", rolled.Status, rolled.Reason, rolled.Message)
	}
	for _, workload := range []client.Object{r.workloads[0], r.workloads[2]} {
		if r.Get(workload); workload.GetGeneration() != 2 {
			t.Errorf("%T was changed %d times", workload, workload.GetGeneration()-1)
		}
	}
	// Who is made later starts with the Secret as it is.
	again := workloads(r.World)[1]
	r.Create(again)
	r.step()
	if r.Get(again); again.GetGeneration() != 1 {
		t.Error("it was restarted when it came")
	}
}

func TestOnlyChangedCredentialsRestartThoseWhoAskForThem(t *testing.T) {
	r := newRolling(t, v1alpha1.RolloutCredentialRotated, func(_ *environment.World, tenant *v1alpha1.IdentityTenant, c *v1alpha1.ConfidentialClient) {
		tenant.Spec.Access.AllowClientSecretDelivery = true
		c.Spec.Secret = &v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials}}
	})
	r.renew()
	if n := r.restarts(); n != 0 {
		t.Errorf("a new token restarted them %d times", n)
	}
	r.Delete(secretNamed(r.Namespace("operator"), "credential-"+string(r.consumer.UID))) // lost: a new one is made
	r.step()
	r.step()
	if n := r.restarts(); n != 1 {
		t.Errorf("new credentials restarted them %d times", n)
	}
	r.expectReady(metav1.ConditionTrue, v1alpha1.ReasonAvailable)
}

func TestNobodyIsRestartedForAChangeBeforeItWasAskedFor(t *testing.T) {
	r := newRolling(t, v1alpha1.RolloutTokenRefreshed, nil)
	r.Update(r.consumer, func() { r.consumer.Spec.Rollout = nil })
	r.renew()
	r.Update(r.consumer, func() {
		r.consumer.Spec.Rollout = &v1alpha1.Rollout{Triggers: []v1alpha1.RolloutTrigger{v1alpha1.RolloutTokenRefreshed}, Targets: []v1alpha1.RolloutTarget{{Kind: v1alpha1.RolloutDeployment, Name: "app"}}}
	})
	r.step()
	if n := r.restarts(); n != 0 {
		t.Errorf("they were restarted %d times", n)
	}
}
