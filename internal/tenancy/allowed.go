package tenancy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/pattern"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// AllowApplication says whether a tenant allows an application of a type with a token lifetime; nil when it does.
func AllowApplication(tenant *v1alpha1.IdentityTenant, kind v1alpha1.ApplicationType, lifetime time.Duration) error {
	if err := AllowType(tenant, kind); err != nil {
		return err
	}
	return AllowLifetime(tenant, lifetime)
}

// AllowLifetime says whether a tenant allows tokens of a lifetime; nil when it does.
func AllowLifetime(tenant *v1alpha1.IdentityTenant, lifetime time.Duration) error {
	if most := accessOf(tenant).MaxTokenLifetime; most != nil && lifetime > most.Duration {
		return notAllowed(tenant, "spec.access.maxTokenLifetime", "a token lifetime of %s, more than %s", lifetime, most.Duration)
	}
	return nil
}

// AllowType says whether a tenant allows applications of a type; nil when it does.
func AllowType(tenant *v1alpha1.IdentityTenant, kind v1alpha1.ApplicationType) error {
	types := accessOf(tenant).AllowedApplicationTypes
	if len(types) == 0 {
		types = []v1alpha1.ApplicationType{v1alpha1.ApplicationTypeOAuth2Server}
	}
	if !slices.Contains(types, kind) {
		return notAllowed(tenant, "spec.access.allowedApplicationTypes", "type %s", kind)
	}
	return nil
}

// AllowApplicationID says whether a tenant lets an OAuthClient have an application ID; nil when it does. The application at which the
// operator itself logs in is nobody's: who has it can lock the operator out, or be issued tokens that open what its own open.
func AllowApplicationID(tenant *v1alpha1.IdentityTenant, applicationID string) error {
	if c := tenant.Spec.Credentials; c != nil && strings.EqualFold(c.ApplicationID, applicationID) {
		return notAllowed(tenant, "spec.credentials.applicationID", "application %q, at which the operator itself logs in", applicationID)
	}
	return nil
}

// AllowScopes says whether a tenant allows that a ConfidentialClient requests the scopes; nil when it does.
func AllowScopes(tenant *v1alpha1.IdentityTenant, scopes []string) error {
	patterns := accessOf(tenant).AllowedScopes
	if patterns == nil {
		return nil
	}
	for _, scope := range scopes {
		if !pattern.MatchAny(patterns, scope) {
			return notAllowed(tenant, "spec.access.allowedScopes", "scope %q", scope)
		}
	}
	return nil
}

// AllowRoles says whether a tenant allows that identity.roles of a ConfidentialClient names the roles; nil when it does. Without a
// rule none is allowed, because the operator could hand out any.
func AllowRoles(tenant *v1alpha1.IdentityTenant, roles []string) error {
	patterns := accessOf(tenant).AllowedRoles
	for _, role := range roles {
		if !pattern.MatchAny(patterns, role) {
			return notAllowed(tenant, "spec.access.allowedRoles", "role %q", role)
		}
	}
	return nil
}

// AllowAdoption says whether objects of a kind may take over what exists on a tenant already and has no owner; nil when they may.
func AllowAdoption(tenant *v1alpha1.IdentityTenant, kind v1alpha1.AdoptableKind) error {
	if !slices.Contains(accessOf(tenant).AllowAdoption, kind) {
		return notAllowed(tenant, "spec.access.allowAdoption", "that %ss adopt what exists already", kind)
	}
	return nil
}

// AllowClientSecretDelivery says whether ConfidentialClients may have the client secret of a managed identity published in their own
// namespace; nil when they may.
func AllowClientSecretDelivery(tenant *v1alpha1.IdentityTenant) error {
	if !accessOf(tenant).AllowClientSecretDelivery {
		return notAllowed(tenant, "spec.access.allowClientSecretDelivery", "that client secrets are delivered (ClientCredentials in spec.secret.deliver)")
	}
	return nil
}

func accessOf(tenant *v1alpha1.IdentityTenant) v1alpha1.TenantAccess {
	if tenant.Spec.Access == nil {
		return v1alpha1.TenantAccess{}
	}
	return *tenant.Spec.Access
}

func notAllowed(tenant *v1alpha1.IdentityTenant, field, what string, args ...any) error {
	return &report.Blocked{
		Reason:  v1alpha1.ReasonNotAdmitted,
		Message: fmt.Sprintf("IdentityTenant %s/%s does not allow %s; its %s decides", tenant.Namespace, tenant.Name, fmt.Sprintf(what, args...), field),
	}
}
