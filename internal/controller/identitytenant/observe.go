package identitytenant

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/annotation"
	"github.com/oauth-operator/oauth-operator/internal/failure"
)

// observe reads what the login depends on. It asks the tenant nothing.
func (p *pass) observe(ctx context.Context) error {
	p.loginSuffix = p.obj.Spec.LoginSuffix
	if p.loginSuffix == "" && p.obj.Spec.Credentials != nil {
		p.loginSuffix = p.obj.Status.LoginSuffix
	}
	if err := p.count(ctx); err != nil {
		return err
	}
	if err := p.Resolver.Watched.SupportsTenant(p.obj); err != nil {
		return err
	}
	var err error
	if p.clusterID, err = p.observeClusterID(ctx); err != nil {
		return err
	}
	p.session, p.inputs, p.connectionErr = p.Connector.Refresh(ctx, p.obj)
	p.observeSession()
	if p.connectionErr != nil || p.obj.Spec.Credentials == nil {
		return p.connectionErr
	}
	if p.credential, err = p.Connector.Credential(ctx, p.obj); err != nil {
		return err
	}
	p.inputs = strings.TrimSpace(p.credential.Version + " " + p.inputs)
	return nil
}

// observeClusterID returns the cluster ID in force. The UID of kube-system is what comes nearest to an identity of a cluster.
func (p *pass) observeClusterID(ctx context.Context) (string, error) {
	if p.obj.Spec.ClusterID != "" {
		return p.obj.Spec.ClusterID, nil
	}
	if p.obj.Status.ClusterID != "" {
		return p.obj.Status.ClusterID, nil
	}
	system := &metav1.PartialObjectMetadata{}
	system.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := p.Live.Get(ctx, types.NamespacedName{Name: metav1.NamespaceSystem}, system); err != nil {
		return "", fmt.Errorf("reading the UID of namespace %q for spec.clusterID: %w", metav1.NamespaceSystem, err)
	}
	return string(system.UID), nil
}

// observeSession takes from the session what the calls of everybody have taught it.
func (p *pass) observeSession() {
	if p.session == nil {
		return
	}
	p.circuit = p.session.Circuit()
	if offset, known := p.session.ClockOffset(); known {
		p.clockOffset = &offset
	}
}

// heldBack returns why the tenant cannot be asked now; nil if it can. While there are credentials to do it with, the pass makes the probe.
func (p *pass) heldBack() error {
	now := p.Clock.Now()
	if p.circuit.Open && p.obj.Spec.Credentials != nil && !now.Before(p.circuit.ProbeTime) {
		return nil
	}
	return p.circuit.Refusal(now)
}

// loginNeeded says that the last login was not made with this spec and these inputs, or that nobody has heard of the tenant since it did not
// answer. A restart, or a change of leader, finds nothing to do here.
func (p *pass) loginNeeded() bool {
	return p.obj.Spec.Credentials != nil && (!p.proved() || p.circuit.Open || p.unheard() || p.requested())
}

// requested says whether somebody asks for a login that was not made yet.
func (p *pass) requested() bool {
	return annotation.IsOpen(p.obj, v1alpha1.ReconcileRequestAnnotation, p.obj.Status.LastHandledReconcileRequest)
}

// unheard says that the tenant did not answer, or not as it should, when it was last heard of.
func (p *pass) unheard() bool {
	reachable := meta.FindStatusCondition(p.stored.Status.Conditions, v1alpha1.ConditionReachable)
	if reachable == nil || reachable.Status != metav1.ConditionFalse {
		return false
	}
	switch reachable.Reason {
	case v1alpha1.ReasonUnexpectedResponse, v1alpha1.ReasonThrottled:
		return true // An answer to some call or other does not refute it.
	}
	return !p.circuit.Answered
}

// proved says that the tenant has accepted the credentials under this spec and these inputs.
func (p *pass) proved() bool {
	status := &p.stored.Status
	return status.ObservedGeneration == p.obj.Generation && status.ObservedCredentials == p.inputs &&
		meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionAuthenticated)
}

// logIn proves that the tenant accepts the credentials, and asks for the login suffix where the spec names none.
func (p *pass) logIn(ctx context.Context) error {
	err := p.session.Authenticate(ctx)
	p.answered = err == nil || isRefusal(err)
	if p.answered && p.requested() {
		p.obj.Status.LastHandledReconcileRequest = annotation.Request(p.obj, v1alpha1.ReconcileRequestAnnotation)
	}
	if err == nil && p.obj.Spec.LoginSuffix == "" {
		err = p.askLoginSuffix(ctx)
	}
	p.observeSession()
	if held := p.circuit.Refusal(p.Clock.Now()); held != nil && failure.ClassOf(err) != failure.Throttled {
		return held
	}
	return err // A probe that was asked to wait, or sent away at the gate, comes back when it may.
}

func (p *pass) askLoginSuffix(ctx context.Context) error {
	suffixes, err := p.session.Admin().LoginSuffixes(ctx)
	if err != nil {
		return err
	}
	p.loginSuffix = suffixes[0]
	return nil
}
