package confidentialclient_test

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

func TestACacheThatLagsBehindTheStatusIsNotTold(t *testing.T) {
	s := newStepper(t, time.Hour, nil)
	before := s.TokenSecret(s.consumer)
	s.clock.Step(time.Minute)
	s.Update(s.consumer, func() { metav1.SetMetaDataAnnotation(&s.consumer.ObjectMeta, v1alpha1.RenewRequestAnnotation, "now") })
	s.step()
	s.step()
	told, writes := s.consumer.ResourceVersion, s.Writes()
	if s.mints() != 2 {
		t.Fatalf("%d tokens were requested", s.mints())
	}

	direct, err := client.NewWithWatch(s.Config(), client.Options{Scheme: s.Client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	s.reconciler.Client = interceptor.NewClient(direct, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
			if found, is := o.(*corev1.Secret); is && key == environment.Key(before) {
				before.DeepCopyInto(found)
				return nil
			}
			return c.Get(ctx, key, o, options...)
		},
	})
	s.step()
	if s.consumer.ResourceVersion != told || s.Writes().Since(writes).Total() != 0 {
		t.Errorf("the status tells of the token before again: it was issued at %s", s.consumer.Status.Token.IssueTime)
	}
	if s.mints() != 2 {
		t.Error("another token was requested")
	}
}
