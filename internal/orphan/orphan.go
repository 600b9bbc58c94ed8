// Package orphan ends deletions that a tenant does not let be carried out, and records what they leave there.
package orphan

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// DefaultTimeout is how long a deletion waits when the IdentityTenant does not say so, or is gone.
const DefaultTimeout = 24 * time.Hour

// most bounds status.orphans.
const most = 20

// eventReason tells people what became of the object on the tenant.
const eventReason = "Orphaned"

// Deadline returns the moment at which the deletion of an object is given up; zero for one that is not deleted. tenant is nil when it is not known.
func Deadline(object client.Object, tenant *v1alpha1.IdentityTenant) time.Time {
	if object.GetDeletionTimestamp().IsZero() {
		return time.Time{}
	}
	timeout := DefaultTimeout
	if tenant != nil && tenant.Spec.DeletionTimeout != nil {
		timeout = tenant.Spec.DeletionTimeout.Duration
	}
	return object.GetDeletionTimestamp().Add(timeout)
}

// Ledger records orphans where people find them when the objects are gone.
type Ledger struct {
	// Client writes the status of IdentityTenants.
	Client client.Client
	// Live reads them past the cache.
	Live client.Reader
	// Recorder of events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
}

// GiveUp ends the deletion of an object that the tenant has not let be carried out for too long: what is left there is recorded, under each of
// the tenant's ids that are known. Until then, and after an error of kube-apiserver, it returns cause: why it was not carried out.
func (l Ledger) GiveUp(ctx context.Context, tenant *v1alpha1.IdentityTenant, object client.Object, kind string, ids []string, cause error) error {
	now := l.Clock.Now()
	if report.FromCluster(cause) || now.Before(Deadline(object, tenant)) {
		return cause
	}
	if len(ids) == 0 {
		ids = []string{""} // it may have been made, and was not heard of
	}
	left := v1alpha1.Orphan{Kind: kind, Name: client.ObjectKeyFromObject(object).String(), Time: metav1.NewTime(now)}
	for _, left.ID = range ids {
		if err := l.record(ctx, tenant, object, left, cause); err != nil {
			return err
		}
	}
	return nil
}

// record notes in the status of an IdentityTenant what the deletion of an object leaves there, and tells it in an event. cause is why it
// could not be removed. Once it is recorded, it is not recorded again: a pass that was cut off can simply be made again. Where the
// IdentityTenant is gone as well (nil, or not found), the event about the object is all that is left.
func (l Ledger) record(ctx context.Context, known *v1alpha1.IdentityTenant, object client.Object, orphan v1alpha1.Orphan, cause error) error {
	what := orphan.Kind + " " + orphan.Name
	if orphan.ID != "" {
		what += fmt.Sprintf(" (%s on the tenant)", orphan.ID)
	}
	tenant, err := l.present(ctx, known)
	if err != nil {
		return err
	}
	if tenant == nil {
		l.Recorder.Eventf(object, nil, corev1.EventTypeWarning, eventReason, "GaveUpDeletion", "what %s made is left on the tenant: %v", what, cause)
		return nil
	}
	same := func(o v1alpha1.Orphan) bool {
		return o.Kind == orphan.Kind && o.Name == orphan.Name && o.ID == orphan.ID
	}
	if slices.ContainsFunc(tenant.Status.Orphans, same) {
		return nil
	}
	stored := tenant.DeepCopy()
	orphans := append([]v1alpha1.Orphan{orphan}, tenant.Status.Orphans...)
	tenant.Status.Orphans = orphans[:min(len(orphans), most)]
	if err := report.StoreStatus(ctx, l.Client, stored, tenant); err != nil {
		return err
	}
	l.Recorder.Eventf(tenant, object, corev1.EventTypeWarning, eventReason, "GaveUpDeletion", "what %s made is left on the tenant: %v", what, cause)
	return nil
}

// present returns an IdentityTenant as kube-apiserver has it now; nil when it is not there.
func (l Ledger) present(ctx context.Context, known *v1alpha1.IdentityTenant) (*v1alpha1.IdentityTenant, error) {
	if known == nil {
		return nil, nil //nolint:nilnil // none is no error
	}
	key, tenant := client.ObjectKeyFromObject(known), &v1alpha1.IdentityTenant{}
	if err := l.Live.Get(ctx, key, tenant); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil //nolint:nilnil // none is no error
		}
		return nil, fmt.Errorf("reading IdentityTenant %s: %w", key, err)
	}
	return tenant, nil
}
