package resilience

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// Scenario is a part of the life of some objects.
type Scenario struct {
	// Name is a noun phrase, such as "the first application".
	Name string
	// Switches of the tenant.
	Switches emulator.Switches
	// Prepare makes what there is before; nil for nothing. The operator works on it undisturbed.
	Prepare func(w *World)
	// Begin lets it begin: what somebody does to the cluster, to the tenant, or to the clock.
	Begin func(w *World)
	// Meanwhile is what happens until a process that was ended has a successor; nil for nothing.
	Meanwhile func(w *World)
	// Open says that how it ends depends on how far it had come. Then it need not look like undisturbed, and nothing else is let off.
	Open bool
	// Interrupts says that the published credential is refused by its nature, from some effect on until the end.
	Interrupts bool
	// Unproven says that nothing proves who made an application that has no name yet. Then it may stay: a status names it, or an event, when the object goes.
	Unproven bool
	// Settled says whether what the scenario is about has come about, where that is not that everything is Ready; nil for that.
	Settled func(w *World) bool
}

// settled returns what says whether the scenario has come to its end.
func (s Scenario) settled(w *World) func() bool {
	if s.Settled != nil {
		return func() bool { return s.Settled(w) }
	}
	return w.AllReady
}

// AllReady says whether every object of ours is gone or as it should be, as the operator sees it.
func (w *World) AllReady() bool {
	for _, resource := range reconciled() {
		if slices.ContainsFunc(w.cache.all(resource), func(o client.Object) bool { return w.missing(o) != "" }) {
			return false
		}
	}
	return true
}

// missing says what an object lacks; "" when it is as it should be.
func (w *World) missing(object client.Object) string {
	conditions, _ := environment.StatusOf(object)
	switch {
	case object.GetDeletionTimestamp() != nil:
		return "it is being deleted"
	case !isReady(object):
		return "it is not Ready"
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionDegraded):
		return "it is Degraded"
	}
	switch o := object.(type) {
	case *v1alpha1.ConfidentialClient:
		return w.missingOfClient(o)
	case *v1alpha1.OAuthClient:
		if o.Status.LastHandledReconcileRequest != o.Annotations[v1alpha1.ReconcileRequestAnnotation] {
			return "its request is not handled"
		}
	}
	return ""
}

func (w *World) missingOfClient(c *v1alpha1.ConfidentialClient) string {
	switch {
	case c.Status.LastHandledRotateRequest != c.Annotations[v1alpha1.RotateRequestAnnotation]:
		return "its request is not handled"
	case c.Status.Token != nil && !w.Now().Before(c.Status.Token.RenewalTime.Time):
		return "its token is due"
	}
	if slices.ContainsFunc(c.Status.Identities, func(i v1alpha1.IdentityStatus) bool {
		return i.State == v1alpha1.IdentityStateRetiring && i.ReplacedTime != nil && w.Now().Sub(i.ReplacedTime.Time) >= overlap
	}) {
		return "it has a user whose time is over"
	}
	return ""
}

// overlap of rotations in turns.
const overlap = time.Hour

// isReady says whether an object is Ready with its present spec.
func isReady(object client.Object) bool {
	conditions, observed := environment.StatusOf(object)
	return observed == object.GetGeneration() && meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady)
}

// describe tells the state of all objects, for the message of a failed test.
func (w *World) describe() string {
	var out strings.Builder
	for _, resource := range reconciled() {
		for _, o := range w.cache.all(resource) {
			fmt.Fprintf(&out, "%s/%s: %s\n", resource, o.GetName(), w.missing(o))
			conditions, _ := environment.StatusOf(o)
			for _, c := range conditions {
				fmt.Fprintf(&out, "  %s=%s, %s: %s\n", c.Type, c.Status, c.Reason, c.Message)
			}
		}
	}
	return out.String()
}

// Rehearsal is what a scenario is when nothing disturbs it.
type Rehearsal struct {
	Effects []Effect
	Picture string
}

// Rehearse goes through the scenario undisturbed.
func (s Scenario) Rehearse(w *World) Rehearsal {
	w.t.Helper()
	s.prepare(w)
	s.Begin(w)
	effects, _ := w.Work(Break{}, s.settled(w))
	if s.Meanwhile != nil {
		s.Meanwhile(w)
		w.Work(Break{}, s.settled(w))
	}
	w.Check()
	return Rehearsal{Effects: effects, Picture: w.Picture()}
}

// compareApplications asks for what the operator does by itself every quarter of an hour: to compare applications with what is declared.
func (w *World) compareApplications() {
	w.t.Helper()
	for _, object := range w.cache.all(oauthClients) {
		o := object.(*v1alpha1.OAuthClient)
		w.Update(o, func() { metav1.SetMetaDataAnnotation(&o.ObjectMeta, v1alpha1.ReconcileRequestAnnotation, "compare") })
	}
}

func (s Scenario) prepare(w *World) {
	w.t.Helper()
	w.unproven = s.Unproven
	if s.Prepare != nil {
		s.Prepare(w)
	}
	w.Work(Break{}, w.AllReady)
}

// Run goes through the scenario with a break, and fails the test if it does not end like the rehearsal.
func (s Scenario) Run(w *World, broken Break, rehearsal Rehearsal) {
	w.t.Helper()
	s.prepare(w)
	s.Begin(w)
	effects, ended := w.Work(broken, s.settled(w))
	w.checkReadable(s)
	if s.Meanwhile != nil {
		s.Meanwhile(w)
	}
	if ended || s.Meanwhile != nil {
		w.late = broken.Fault == LeaderLost
		w.wire.lateAt, w.lateBy = broken.Late, w.Now().Add(latest)
		w.Work(Break{}, s.settled(w))
	}
	if w.late && rehearsal.Effects[broken.At-1].OnTenant {
		w.compareApplications()
		w.Work(Break{}, s.settled(w))
	}
	w.compare(s, rehearsal, broken, effects)
	w.Check()
}
