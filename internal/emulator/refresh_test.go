package emulator_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestRefreshTokensAreUsedAgainAndAgain(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	first := s.redeemSPA(t, s.code(t, "spa", spaRequest(map[string]string{"scope": "openid read write"})), nil)
	s.clock.SetTime(startTime.Add(6 * time.Hour)) // the access token has expired, the refresh token has not
	check(t, false, s.active(t, "spa", first.fields["access_token"]))
	for _, tc := range []struct {
		scope, want string
		status      int
	}{
		{"", "openid read write", 200}, {"read", "read", 200}, {"write openid", "openid write", 200}, {"read admin", "", 400}, {"", "openid read write", 200},
	} {
		r := s.refreshSPA(t, first.fields["refresh_token"], map[string]string{"scope": tc.scope})
		check(t, tc.status, r.status)
		if tc.status != 200 {
			check(t, any("invalid_scope"), r.fields["error"])
			continue
		}
		check(t, []any{tc.want, nil}, []any{r.fields["scope"], r.fields["refresh_token"]})
		if r.fields["id_token"] != nil {
			identity := s.claims(t, "spa", r.fields["id_token"])
			check(t, []any{nil, float64(startTime.Unix()), "shop-spa"}, []any{identity["nonce"], identity["auth_time"], identity["aud"]})
		}
	}
}

func TestRefreshTokensAreRefused(t *testing.T) {
	cases := map[string]struct {
		act    func(*testing.T, *shop)
		change map[string]string
		want   string
	}{
		"when they have expired":                  {act: func(_ *testing.T, s *shop) { s.clock.SetTime(startTime.Add(365 * 24 * time.Hour)) }, want: "invalid_grant"},
		"of another client":                       {change: map[string]string{"client_id": "other-spa"}, want: "invalid_grant"},
		"that were never issued":                  {change: map[string]string{"refresh_token": "x"}, want: "invalid_grant"},
		"that are missing":                        {change: map[string]string{"refresh_token": ""}, want: "invalid_request"},
		"without a client":                        {change: map[string]string{"client_id": ""}, want: "invalid_client"},
		"when the application issues none":        {act: func(t *testing.T, s *shop) { s.configure(t, "spa", object{"AllowRefresh": false}) }, want: "unauthorized_client"},
		"when the flow is off":                    {act: func(t *testing.T, s *shop) { s.configure(t, "spa", object{"AllowedAuth": "Implicit"}) }, want: "unauthorized_client"},
		"when the user is locked":                 {act: func(t *testing.T, s *shop) { must(t, s.SetUserState("jo@example.test", "Locked")) }, want: "invalid_grant"},
		"when the user is gone":                   {act: func(t *testing.T, s *shop) { must(t, s.RemoveUser("jo@example.test")) }, want: "invalid_grant"},
		"when the client is not in the list":      {act: func(t *testing.T, s *shop) { s.configure(t, "spa", object{"AllowedClients": []any{"x"}}) }, want: "invalid_client"},
		"when all tokens were revoked":            {act: func(_ *testing.T, s *shop) { s.RevokeTokens() }, want: "invalid_grant"},
		"when the user may not use it any longer": {act: func(t *testing.T, s *shop) { must(t, s.SpoilUser("jo@example.test")) }, want: "invalid_grant"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, emulator.Switches{})
			first := s.redeemSPA(t, s.code(t, "spa", spaRequest(nil)), nil)
			if tc.act != nil {
				tc.act(t, s)
			}
			check(t, any(tc.want), s.refreshSPA(t, first.fields["refresh_token"], tc.change).fields["error"])
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRefreshTokensRotateWhereTheyDo(t *testing.T) {
	s := openShop(t, emulator.Switches{RotateRefreshTokens: true})
	first := s.redeemSPA(t, s.code(t, "spa", spaRequest(nil)), nil)
	second := s.refreshSPA(t, first.fields["refresh_token"], nil)
	if second.fields["refresh_token"] == nil || second.fields["refresh_token"] == first.fields["refresh_token"] {
		t.Fatal("there is no other refresh token")
	}
	third := s.refreshSPA(t, second.fields["refresh_token"], nil)
	check(t, true, s.active(t, "spa", third.fields["access_token"]))

	// Somebody has the first one, too: nobody knows who is right, so that all is over.
	check(t, any("invalid_grant"), s.refreshSPA(t, first.fields["refresh_token"], nil).fields["error"])
	for _, r := range []reply{first, second, third} {
		check(t, false, s.active(t, "spa", r.fields["access_token"]))
		check(t, false, s.active(t, "spa", r.fields["refresh_token"]))
	}
	check(t, any("invalid_grant"), s.refreshSPA(t, third.fields["refresh_token"], nil).fields["error"])
}

func TestARotatedRefreshTokenLivesNoLonger(t *testing.T) {
	s := openShop(t, emulator.Switches{RotateRefreshTokens: true})
	s.configure(t, "spa", object{"RefreshLifetimeString": "0.10:00:00"})
	r := s.redeemSPA(t, s.code(t, "spa", spaRequest(nil)), nil)
	s.clock.SetTime(startTime.Add(9 * time.Hour))
	r = s.refreshSPA(t, r.fields["refresh_token"], nil)
	s.clock.SetTime(startTime.Add(10 * time.Hour))
	check(t, any("invalid_grant"), s.refreshSPA(t, r.fields["refresh_token"], nil).fields["error"])
}

func TestRefreshTokensAreIssuedWhereAllowed(t *testing.T) {
	cases := map[string]struct {
		switches emulator.Switches
		allow    bool
		scope    string
		want     bool
	}{
		"where the application issues them":        {allow: true, scope: "read", want: true},
		"not where it does not":                    {scope: "read offline_access"},
		"not without the scope, where it is asked": {switches: emulator.Switches{RefreshNeedsOfflineAccess: true}, allow: true, scope: "read"},
		"with the scope, where it is asked":        {switches: emulator.Switches{RefreshNeedsOfflineAccess: true}, allow: true, scope: "read offline_access", want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, tc.switches)
			s.configure(t, "spa", object{"AllowRefresh": tc.allow})
			r := s.redeemSPA(t, s.code(t, "spa", spaRequest(map[string]string{"scope": tc.scope})), nil)
			check(t, []any{200, tc.want}, []any{r.status, r.fields["refresh_token"] != nil})
		})
	}
}

func TestRevokingARefreshTokenEndsTheAuthorization(t *testing.T) {
	s := openShop(t, emulator.Switches{})
	r := s.redeemSPA(t, s.code(t, "spa", spaRequest(nil)), nil)
	revoke := func(token any, client string) {
		t.Helper()
		text, _ := token.(string)
		check(t, 200, s.post(t, "/OAuth2/Revoke/spa", url.Values{"token": {text}, "client_id": {client}}).status)
	}
	revoke(r.fields["refresh_token"], "other-spa") // not its own
	check(t, true, s.active(t, "spa", r.fields["refresh_token"]))
	revoke(r.fields["access_token"], "shop-spa")
	check(t, false, s.active(t, "spa", r.fields["access_token"]))
	again := s.refreshSPA(t, r.fields["refresh_token"], nil)
	check(t, 200, again.status)
	revoke(r.fields["refresh_token"], "shop-spa")
	check(t, false, s.active(t, "spa", again.fields["access_token"]))
	check(t, any("invalid_grant"), s.refreshSPA(t, r.fields["refresh_token"], nil).fields["error"])
}
