package scope

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// describe turns the facts of the pass, and the error that ended it, into the status.
func (p *pass) describe(err error) {
	c := report.Conditions{List: &p.obj.Status.Conditions, Generation: p.obj.Generation, Now: metav1.NewTime(p.Clock.Now())}
	if err == nil && p.rejection != nil {
		err = &report.Blocked{Reason: p.rejection.Reason, Message: p.rejection.Message}
	}
	if err != nil {
		c.Remove(v1alpha1.ConditionInUse)
		c.Failed(v1alpha1.ConditionAccepted, err)
	} else {
		p.describeUse(c)
		c.True(v1alpha1.ConditionAccepted, v1alpha1.ReasonAccepted, "the OAuthClient takes the scope")
		if !p.applied {
			err = &report.Blocked{Reason: v1alpha1.ReasonSpecNotApplied, Message: "the scope is not on the application yet; the OAuthClient's conditions say why, should it last"}
		}
	}
	if err != nil {
		c.Failed(v1alpha1.ConditionReady, err)
	} else {
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, "the scope is on the application")
	}
	c.Progress(err)
	p.obj.Status.ObservedGeneration = p.obj.Generation
}

// describeUse tells whether the scope is requested.
func (p *pass) describeUse(c report.Conditions) {
	if p.requestedBy.Name == "" {
		c.False(v1alpha1.ConditionInUse, v1alpha1.ReasonNotRequested, "no ConfidentialClient requests the scope")
		return
	}
	c.True(v1alpha1.ConditionInUse, v1alpha1.ReasonRequested, fmt.Sprintf("ConfidentialClient %s requests the scope, or others beside it; it stays on the application while they do", p.requestedBy))
}
