package emulator_test

import (
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestStartRefuses(t *testing.T) {
	cases := map[string]struct {
		options emulator.Options
		want    string // part of the error
	}{
		"an address that others can reach": {emulator.Options{Address: "0.0.0.0:0"}, "not a loopback address"},
		"every address":                    {emulator.Options{Address: ":0"}, "not a loopback address"},
		"a control port that others can reach": {
			emulator.Options{ControlAddress: "0.0.0.0:0"}, "not a loopback address",
		},
		"an unknown switch value": {emulator.Options{Switches: emulator.Switches{OutOfScope: "Maybe"}}, "outOfScope"},
		"a user in no known role": {emulator.Options{Seed: emulator.Seed{
			Users: []emulator.SeedUser{{Name: "a@b.test", Roles: []string{"nothing"}}},
		}}, `"nothing"`},
		"an administrator who does not exist": {emulator.Options{Seed: emulator.Seed{
			Users: []emulator.SeedUser{{Name: "a@b.test"}}, Administrator: "c@b.test",
		}}, `"c@b.test"`},
		"an unknown template": {emulator.Options{Seed: emulator.Seed{
			Applications: []emulator.SeedApplication{{ServiceName: "a", Template: "SAML"}},
		}}, `"SAML"`},
		"a service name twice": {emulator.Options{Seed: emulator.Seed{
			Applications: []emulator.SeedApplication{{ServiceName: "a"}, {ServiceName: "A"}},
		}}, "exists"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			e, err := emulator.Start(tc.options)
			if err == nil {
				_ = e.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %q lacks %q", err, tc.want)
			}
		})
	}
}

func TestSeedsAreReadFromText(t *testing.T) {
	seed, err := emulator.ParseSeed([]byte(`
suffixes: [corp.example]
administrator: boss@corp.example
roles:
- {id: ops, name: Operators, rights: [/lib/rights/appman.json]}
users:
- {name: other@corp.example}
- {name: Boss@corp.example, password: secret, oauthClient: true, roles: [Operators, sysadmin]}
applications:
- serviceName: api
  template: OAuth2ServerClient
  scopes: [{scope: all, allowedRest: [".*"]}]
  profile: {tokenLifetimeString: "0.01:00:00"}
  grants: [{role: ops}]
`))
	if err != nil {
		t.Fatal(err)
	}
	tn := start(t, emulator.Options{Seed: seed})
	id, secret := tn.AdminCredential()
	check(t, "boss@corp.example secret", id+" "+secret)
	r := tn.requestToken(t, "api", id, secret, "all")
	check(t, any(3600.0), r.fields["expires_in"])
	token, _ := r.fields["access_token"].(string)
	tn.must(t, token, "UserMgmt/GetUserAttributes", object{"ID": id}) // a system administrator has all rights

	for name, text := range map[string]string{
		"an unknown field": "userz: []", "a wrong type": "users: 5", "no YAML": "{",
	} {
		if _, err := emulator.ParseSeed([]byte(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestSwitchesAreReadFromText(t *testing.T) {
	got, err := emulator.ParseSwitches([]byte("{mergeProfile: true, outOfScope: Unauthorized}"))
	if err != nil {
		t.Fatal(err)
	}
	check(t, emulator.Switches{MergeProfile: true, OutOfScope: emulator.RefusalUnauthorized}, got)
	for _, text := range []string{"{mergeprofiles: true}", "{outOfScope: Maybe}", "mergeProfile"} {
		if _, err := emulator.ParseSwitches([]byte(text)); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
}

func TestCopiesDoNotReachIntoTheTenant(t *testing.T) {
	tn := start(t, emulator.Options{})
	before, _ := tn.Application("operator-admin")
	copied, _ := tn.Application("operator-admin")
	profile, _ := copied.Raw["OAuthProfile"].(map[string]any)
	profile["Issuer"] = "changed"
	copied.Grants[0].Rights[0] = "changed"
	after, _ := tn.Application("operator-admin")
	check(t, before, after)
}
