package confidentialclient_test

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/controller/confidentialclient"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// fullDisk is a client of a cluster whose etcd takes no Secret while it is full.
type fullDisk struct {
	client.Client

	full   bool
	writes int
}

func (d *fullDisk) refuse() error {
	d.writes++
	return apierrors.NewInternalError(errors.New("etcdserver: mvcc: database space exceeded"))
}

// Create implements client.Writer.
func (d *fullDisk) Create(ctx context.Context, object client.Object, options ...client.CreateOption) error {
	if _, is := object.(*corev1.Secret); is && d.full {
		return d.refuse()
	}
	return d.Client.Create(ctx, object, options...)
}

// Apply implements client.Writer. Nothing but published Secrets is applied.
func (d *fullDisk) Apply(ctx context.Context, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
	if d.full {
		return d.refuse()
	}
	return d.Client.Apply(ctx, object, options...)
}

// TestATokenThatCannotBeWrittenIsKept: a cluster whose disk is full, or whose kube-apiserver is away, would else cost a token at each attempt of each client.
func TestATokenThatCannotBeWrittenIsKept(t *testing.T) {
	const lifetime = 20 * time.Minute
	for name, tc := range map[string]struct {
		missing bool
		pause   time.Duration // between attempts
		change  func(*stepper)
		want    int
	}{
		"while it is as good as a new one":     {pause: 10 * time.Second, want: 1},
		"also when there is no Secret at all":  {missing: true, pause: 10 * time.Second, want: 1},
		"until a tenth of its life has passed": {pause: 50 * time.Second, want: 2},
		"unless it is not what is wanted now": {pause: 10 * time.Second, want: 2, change: func(s *stepper) {
			s.Update(s.consumer, func() {
				metav1.SetMetaDataAnnotation(&s.consumer.ObjectMeta, v1alpha1.RenewRequestAnnotation, "once more")
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStepper(t, lifetime, nil)
			disk := &fullDisk{Client: s.Client, full: true}
			s.reconciler.Client = disk
			s.reconciler.Unpublished = confidentialclient.NewUnpublished(s.clock)
			old := s.TokenSecret(s.consumer)
			if tc.missing {
				s.Delete(old)
			}
			s.clock.SetTime(s.consumer.Status.Token.RenewalTime.Time)
			mints := s.mints()
			const attempts = 5
			for i := range attempts {
				if i == 2 && tc.change != nil {
					tc.change(s)
				}
				if _, err := s.reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: environment.Key(s.consumer)}); err == nil {
					t.Fatal("the pass tells of no error")
				}
				s.clock.Step(tc.pause)
			}
			disk.full = false
			s.step()
			if n := s.mints() - mints; n != tc.want || disk.writes != attempts {
				t.Errorf("%d tokens were requested for %d attempts, and not %d", n, disk.writes, tc.want)
			}
			now := s.expectNewToken(old, lifetime/10+tc.pause)
			if tc.missing {
				return // a second repair would wait
			}
			// What was published is not published again.
			s.Delete(now)
			s.step()
			if n := s.mints() - mints; n != tc.want+1 {
				t.Errorf("a Secret that was deleted cost %d tokens", n-tc.want)
			}
		})
	}
}

// expectNewToken checks that there is another token than in an earlier Secret, not older than most, and that the status tells of it.
func (s *stepper) expectNewToken(old *corev1.Secret, most time.Duration) *corev1.Secret {
	s.t.Helper()
	now := s.TokenSecret(s.consumer)
	if string(now.Data[v1alpha1.AccessTokenKey]) == string(old.Data[v1alpha1.AccessTokenKey]) {
		s.t.Error("the Secret has the old token")
	}
	for kind, reason := range map[string]string{v1alpha1.ConditionReady: v1alpha1.ReasonAvailable, v1alpha1.ConditionTokenVerified: v1alpha1.ReasonVerified} {
		if c := s.condition(kind); c.Reason != reason {
			s.t.Errorf("%s is %s, %s: %s", kind, c.Status, c.Reason, c.Message)
		}
	}
	if issued := s.consumer.Status.Token.IssueTime.Time; issued.After(s.clock.Now()) || s.clock.Since(issued) > most {
		s.t.Errorf("the status says that the token was issued %v ago", s.clock.Since(issued))
	}
	return now
}
