package confidentialclient

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/rotation"
)

// identityFacts are about the user behind a managed client.
type identityFacts struct {
	// identityChecked says that the identity was looked up on the tenant, and is as the spec asks for; set by provision and checkOnRequest.
	identityChecked bool
	// identityApplied says that the identity is as the spec asks for; set by keepIdentity and checkOnRequest.
	identityApplied bool
	// tasks are those that have failed; set by try.
	tasks map[kindOfTask]task
}

// keepIdentity brings the identity to what the spec asks for. What keeps it from that keeps no token from being renewed that was requested for the
// identity as it is: it is noted, and the pass goes on. Without such a token it ends the pass.
func (p *pass) keepIdentity(ctx context.Context) error {
	if err := p.try(taskIdentity, "", func() error { return p.provision(ctx) }); err != nil {
		return err
	}
	failed := p.tasks[taskIdentity]
	p.identityApplied = failed.err == nil
	if p.identityApplied || p.published.Found() && p.credential != nil && p.obj.Status.ActiveIdentity() != nil {
		return nil
	}
	p.refusedUntil = failed.retry
	return failed.err
}

// provision brings the user behind a managed client to what the spec asks for: the user itself with the flags of a confidential client,
// and its memberships. When the desired state is the one that was last applied, nothing is asked of the tenant.
func (p *pass) provision(ctx context.Context) error {
	if !p.managed() {
		return nil
	}
	username, err := p.username(ctx)
	if err != nil {
		return err
	}
	if known := p.obj.Status.ActiveIdentity(); known != nil && known.AppliedHash == p.identityHash(username) {
		return nil
	}
	if err := p.tenantReady(); err != nil {
		return err
	}
	if err := p.fresh(ctx); err != nil {
		return err
	}
	wanted, err := p.wantedRoles(ctx)
	if err != nil {
		return err
	}
	if err := p.clearHash(ctx, wanted); err != nil {
		return err
	}
	if err := p.ensureUser(ctx, username); err != nil {
		return err
	}
	if err := p.applyMemberships(ctx, wanted); err != nil {
		return err
	}
	active := p.obj.Status.ActiveIdentity()
	active.AppliedHash = p.identityHash(active.Username)
	p.identityChecked = true
	return nil
}

// fresh says whether the object is as kube-apiserver has it; nil when it is. There is no need to ask if this pass has written it.
func (p *pass) fresh(ctx context.Context) error {
	if p.written {
		return nil
	}
	if err := p.session.Enter(ctx); err != nil {
		return err
	}
	return report.Fresh(ctx, p.Live, p.obj)
}

// clearHash stores that the identity is about to be as no hash says any more, and which roles it is about to be in. Without it a change
// that was cut off, and then taken back in the manifest, would pass for what was applied before, and its roles would stay.
func (p *pass) clearHash(ctx context.Context, wanted []v1alpha1.RoleStatus) error {
	known := p.obj.Status.ActiveIdentity()
	if known == nil {
		return nil
	}
	known.AppliedHash = ""
	p.noteRoles(wanted)
	return p.checkpoint(ctx)
}

// tenantReady says whether the identity can be provisioned on the tenant; nil when it can.
func (p *pass) tenantReady() error {
	return connection.RequireLogin(p.tenant, "no identity can be provisioned on it; use identity.provisioning External")
}

// username returns the login name of the identity: the one that is known, else the one whose credential is stored, else that of the first
// user.
func (p *pass) username(ctx context.Context) (string, error) {
	if known := p.obj.Status.ActiveIdentity(); known != nil {
		return known.Username, nil
	}
	first, err := p.firstUsername()
	if err != nil {
		return "", err
	}
	if err := cmp.Or(p.tenantReady(), p.session.Enter(ctx)); err != nil {
		return "", err
	}
	if p.written {
		p.credentialMissing = true // nothing is made before the finalizer is there; should somebody have taken it off, the create finds out
		return first, nil
	}
	stored, found, err := p.Vault.Get(ctx, p.obj.UID)
	p.credentialMissing = err == nil && !found
	if err == nil && found && stored.Credential.ClientID == rotation.Second(first) {
		return stored.Credential.ClientID, nil
	}
	return first, err
}

// firstUsername returns the login name of the first user: the one in the spec, else one derived from cluster, namespace and name, so that a
// pass that was cut off, and a restored object, find their user again.
func (p *pass) firstUsername() (string, error) {
	suffix := p.tenant.Status.LoginSuffix
	if p.tenant.Status.ClusterID == "" || suffix == "" {
		if err := p.tenantReady(); err != nil {
			return "", err
		}
		return "", &report.Blocked{
			Reason:  v1alpha1.ReasonTenantNotReady,
			Message: fmt.Sprintf("IdentityTenant %s/%s has not found out its login suffix yet", p.tenant.Namespace, p.tenant.Name),
		}
	}
	if i := p.obj.Spec.Identity; i != nil && i.Username != "" {
		if !strings.HasSuffix(i.Username, "@"+suffix) {
			return "", &report.Blocked{
				Reason:  v1alpha1.ReasonInvalidSpec,
				Message: fmt.Sprintf("spec.identity.username %q must end in @%s, the login suffix of IdentityTenant %s/%s", i.Username, suffix, p.tenant.Namespace, p.tenant.Name),
			}
		}
		return i.Username, nil
	}
	return deriveUsername(p.tenant.Status.ClusterID, p.obj.Namespace, p.obj.Name, suffix), nil
}

// deriveUsername makes a login name that a person can place, and that is unique by its hash. The local part has at most 62
// characters, and 64 for the second of two users.
func deriveUsername(clusterID, namespace, name, suffix string) string {
	sum := sha256.Sum256([]byte(clusterID + "/" + namespace + "/" + name))
	cut := func(s string, most int) string { return strings.Trim(s[:min(len(s), most)], ".-") }
	return fmt.Sprintf("%s.%s.%s@%s", cut(name, 26), cut(namespace, 24), hex.EncodeToString(sum[:5]), suffix)
}

func (p *pass) displayName() string {
	if i := p.obj.Spec.Identity; i != nil && i.DisplayName != "" {
		return i.DisplayName
	}
	return p.obj.Namespace + "/" + p.obj.Name
}

// roleNames returns the further roles that the spec names.
func (p *pass) roleNames() []string {
	if p.obj.Spec.Identity == nil {
		return nil
	}
	return slices.Sorted(slices.Values(p.obj.Spec.Identity.Roles))
}

// identityLocalHash identifies what the ConfidentialClient itself says of its identity.
func (p *pass) identityLocalHash() string {
	return digest(struct {
		DisplayName string
		Roles       []string
	}{p.displayName(), p.roleNames()})
}

// identityHash identifies the desired state of the identity, in two parts as the hash of a token: the first is known even when what
// it depends on elsewhere cannot be looked up.
func (p *pass) identityHash(username string) string {
	var clientRole string
	if p.oauthClient != nil && p.oauthClient.Status.ClientRole != nil {
		clientRole = p.oauthClient.Status.ClientRole.ID
	}
	return p.identityLocalHash() + hashSeparator + digest(struct{ Username, ClientRole string }{username, clientRole})
}

// applyMemberships puts the user into the roles that it needs, and takes it out of those that we had put it into and that it needs no
// more. Adding is idempotent on the tenant, so nothing is read first.
func (p *pass) applyMemberships(ctx context.Context, wanted []v1alpha1.RoleStatus) error {
	p.noteRoles(wanted) // before the user is in them: what fails half-way is stored with the status
	admin, userID := p.session.Admin(), p.obj.Status.ActiveIdentity().UserID
	for _, role := range wanted {
		if err := admin.AddRoleMembers(ctx, role.ID, userID); err != nil {
			return err
		}
	}
	for _, role := range slices.Clone(p.obj.Status.Roles) {
		if slices.Contains(wanted, role) {
			continue
		}
		if err := p.leaveRole(ctx, role, p.userIDs()...); err != nil {
			return err
		}
	}
	return nil
}

// noteRoles notes in the status that the user is in roles by our doing.
func (p *pass) noteRoles(roles []v1alpha1.RoleStatus) {
	for _, role := range roles {
		if !slices.ContainsFunc(p.obj.Status.Roles, func(r v1alpha1.RoleStatus) bool { return r.ID == role.ID }) {
			p.obj.Status.Roles = append(p.obj.Status.Roles, role)
		}
	}
}

// leaveRole takes users out of a role that we had put them into, and forgets the role when no other user of ours can be in it.
func (p *pass) leaveRole(ctx context.Context, role v1alpha1.RoleStatus, userIDs ...string) error {
	admin := p.session.Admin()
	_, found, err := admin.GetRole(ctx, role.ID)
	if err != nil {
		return err
	}
	if found {
		if err := admin.RemoveRoleMembers(ctx, role.ID, userIDs...); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(p.userIDs(), func(id string) bool { return !slices.Contains(userIDs, id) }) {
		return nil
	}
	p.obj.Status.Roles = slices.DeleteFunc(p.obj.Status.Roles, func(r v1alpha1.RoleStatus) bool { return r.ID == role.ID })
	return nil
}

// wantedRoles returns the role that the OAuthClient keeps for its clients, and those that the spec names.
func (p *pass) wantedRoles(ctx context.Context) ([]v1alpha1.RoleStatus, error) {
	var wanted []v1alpha1.RoleStatus
	if p.oauthClient != nil && p.oauthClient.Status.ClientRole != nil {
		wanted = append(wanted, *p.oauthClient.Status.ClientRole)
	}
	names := p.roleNames()
	if len(names) == 0 {
		return wanted, nil
	}
	found, err := p.session.Admin().FindRoles(ctx, names...)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		at := slices.IndexFunc(found, func(r identity.Role) bool { return r.Name == name })
		if at < 0 {
			return nil, &report.Refused{
				Reason:  v1alpha1.ReasonRoleNotFound,
				Message: fmt.Sprintf("the tenant has no role %q, which spec.identity.roles names; create it there, or remove it here", name),
			}
		}
		wanted = append(wanted, v1alpha1.RoleStatus{ID: found[at].ID, Name: name})
	}
	return wanted, nil
}
