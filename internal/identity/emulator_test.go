package identity_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

const userPassword = "Long-enough-1-" + canary

// startEmulator starts a tenant and logs in there as its administrator.
func startEmulator(t *testing.T, switches emulator.Switches) (*emulator.Emulator, *tenant.Session) {
	t.Helper()
	local, err := emulator.Start(emulator.Options{Switches: switches})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	session, err := tenant.NewPool(clock.RealClock{}, nil).Session("local", tenant.Settings{
		URL: local.URL(), CABundle: local.CABundle(), ApplicationID: "operator-admin", Scope: "all",
		RequestsPerSecond: 10_000, Burst: 10_000,
		Credential: func(context.Context) (oauth.Credential, error) {
			id, secret := local.AdminCredential()
			return oauth.Credential{ClientID: id, ClientSecret: oauth.NewSecret(secret)}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return local, session
}

// Both readings of what the wire facts leave open.
func readings() map[string]emulator.Switches {
	return map[string]emulator.Switches{
		"the safest reading": {},
		"the other reading": {
			MergeProfile: true, DuplicateAsState: true, NullForMissingApplication: true, HideOwner: true,
			SpacedLists: true, NormalizeDurations: true, OutOfScope: emulator.RefusalUnauthorized, NullForMissingPrincipal: true,
			MissingDeleteSucceeds: true, KeepRevokedEntries: true, GrantsNeedPrincipalID: true, FoldQueryCase: true,
			NativeHeaderForBearer: true,
		},
	}
}

func TestLifeOfAnApplication(t *testing.T) {
	for name, switches := range readings() {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			local, session := startEmulator(t, switches)
			admin := session.Admin()

			key := makeApplication(t, admin, "o'rders")
			expectApplication(t, local, admin, key)

			other, err := admin.ImportApplication(ctx, identity.TemplateOAuth2Client)
			if err != nil {
				t.Fatal(err)
			}
			err = admin.UpdateApplication(ctx, other, map[string]json.RawMessage{"ServiceName": json.RawMessage(`"o'rders"`)})
			if failure.ClassOf(err) != failure.Rejected {
				t.Errorf("a duplicate has error %v", err)
			}

			for range 2 { // The second time it is gone already.
				if err := admin.DeleteApplication(ctx, key); err != nil {
					t.Error(err)
				}
			}
			if _, ok, err := admin.GetApplication(ctx, key); ok || err != nil {
				t.Errorf("a deleted application is found %v, error %v", ok, err)
			}
		})
	}
}

// expectApplication expects to find the one application of makeApplication in every way there is.
func expectApplication(t *testing.T, local *emulator.Emulator, admin *identity.Client, key string) {
	t.Helper()
	want := identity.ApplicationSummary{
		Key: key, Name: "Orders", ServiceName: "o'rders", Description: "mark", TemplateName: "OAuth2Server",
	}
	found, ok, err := admin.FindApplication(t.Context(), "o'rders")
	if diff := cmp.Diff(want, found); diff != "" || !ok || err != nil {
		t.Errorf("found %v, error %v (-want +got):\n%s", ok, err, diff)
	}
	read, ok, err := admin.GetApplication(t.Context(), key)
	if !ok || err != nil || read.ServiceName() != "o'rders" || len(read.Fields["OAuthProfile"]) == 0 {
		t.Errorf("read %v, error %v: %v", ok, err, read.Fields)
	}
	listed := identity.ApplicationSummary{Key: key, ServiceName: "o'rders", TemplateName: "OAuth2Server"}
	all, err := admin.ListOAuthApplications(t.Context())
	if err != nil || !slices.Contains(all, listed) || len(all) != len(local.Applications()) {
		t.Errorf("list has %v, error %v", all, err)
	}
}

func TestWhatAUserIsAndMayIsRead(t *testing.T) {
	for name, tc := range map[string]struct {
		user    emulator.SeedUser
		service bool
		roles   []string
	}{
		"a person":               {emulator.SeedUser{InEverybodyRole: true}, false, []string{"Everybody"}},
		"a service user":         {emulator.SeedUser{ServiceUser: true}, true, nil},
		"a client in some roles": {emulator.SeedUser{ServiceUser: true, OauthClient: true, Roles: []string{"Readers", "sysadmin"}}, true, []string{"Readers", "System Administrator"}},
	} {
		t.Run(name, func(t *testing.T) {
			local, session := startEmulator(t, emulator.Switches{})
			if _, err := local.AddRole(emulator.SeedRole{Name: "Readers"}); err != nil {
				t.Fatal(err)
			}
			tc.user.Name = "legacy@example.test"
			id, err := local.AddUser(tc.user)
			if err != nil {
				t.Fatal(err)
			}
			service, err := session.Admin().IsServiceUser(t.Context(), id)
			if err != nil || service != tc.service {
				t.Errorf("a service user: %v, error %v", service, err)
			}
			roles, err := session.Admin().UserRoles(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, role := range roles {
				if role.ID == "" {
					t.Errorf("role %q has no key", role.Name)
				}
				names = append(names, role.Name)
			}
			slices.Sort(names)
			if diff := cmp.Diff(tc.roles, names); diff != "" {
				t.Errorf("roles (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLifeOfAClient(t *testing.T) {
	for name, switches := range readings() {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			local, session := startEmulator(t, switches)
			admin := session.Admin()
			key := makeApplication(t, admin, "orders")
			role := makeRole(t, admin, key)
			user := makeUser(t, admin)
			cred := oauth.Credential{ClientID: "billing@example.test", ClientSecret: oauth.NewSecret(userPassword)}
			mint := func() error { return mintForOrders(t, session, cred) }

			if err := mint(); failure.ClassOf(err) != failure.Rejected {
				t.Errorf("without a role the error is %v", err)
			}
			expectNil(t, admin.AddRoleMembers(ctx, role, user))
			expectNil(t, mint())
			expectMember(t, admin, role, user)

			cred.ClientSecret = oauth.NewSecret(userPassword + "2")
			if err := mint(); !oauth.IsInvalidClient(err) {
				t.Errorf("with a wrong secret the error is %v", err)
			}
			expectNil(t, admin.ResetPassword(ctx, user, cred.ClientSecret))
			expectNil(t, mint())

			expectNil(t, admin.RemoveRoleMembers(ctx, role, user))
			for range 2 { // The second time they are gone already.
				expectNil(t, admin.DeleteUser(ctx, user))
				expectNil(t, admin.DeleteRole(ctx, role))
			}
			if _, ok, err := admin.GetUser(ctx, user); ok || err != nil {
				t.Errorf("a deleted user is found %v, error %v", ok, err)
			}
			if _, ok, err := admin.GetRole(ctx, role); ok || err != nil {
				t.Errorf("a deleted role is found %v, error %v", ok, err)
			}
			if _, ok := local.User("billing@example.test"); ok {
				t.Error("the tenant still has the user")
			}
		})
	}
}

// mintForOrders requests a token and checks what it says, if there is one.
func mintForOrders(t *testing.T, session *tenant.Session, cred oauth.Credential) error {
	t.Helper()
	token, err := session.RequestToken(t.Context(), "orders", cred, oauth.NewScopeSet("read"))
	if err != nil {
		return err
	}
	if token.Scopes.String() != "read" || !slices.Equal(token.Audience, []string{"https://api"}) ||
		token.KeyID == "" || token.Issuer != session.Endpoint(tenant.EndpointIssuer, "orders") {
		t.Errorf("token is %+v", token)
	}
	return nil
}

// expectMember expects the user of makeUser, and nobody else, in a role.
func expectMember(t *testing.T, admin *identity.Client, role, user string) {
	t.Helper()
	want := []identity.RoleMember{{ID: user, Name: "billing@example.test", Type: identity.PrincipalUser}}
	members, err := admin.RoleMembers(t.Context(), role)
	if diff := cmp.Diff(want, members); diff != "" || err != nil {
		t.Errorf("members: error %v (-want +got):\n%s", err, diff)
	}
}

func TestFaultsOfTheTenantAreClassed(t *testing.T) {
	local, session := startEmulator(t, emulator.Switches{})
	admin := session.Admin()
	principal, err := admin.WhoAmI(t.Context())
	if err != nil || principal.Name != "oauth-operator@example.test" {
		t.Fatalf("we are %v, error %v", principal, err)
	}
	suffixes, err := admin.LoginSuffixes(t.Context())
	if diff := cmp.Diff([]string{"example.test"}, suffixes); diff != "" || err != nil {
		t.Errorf("suffixes: error %v (-want +got):\n%s", err, diff)
	}
	cases := map[string]struct {
		fault emulator.Fault
		class failure.Class
	}{
		"a failure of the tenant":    {emulator.Fault{Kind: emulator.FaultStatus, Status: 502}, failure.Transient},
		"a refusal":                  {emulator.Fault{Kind: emulator.FaultBusinessFailure, Body: canary}, failure.Rejected},
		"a page":                     {emulator.Fault{Kind: emulator.FaultHTML}, failure.Unexpected},
		"half an answer":             {emulator.Fault{Kind: emulator.FaultTruncatedJSON}, failure.Unexpected},
		"a reset before the effect":  {emulator.Fault{Kind: emulator.FaultResetBefore}, failure.Transient},
		"a reset after the effect":   {emulator.Fault{Kind: emulator.FaultResetAfter}, failure.Transient},
		"no right":                   {emulator.Fault{Kind: emulator.FaultStatus, Status: 403}, failure.Unauthorized},
		"a token that stays refused": {emulator.Fault{Kind: emulator.FaultStatus, Status: 401}, failure.Unauthorized},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.fault.Operation = "Security/WhoAmI"
			defer local.Inject(tc.fault)()
			_, err := admin.WhoAmI(t.Context())
			if got := failure.ClassOf(err); got != tc.class || strings.Contains(err.Error(), canary) {
				t.Errorf("class is %s, want %s: %v", got, tc.class, err)
			}
		})
	}
	local.RevokeTokens()
	before := local.Calls()
	if _, err := admin.WhoAmI(t.Context()); err != nil {
		t.Errorf("after the tokens were revoked the error is %v", err)
	}
	if calls := local.Calls().Sub(before); calls["OAuth2/Token/operator-admin"] != 1 || calls["Security/WhoAmI"] != 2 {
		t.Errorf("calls: %v", calls)
	}
	// The last, because a tenant that throttles is left alone for a while.
	local.Inject(emulator.Fault{Operation: "Security/WhoAmI", Kind: emulator.FaultStatus, Status: 429})
	if _, err := admin.WhoAmI(t.Context()); failure.ClassOf(err) != failure.Throttled {
		t.Errorf("too many calls: %v", err)
	}
}

// makeApplication makes an application that issues tokens for its own API.
func makeApplication(t *testing.T, admin *identity.Client, serviceName string) (key string) {
	t.Helper()
	key, err := admin.ImportApplication(t.Context(), identity.TemplateOAuth2Server)
	if err != nil {
		t.Fatal(err)
	}
	name, _ := json.Marshal(serviceName)
	err = admin.UpdateApplication(t.Context(), key, map[string]json.RawMessage{
		"Name": json.RawMessage(`"Orders"`), "ServiceName": name, "Description": json.RawMessage(`"mark"`),
		"OAuthProfile": json.RawMessage(`{"TargetIsUs":false,"ClientIDType":1,"AllowPublic":false,"MustBeOauthClient":true,
			"TokenType":"JwtRS256","AllowedAuth":"ClientCreds","TokenLifetimeString":"0.05:00:00","AllowRefresh":false,
			"Audience":"https://api","KnownScopes":[{"Scope":"read","Description":"d"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// makeRole makes a role that is granted the application.
func makeRole(t *testing.T, admin *identity.Client, applicationKey string) (id string) {
	t.Helper()
	const name = "orders clients"
	id, err := admin.StoreRole(t.Context(), name, "mark")
	if err != nil {
		t.Fatal(err)
	}
	role, ok, err := admin.FindRole(t.Context(), name)
	if diff := cmp.Diff(identity.Role{ID: id, Name: name, Description: "mark"}, role); diff != "" || !ok || err != nil {
		t.Errorf("role: found %v, error %v (-want +got):\n%s", ok, err, diff)
	}
	if _, err := admin.StoreRole(t.Context(), name, ""); failure.ClassOf(err) != failure.Rejected {
		t.Errorf("a second role of the name has error %v", err)
	}
	grant := identity.Grant{
		PrincipalID: id, PrincipalName: name, PrincipalType: identity.PrincipalRole,
		Rights: identity.RightView | identity.RightExecute,
	}
	withdrawn := grant
	withdrawn.Rights = identity.None
	for _, g := range []identity.Grant{grant, withdrawn, grant} {
		expectNil(t, admin.SetGrants(t.Context(), applicationKey, []identity.Grant{g}))
		grants, err := admin.Grants(t.Context(), applicationKey)
		if err != nil || slices.Contains(grants, grant) != (g.Rights != identity.None) {
			t.Errorf("after setting %s the grants are %v, error %v", g.Rights, grants, err)
		}
	}
	return id
}

// makeUser makes a confidential client.
func makeUser(t *testing.T, admin *identity.Client) (id string) {
	t.Helper()
	wanted := identity.NewUser{
		Username: "Billing@example.test", DisplayName: "Billing", Mail: "b@example.test", Description: "mark",
		Password: oauth.NewSecret(userPassword),
	}
	id, err := admin.CreateUser(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.CreateUser(t.Context(), wanted); failure.ClassOf(err) != failure.Rejected {
		t.Errorf("a second user of the name has error %v", err)
	}
	summary, ok, err := admin.FindUser(t.Context(), "BILLING@example.test")
	if !ok || err != nil || summary.ID != id {
		t.Errorf("found %v as %v, error %v", ok, summary, err)
	}
	name := "Billing service"
	expectNil(t, admin.ChangeUser(t.Context(), id, identity.UserChanges{DisplayName: &name, ClientFlags: true}))
	user, ok, err := admin.GetUser(t.Context(), id)
	want := identity.User{
		ID: id, Name: "billing@example.test", DisplayName: name, Mail: "b@example.test", Description: "mark",
		State: "None", OAuthClient: true,
	}
	if diff := cmp.Diff(want, user); diff != "" || !ok || err != nil {
		t.Errorf("user: found %v, error %v (-want +got):\n%s", ok, err, diff)
	}
	return id
}

func expectNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
