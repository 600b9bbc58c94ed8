package emulator_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// TestNothingSecretIsLogged takes a user through all flows and looks for what they brought about in the log at its highest level, in the audit log,
// and in the counters.
func TestNothingSecretIsLogged(t *testing.T) {
	var log, audit bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	clock := testingclock.NewFakePassiveClock(startTime)
	s := &shop{clock: clock, tenant: start(t, emulator.Options{
		Seed: shopSeed(), Clock: clock, Logger: logger, Audit: &audit, Switches: emulator.Switches{RotateRefreshTokens: true},
	})}
	s.configure(t, "web", object{"Confirm": true})
	v := s.visitor(t)
	page := logIn(t, s.open(t, v, s.address("web", webRequest(map[string]string{"client_secret": goodPassword, "nonce": "secret-nonce", "state": "secret-state"}))))
	code := left(t, submit(t, page, nil, "Allow")).Get("code")
	r := s.redeemWeb(t, code, nil)
	implicit := left(t, submit(t, s.open(t, v, s.address("web", webRequest(map[string]string{"response_type": "token"}))), nil, "Allow"))
	pkce := s.redeemSPA(t, s.code(t, "spa", spaRequest(nil)), nil)
	cookie, _, _ := strings.Cut(strings.TrimPrefix(logIn(t, s.open(t, s.visitor(t), s.URL()+"/login")).Header.Get("Set-Cookie"), ".ASPXAUTH="), ";")
	platform := s.platformToken(t)
	wrong := s.post(t, "/oauth2/token/web", nil)
	check(t, http.StatusBadRequest, wrong.status)

	secrets := map[string]any{
		"the password": goodPassword, "the code": code, "an access token": r.fields["access_token"], "an ID token": r.fields["id_token"],
		"a refresh token": r.fields["refresh_token"], "an implicit token": implicit.Get("access_token"), "a public client's token": pkce.fields["access_token"],
		"the verifier": verifier, "a session": cookie, "a platform token": platform, "the nonce": "secret-nonce", "the state": "secret-state",
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for what, value := range secrets {
		text, _ := value.(string)
		if len(text) < 8 {
			t.Fatalf("%s is %q", what, text)
		}
		for where, public := range map[string]string{"the log": log.String(), "the audit log": audit.String(), "the counters": s.Calls().String()} {
			if strings.Contains(public, text) {
				t.Errorf("%s has %s", where, what)
			}
		}
	}
}
