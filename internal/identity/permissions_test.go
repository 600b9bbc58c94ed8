package identity_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/identity"
)

func TestGrants(t *testing.T) {
	s := newStub(t).on("Acl/GetRowAces", result(`[
		{"Principal":"r-1","PrincipalName":"ops","PrincipalType":"Role","Type":"User","Grant":132,"GrantStr":"x","Inherited":false},
		{"Principal":"sysadmin","PrincipalName":"System Administrator","PrincipalType":"Role","Grant":2147483869,"Inherited":true}]`))
	got, err := s.client.Grants(t.Context(), "a-1")
	want := []identity.Grant{
		{PrincipalID: "r-1", PrincipalName: "ops", PrincipalType: "Role", Rights: identity.RightView | identity.RightExecute},
		{
			PrincipalID: "sysadmin", PrincipalName: "System Administrator", PrincipalType: "Role", Inherited: true,
			Rights: identity.RightGrant | identity.RightAdmin | identity.RightDelete | identity.RightExecute | identity.RightAutomatic,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	arguments := map[string]any{"RowKey": "a-1", "Table": "Application", "ReduceSysadmin": true}
	if diff := cmp.Diff(arguments, s.arguments(0)); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}

	s.on("Acl/GetRowAces", result(`[]`), result(`null`))
	if got, err = s.client.Grants(t.Context(), "a-1"); len(got) != 0 || err != nil {
		t.Errorf("no grants are %v, error %v", got, err)
	}
	_, err = s.client.Grants(t.Context(), "a-1")
	expectText(t, err, "Acl/GetRowAces answered 200 with no list of grants")
}

func TestSetGrants(t *testing.T) {
	s := newStub(t).on("SaasManage/SetApplicationPermissions", result(`null`))
	err := s.client.SetGrants(t.Context(), "a-1", []identity.Grant{
		{PrincipalID: "r-1", PrincipalName: "ops", PrincipalType: identity.PrincipalRole, Rights: identity.RightView | identity.RightExecute},
		{PrincipalID: "u-1", PrincipalName: "a@b", PrincipalType: identity.PrincipalUser},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"ID": "a-1", "RowKey": "a-1", "PVID": "a-1", "Grants": []any{
		map[string]any{
			"PrincipalId": "r-1", "Principal": "ops", "SystemName": "ops", "PType": "Role", "Type": "Role", "Rights": "View,Execute",
		},
		map[string]any{
			"PrincipalId": "u-1", "Principal": "a@b", "SystemName": "a@b", "PType": "User", "Type": "User", "Rights": "None",
		},
	}}
	if diff := cmp.Diff(want, s.arguments(0)); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

func TestRightSet(t *testing.T) {
	set, err := identity.ParseRightSet("Execute", "View", "None")
	if err != nil || set.String() != "View,Execute" || !set.Contains(identity.RightView) || set.Contains(identity.RightDelete) {
		t.Errorf("set is %s, error %v", set, err)
	}
	if got := identity.RightAdmin.Names(); cmp.Diff([]string{"View", "ViewDetail", "Admin"}, got) != "" {
		t.Errorf("Admin includes %v", got)
	}
	if identity.None.String() != "None" {
		t.Errorf("no rights are %s", identity.None)
	}
	_, err = identity.ParseRightSet("Run")
	expectText(t, err, `unknown right "Run"`)
}

func TestRightsAreDecodedBySingleBits(t *testing.T) {
	cases := map[string]struct {
		bits string
		want identity.RightSet
	}{
		"Admin with its lesser bits":      {"28", identity.RightAdmin},
		"Admin alone":                     {"8", identity.RightAdmin},
		"ViewDetail with its lesser bit":  {"20", identity.RightViewDetail},
		"ViewDetail alone":                {"16", identity.RightViewDetail},
		"Automatic as a signed number":    {"-2147483648", identity.RightAutomatic},
		"Automatic as an unsigned number": {"2147483648", identity.RightAutomatic},
		"no right":                        {"0", identity.None},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t).on("Acl/GetRowAces", result(`[{"Principal":"p","PrincipalName":"n","PrincipalType":"Role","Grant":`+tc.bits+`}]`))
			got, err := s.client.Grants(t.Context(), "a-1")
			if err != nil || len(got) != 1 || got[0].Rights != tc.want {
				t.Errorf("grants %v, error %v", got, err)
			}
		})
	}
}
