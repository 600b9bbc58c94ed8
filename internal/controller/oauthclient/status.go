package oauthclient

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// maxRejected bounds status.scopes.rejected.
const maxRejected = 20

// describe turns the facts of the pass, and the error that ended it, into the status.
func (p *pass) describe(err error) {
	status := &p.obj.Status
	c := report.Conditions{List: &status.Conditions, Generation: p.obj.Generation, Now: metav1.NewTime(p.Clock.Now())}
	p.describeScopes(c)
	p.describeEndpoints()
	p.describeChange()
	if len(status.Leftovers) > 0 {
		c.True(v1alpha1.ConditionLeftoverSuspected, v1alpha1.ReasonUnprovenImport, "an import was cut off, and the tenant has unconfigured applications that may stem from it (status.leftovers); look at them there, and delete those that nobody uses")
	} else {
		c.Remove(v1alpha1.ConditionLeftoverSuspected)
	}
	switch {
	case err != nil && report.Reason(err) == v1alpha1.ReasonDependentsExist:
		c.Failed(v1alpha1.ConditionReady, err) // the application is as it was
		c.Progress(err)
	case err != nil && p.standsAnyway(err):
		c.True(v1alpha1.ConditionDegraded, report.Reason(err), fmt.Sprintf("application %q was as declared when it was last looked at; what fails: %v", p.obj.Spec.ApplicationID, err))
		c.Progress(nil)
	case err != nil:
		p.describeFailure(c, err)
	case p.obj.Spec.Suspend:
		p.describeSuspended(c)
	case p.observing():
		p.describeDrift(c)
	default:
		p.describeApplied(c)
	}
	status.ObservedGeneration = p.obj.Generation
}

// standsAnyway says whether err takes nothing from an application that was as declared: a comparison that could not be made says nothing
// about it. What the tenant refuses for good, such as an application that is marked by somebody else now, does.
func (p *pass) standsAnyway(err error) bool {
	return p.checking && p.obj.Status.AppliedHash != "" && !report.IsRefused(err)
}

func (p *pass) describeFailure(c report.Conditions, err error) {
	c.Remove(v1alpha1.ConditionDegraded)
	c.Failed(v1alpha1.ConditionProvisioned, err)
	c.Failed(v1alpha1.ConditionReady, err)
	c.Progress(err)
	switch {
	case !p.observing():
		c.Remove(v1alpha1.ConditionDrifted)
	case report.Reason(err) == v1alpha1.ReasonApplicationNotFound:
		c.True(v1alpha1.ConditionDrifted, v1alpha1.ReasonApplicationNotFound, err.Error())
	}
}

// describeSuspended tells whether what is declared was carried out before the work was suspended.
func (p *pass) describeSuspended(c report.Conditions) {
	c.Remove(v1alpha1.ConditionDegraded)
	c.Progress(nil)
	if p.inSync() && meta.IsStatusConditionTrue(p.obj.Status.Conditions, v1alpha1.ConditionReady) {
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonSuspended, fmt.Sprintf("application %q was as declared when the work on it was suspended (spec.suspend)", p.obj.Spec.ApplicationID))
		return
	}
	c.False(v1alpha1.ConditionProvisioned, v1alpha1.ReasonSuspended, "what is declared is not carried out while spec.suspend is set")
	c.False(v1alpha1.ConditionReady, v1alpha1.ReasonSuspended, "what is declared is not carried out while spec.suspend is set")
}

func (p *pass) describeApplied(c report.Conditions) {
	c.Remove(v1alpha1.ConditionDrifted)
	if p.applied != nil {
		c.Remove(v1alpha1.ConditionDegraded) // otherwise nothing was asked of the tenant, and what is known of it still holds
	}
	c.True(v1alpha1.ConditionProvisioned, v1alpha1.ReasonApplied, fmt.Sprintf("application %q is as declared", p.obj.Spec.ApplicationID))
	c.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, fmt.Sprintf("application %q issues tokens", p.obj.Spec.ApplicationID))
	c.Progress(nil)
}

// describeDrift tells what a comparison found, of this pass or of an earlier one. Whoever only observes waits for somebody else to act.
func (p *pass) describeDrift(c report.Conditions) {
	if p.applied != nil {
		c.Remove(v1alpha1.ConditionDegraded)
	}
	c.Progress(nil)
	if len(p.obj.Status.Drift) == 0 {
		message := fmt.Sprintf("application %q is as declared", p.obj.Spec.ApplicationID)
		c.False(v1alpha1.ConditionDrifted, v1alpha1.ReasonAsDeclared, message)
		c.True(v1alpha1.ConditionProvisioned, v1alpha1.ReasonAsDeclared, message)
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, fmt.Sprintf("application %q issues tokens", p.obj.Spec.ApplicationID))
		return
	}
	message := fmt.Sprintf("application %q differs from what is declared: %s", p.obj.Spec.ApplicationID, strings.Join(p.obj.Status.Drift, ", "))
	c.True(v1alpha1.ConditionDrifted, v1alpha1.ReasonDrifted, message)
	c.False(v1alpha1.ConditionProvisioned, v1alpha1.ReasonDrifted, message)
	c.False(v1alpha1.ConditionReady, v1alpha1.ReasonDrifted, message)
}

func (p *pass) describeScopes(c report.Conditions) {
	if p.merged == nil {
		return
	}
	status := &p.obj.Status
	if status.Scopes == nil {
		status.Scopes = &v1alpha1.ScopesStatus{}
	}
	if p.applied != nil {
		status.Scopes.Applied = p.applied
		status.Scopes.Count = int32(len(p.applied)) //nolint:gosec // bounded by what kube-apiserver stores
		status.Scopes.Retained = nil
		for _, s := range p.applied {
			if slices.Contains(p.merged.Retained, s.Name) {
				status.Scopes.Retained = append(status.Scopes.Retained, s.Name)
			}
		}
	}
	status.Scopes.Rejected = nil
	for _, r := range p.merged.Rejected[:min(len(p.merged.Rejected), maxRejected)] {
		status.Scopes.Rejected = append(status.Scopes.Rejected, v1alpha1.RejectedScope{Name: r.Name, ScopeRef: r.Scope.String(), Reason: r.Reason})
	}
	if n := len(p.merged.Rejected); n > 0 {
		c.False(v1alpha1.ConditionScopesAccepted, v1alpha1.ReasonSomeRejected, fmt.Sprintf("%d Scope objects are not accepted; status.scopes.rejected names them, and each says why", n))
	} else {
		c.True(v1alpha1.ConditionScopesAccepted, v1alpha1.ReasonAllAccepted, "every Scope object is accepted")
	}
}

func (p *pass) describeEndpoints() {
	if p.session == nil || p.desired == nil {
		return
	}
	endpoint := func(kind tenant.EndpointKind) string { return p.session.Endpoint(kind, p.obj.Spec.ApplicationID) }
	p.obj.Status.Endpoints = &v1alpha1.OAuthEndpoints{
		Token:      endpoint(tenant.EndpointToken),
		Authorize:  endpoint(tenant.EndpointAuthorize),
		Introspect: endpoint(tenant.EndpointIntrospect),
		JWKS:       endpoint(tenant.EndpointJWKS),
		Issuer:     cmp.Or(p.obj.Spec.Issuer, endpoint(tenant.EndpointIssuer)),
		Discovery:  endpoint(tenant.EndpointDiscovery),
	}
}
