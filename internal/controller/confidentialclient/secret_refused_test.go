package confidentialclient_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// forbidSecrets makes a quota that leaves no room for another Secret in the client's namespace. What usually counts, kube-controller-manager, is not there.
func (s *stepper) forbidSecrets(namespace string) *corev1.ResourceQuota {
	s.t.Helper()
	none := corev1.ResourceList{"count/secrets": resource.MustParse("0")}
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "few-secrets"}, Spec: corev1.ResourceQuotaSpec{Hard: none}}
	s.Create(quota)
	quota.Status = corev1.ResourceQuotaStatus{Hard: none, Used: none}
	if err := s.Client.Status().Update(s.t.Context(), quota); err != nil {
		s.t.Fatal(err)
	}
	s.Eventually("be refused another Secret", func() error {
		another := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "another"}}
		if err := s.Client.Create(s.t.Context(), another, client.DryRunAll); !apierrors.IsForbidden(err) {
			return fmt.Errorf("another Secret would be answered by error %w", err)
		}
		return nil
	})
	return quota
}

// TestASecretThatIsRefusedCostsOneToken: not one for each time that it is tried, and the condition says what is in the way.
func TestASecretThatIsRefusedCostsOneToken(t *testing.T) {
	s := newStepper(t, 10*time.Minute, nil)
	s.Delete(s.TokenSecret(s.consumer))
	quota := s.forbidSecrets(s.consumer.Namespace)
	mints := s.mints()
	for range 5 {
		next := s.step()
		if next <= 0 || next > time.Minute {
			t.Fatalf("the next try is in %v", next)
		}
		for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionTokenReady, v1alpha1.ConditionStalled} {
			if c := s.condition(kind); c.Reason != v1alpha1.ReasonSecretRefused || !strings.Contains(c.Message, "exceeded quota: few-secrets") {
				t.Fatalf("%s is %+v", kind, c)
			}
		}
		s.clock.Step(next)
	}
	if n := s.mints() - mints; n != 1 {
		t.Errorf("%d tokens were requested for a Secret that is refused", n)
	}
	s.Delete(quota)
	s.Eventually("be published again", func() error {
		s.clock.Step(time.Minute)
		s.step()
		if c := s.condition(v1alpha1.ConditionReady); c.Status != metav1.ConditionTrue {
			return fmt.Errorf("ready is %+v", c)
		}
		return nil
	})
	s.TokenSecret(s.consumer)
	if n := s.mints() - mints; n != 2 {
		t.Errorf("%d tokens were requested in all", n)
	}
}
