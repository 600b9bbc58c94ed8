package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// staleWait is how soon a pass is made again whose object was not the present one. Caches lag by milliseconds.
const staleWait = 100 * time.Millisecond

// errGone says that the object of the pass does not exist any more. Only that ends a pass in silence: another object that is missing,
// such as a namespace to write into, is an error.
var errGone = errors.New("the object is gone")

// errStale says that a pass looked at an older state of its object than kube-apiserver has.
var errStale = errors.New("the cache lags behind the object")

// Fresh says whether object is as kube-apiserver has it. It is asked before anything is done on the tenant: a pass that was woken by
// our own last write can still see the object as it was before, and would do everything again.
func Fresh(ctx context.Context, live client.Reader, object client.Object) error {
	now, key := object.DeepCopyObject().(client.Object), client.ObjectKeyFromObject(object)
	if err := live.Get(ctx, key, now); err != nil {
		if apierrors.IsNotFound(err) {
			return errGone
		}
		return fmt.Errorf("reading %T %s: %w", object, key, err)
	}
	if now.GetResourceVersion() != object.GetResourceVersion() {
		return errStale
	}
	return nil
}

// FromCluster says whether err is an answer of kube-apiserver, or a lag behind it. Such errors say nothing about the tenant, and have
// no place in a condition; Again tells the work queue about them.
func FromCluster(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) || errors.Is(err, errStale) || errors.Is(err, errGone)
}

// Again returns what ends a pass after an error of kube-apiserver: nothing for an object that is gone, a quick new pass for one that
// somebody else wrote meanwhile, and else the error, for the work queue to back off and to log.
func Again(err error) (ctrl.Result, error) {
	switch {
	case errors.Is(err, errGone):
		return ctrl.Result{}, nil
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err), errors.Is(err, errStale):
		return ctrl.Result{RequeueAfter: staleWait}, nil
	}
	return ctrl.Result{}, err
}
