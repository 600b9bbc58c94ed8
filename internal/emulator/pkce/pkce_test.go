package pkce_test

import (
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator/pkce"
)

// The example of RFC 7636 appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func TestTheVerifierProvesTheChallenge(t *testing.T) {
	cases := map[string]struct {
		challenge, method, verifier string
		want                        bool
	}{
		"the example of the RFC":            {challenge, "S256", verifier, true},
		"plain":                             {verifier, "plain", verifier, true},
		"no method, which is plain":         {verifier, "", verifier, true},
		"another verifier":                  {challenge, "S256", strings.Repeat("x", 43), false},
		"no verifier":                       {challenge, "S256", "", false},
		"the challenge itself":              {challenge, "S256", challenge, false},
		"a plain verifier, hashed":          {verifier, "plain", challenge, false},
		"a verifier that is too long":       {strings.Repeat("x", 43), "plain", strings.Repeat("x", 129), false},
		"a verifier that has its beginning": {verifier, "plain", verifier + "x", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c, err := pkce.Parse(tc.challenge, tc.method)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Proves(tc.verifier); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestChallengesAreChecked(t *testing.T) {
	for name, tc := range map[string]struct{ challenge, method string }{
		"a method alone":                 {"", "S256"},
		"another method":                 {challenge, "S512"},
		"a method in another case":       {challenge, "s256"},
		"a challenge that is too short":  {verifier[:42], "plain"},
		"a challenge that is too long":   {strings.Repeat("x", 129), "plain"},
		"a challenge with a blank":       {verifier[:42] + " ", "plain"},
		"a hash with padding":            {challenge + "=", "S256"},
		"a hash that is too long":        {challenge + "xx", "S256"},
		"a hash with bits to spare":      {challenge[:42] + "N", "S256"},
		"a hash in the standard Base64":  {strings.ReplaceAll(challenge, "-", "+"), "S256"},
		"something that is not a hash":   {strings.Repeat("~", 43), "S256"},
		"a line break after a challenge": {verifier + "\n", "plain"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := pkce.Parse(tc.challenge, tc.method); err == nil {
				t.Error("it was taken")
			}
		})
	}
}

func TestNothingProvesARequestWithoutAChallenge(t *testing.T) {
	c, err := pkce.Parse("", "")
	if err != nil || !c.IsZero() || c.Proves("") || c.Proves(verifier) {
		t.Errorf("got %v, %v", c, err)
	}
}
