package oauthclient

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
)

// maxChanges bounds status.changes.
const maxChanges = 20

// record notes a change of the application. One that was found although nothing has changed here was made by somebody else.
func (p *pass) record(kind v1alpha1.ChangeKind, fields []string) {
	if p.checking && kind == v1alpha1.ChangeUpdated {
		kind = v1alpha1.ChangeRepaired
	}
	if p.change == nil {
		p.change = &v1alpha1.ApplicationChange{Time: metav1.NewTime(p.Clock.Now()), Kind: kind}
	}
	p.change.Fields = append(p.change.Fields, fields...)
}

// changeKind says what an update of the application is, by the application as it is before.
func (p *pass) changeKind() v1alpha1.ChangeKind {
	_, marked := ownership.Find(p.current.Description())
	switch {
	case p.current.ServiceName() == "":
		return v1alpha1.ChangeCreated // imported a moment ago, and not named yet
	case !marked && p.mark.Adopted && p.obj.Status.AppliedHash == "":
		return v1alpha1.ChangeAdopted
	}
	return v1alpha1.ChangeUpdated
}

// describeChange puts the change of this pass on top of those in the status.
func (p *pass) describeChange() {
	if p.change == nil {
		return
	}
	changes := append([]v1alpha1.ApplicationChange{*p.change}, p.obj.Status.Changes...)
	p.obj.Status.Changes = changes[:min(len(changes), maxChanges)]
}

// tellChange emits an event when somebody else's change was found, or an application taken over. What the manifests ask for is no news to
// those who wrote them.
func (p *pass) tellChange() {
	if p.change == nil {
		return
	}
	what := "the application itself"
	if len(p.change.Fields) > 0 {
		what = strings.Join(p.change.Fields, ", ")
	}
	kind, action, message := corev1.EventTypeWarning, "", ""
	switch p.change.Kind {
	case v1alpha1.ChangeDrifted:
		action, message = "ComparedApplication", "application %q on the tenant differs from what is declared, and is left so (managementPolicy Observe): %s"
	case v1alpha1.ChangeAdopted:
		kind, action, message = corev1.EventTypeNormal, "AdoptedApplication", "took over application %q, which somebody else had made; changed: %s"
	case v1alpha1.ChangeRepaired, v1alpha1.ChangeCreated:
		if p.checking {
			action, message = "RepairedApplication", "somebody had changed application %q on the tenant; brought back: %s"
		}
	case v1alpha1.ChangeUpdated:
	}
	if message == "" {
		return
	}
	reason := p.change.Kind
	if reason == v1alpha1.ChangeCreated {
		reason = v1alpha1.ChangeRepaired // it had been deleted
	}
	p.Recorder.Eventf(p.obj, nil, kind, string(reason), action, message, p.obj.Spec.ApplicationID, what)
}
