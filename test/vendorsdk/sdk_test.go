package vendorsdk

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cyberark/idsec-sdk-golang/pkg/auth"
	authmodels "github.com/cyberark/idsec-sdk-golang/pkg/models/auth"
	"github.com/cyberark/idsec-sdk-golang/pkg/services/identity/roles"
	rolemodels "github.com/cyberark/idsec-sdk-golang/pkg/services/identity/roles/models"
	"github.com/cyberark/idsec-sdk-golang/pkg/services/identity/users"
	usermodels "github.com/cyberark/idsec-sdk-golang/pkg/services/identity/users/models"
	"github.com/cyberark/idsec-sdk-golang/pkg/services/identity/webapps"
	appmodels "github.com/cyberark/idsec-sdk-golang/pkg/services/identity/webapps/models"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// world is a tenant with the SDK logged in.
type world struct {
	tenant *emulator.Emulator
	audit  *bytes.Buffer
	roles  *roles.IdsecIdentityRolesService
	users  *users.IdsecIdentityUsersService
	apps   *webapps.IdsecIdentityWebappsService
}

func newWorld(t *testing.T) world {
	t.Helper()
	// The SDK keeps settings and tokens in the home directory.
	directory := t.TempDir()
	t.Setenv("HOME", directory)
	w := world{audit: &bytes.Buffer{}}
	var err error
	if w.tenant, err = emulator.Start(emulator.Options{Audit: w.audit}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.tenant.Close(); err != nil {
			t.Error(err)
		}
		for line := range strings.Lines(w.audit.String()) {
			if !strings.Contains(line, `"success":true`) {
				t.Errorf("a call of the SDK failed: %s", line)
			}
		}
	})
	bundle := filepath.Join(directory, "ca.pem")
	if err := os.WriteFile(bundle, w.tenant.CABundle(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("IDSEC_EXTRA_TRUSTED_CA_CERTS_BUNDLE_PATH", bundle)
	login := w.login(t)
	if w.roles, err = roles.NewIdsecIdentityRolesService(login); err != nil {
		t.Fatal(err)
	}
	if w.users, err = users.NewIdsecIdentityUsersService(login); err != nil {
		t.Fatal(err)
	}
	if w.apps, err = webapps.NewIdsecIdentityWebappsService(login); err != nil {
		t.Fatal(err)
	}
	return w
}

// login logs the SDK in as a service user, without naming an application.
func (w world) login(t *testing.T) auth.IdsecAuth {
	t.Helper()
	id, secret := w.tenant.AdminCredential()
	login := auth.NewIdsecISPAuth(false)
	_, err := login.Authenticate(nil, &authmodels.IdsecAuthProfile{
		Username: id, AuthMethod: authmodels.IdentityServiceUser,
		AuthMethodSettings: &authmodels.IdentityServiceUserIdsecAuthMethodSettings{IdentityURL: w.tenant.URL()},
	}, &authmodels.IdsecSecret{Secret: secret}, false, false)
	if err != nil {
		t.Fatalf("logging in: %v", err)
	}
	return login
}

// do returns what a call of the SDK returned, which must not be an error.
func do[T any](t *testing.T, what string) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return value
	}
}

func done(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func TestTheSDKManagesRoles(t *testing.T) {
	w := newWorld(t)
	role := do[*rolemodels.IdsecIdentityRole](t, "creating a role")(w.roles.Create(&rolemodels.IdsecIdentityCreateRole{
		RoleName: "ops", Description: "d", AdminRights: []string{"/lib/rights/monitor.json"},
	}))
	id, _ := w.tenant.AdminCredential()
	member := do[*rolemodels.IdsecIdentityRoleMember](t, "adding a member")(w.roles.AddMember(&rolemodels.IdsecIdentityAddMemberToRole{
		RoleID: role.RoleID, MemberName: id, MemberType: "USER",
	}))
	if member.MemberName != id {
		t.Errorf("the member is %q", member.MemberName)
	}
	do[*rolemodels.IdsecIdentityRoleAttributesSchema](t, "creating attributes")(w.roles.CreateAttributesSchema(
		&rolemodels.IdsecIdentityCreateRoleAttributesSchema{Columns: []rolemodels.IdsecIdentityRoleAttributesSchemaColumn{
			{Name: "Tier", Type: "Text", Description: "how much it matters"},
		}}))
	attributes := do[*rolemodels.IdsecIdentityRoleAttributes](t, "setting attributes")(w.roles.UpsertAttributes(
		&rolemodels.IdsecIdentityUpsertRoleAttributes{RoleID: role.RoleID, Attributes: map[string]string{"Tier": "gold"}}))
	if !maps.Equal(attributes.Attributes, map[string]string{"Tier": "gold"}) {
		t.Errorf("the attributes are %v", attributes.Attributes)
	}
	changed := do[*rolemodels.IdsecIdentityRole](t, "changing a role")(w.roles.Update(
		&rolemodels.IdsecIdentityUpdateRole{RoleID: role.RoleID, Description: "e"}))
	if changed.Description != "e" || !slices.Equal(changed.AdminRights, []string{"/lib/rights/monitor.json"}) {
		t.Errorf("the role is %+v", changed)
	}
	done(t, "deleting a role", w.roles.Delete(&rolemodels.IdsecIdentityDeleteRole{RoleID: role.RoleID}))
	if _, found := w.tenant.Role("ops"); found {
		t.Error("the role is still there")
	}
}

func TestTheSDKManagesUsers(t *testing.T) {
	w := newWorld(t)
	yes := true
	user := do[*usermodels.IdsecIdentityUser](t, "creating a user")(w.users.Create(&usermodels.IdsecIdentityCreateUser{
		Username: "svc", Password: "Password-12345", IsOauthClient: &yes, IsServiceUser: &yes,
	}))
	if user.Username != "svc@example.test" {
		t.Errorf("the user is %q", user.Username)
	}
	do[*usermodels.IdsecIdentityUserAttributesSchema](t, "creating attributes")(w.users.UpsertAttributesSchema(
		&usermodels.IdsecIdentityUpsertUserAttributesSchema{Columns: []usermodels.IdsecIdentityUserAttributesSchemaColumn{
			{Name: "cost", Type: "Text", Title: "Cost centre"},
		}}))
	attributes := do[*usermodels.IdsecIdentityUserAttributes](t, "setting attributes")(w.users.UpsertAttributes(
		&usermodels.IdsecIdentityUpsertUserAttributes{UserID: user.UserID, Attributes: map[string]string{"cost": "4711"}}))
	if !maps.Equal(attributes.Attributes, map[string]string{"cost": "4711"}) {
		t.Errorf("the attributes are %v", attributes.Attributes)
	}
	do[*usermodels.IdsecIdentityUserInfo](t, "asking who we are")(w.users.Info())
	stats := do[*usermodels.IdsecIdentityUsersStats](t, "counting users")(w.users.Stats())
	if stats.UsersCount != 2 {
		t.Errorf("there are %d users", stats.UsersCount)
	}
	done(t, "resetting a password", w.users.ResetPassword(
		&usermodels.IdsecIdentityResetUserPassword{Username: user.Username, NewPassword: "Password-54321"}))
	done(t, "deleting a user", w.users.Delete(&usermodels.IdsecIdentityDeleteUser{UserID: user.UserID}))
	if _, found := w.tenant.User(user.Username); found {
		t.Error("the user is still there")
	}
}

func TestTheSDKManagesApplications(t *testing.T) {
	w := newWorld(t)
	if _, err := w.tenant.AddRole(emulator.SeedRole{Name: "ops"}); err != nil {
		t.Fatal(err)
	}
	one, yes, name, audience := 1, true, "orders", "https://orders.test"
	application := &appmodels.IdsecIdentityImportWebapp{TemplateName: "OAuth2Server", WebappName: &name, ServiceName: &name}
	application.OAuthProfile = &appmodels.IdsecIdentityWebappOAuthProfile{
		ClientIDType: &one, MustBeOauthClient: &yes, Audience: &audience, AllowedAuth: []string{"ClientCreds"},
		KnownScopes: []appmodels.IdsecIdentityWebappOAuthScope{{Scope: "read"}},
	}
	imported := do[*appmodels.IdsecIdentityWebapp](t, "importing")(w.apps.Import(application))
	found, _ := w.tenant.Application("orders")
	if found.Key != imported.WebappID || found.Profile.Audience != audience || found.Profile.ClientIDType != 1 {
		t.Errorf("the application is %+v", found)
	}
	read := do[*appmodels.IdsecIdentityWebapp](t, "reading by name")(w.apps.Get(&appmodels.IdsecIdentityGetWebapp{WebappName: "orders"}))
	if read.WebappID != imported.WebappID {
		t.Errorf("by its name %q is found", read.WebappID)
	}
	id, _ := w.tenant.AdminCredential()
	grants := do[*appmodels.IdsecIdentityWebappPermissions](t, "granting")(w.apps.SetPermissions(&appmodels.IdsecIdentitySetWebappPermissions{
		WebappID: imported.WebappID, Grants: []appmodels.IdsecIdentityWebappGrant{
			{Principal: "ops", PrincipalType: "Role", Rights: []string{"View", "Execute"}},
			{Principal: id, PrincipalType: "User", Rights: []string{"View"}},
		},
	}))
	if len(grants.Grants) < 2 {
		t.Errorf("the grants are %+v", grants.Grants)
	}
	templates := 0
	list, err := w.apps.ListTemplates()
	done(t, "listing templates", err)
	for page := range list {
		templates += len(page.Items)
	}
	if templates != 2 {
		t.Errorf("there are %d templates", templates)
	}
	do[*appmodels.IdsecIdentityWebappCustomTemplates](t, "listing custom templates")(w.apps.ListCustomTemplates())
	do[*appmodels.IdsecIdentityWebappTemplatesCategories](t, "listing categories")(w.apps.ListTemplatesCategories())
	do[*appmodels.IdsecIdentityWebappsStats](t, "counting applications")(w.apps.Stats())
	done(t, "deleting", w.apps.Delete(&appmodels.IdsecIdentityDeleteWebapp{WebappID: imported.WebappID}))
	if _, found := w.tenant.Application("orders"); found {
		t.Error("the application is still there")
	}
}
