package oauthclient

import (
	"cmp"
	"fmt"

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
	case err != nil:
		c.Failed(v1alpha1.ConditionProvisioned, err)
		c.Failed(v1alpha1.ConditionReady, err)
	default:
		c.True(v1alpha1.ConditionProvisioned, v1alpha1.ReasonApplied, fmt.Sprintf("application %q is as declared", p.obj.Spec.ApplicationID))
		c.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, fmt.Sprintf("application %q issues tokens", p.obj.Spec.ApplicationID))
	}
	c.Progress(err)
	status.ObservedGeneration = p.obj.Generation
}

func (p *pass) describeScopes(c report.Conditions) {
	if p.merged == nil {
		return
	}
	status := &p.obj.Status
	if status.Scopes == nil {
		status.Scopes = &v1alpha1.ScopesStatus{}
	}
	if p.applied {
		status.Scopes.Applied = make([]v1alpha1.AppliedScope, len(p.merged.Scopes))
		for i, s := range p.merged.Scopes {
			status.Scopes.Applied[i] = v1alpha1.AppliedScope{Name: s.Name, Hash: s.Hash()}
		}
		status.Scopes.Count = int32(len(p.merged.Scopes)) //nolint:gosec // bounded by what kube-apiserver stores
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
