package verification_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/verification"
)

// keyless is an application without keys that knows no token.
type keyless struct{}

// Keys implements verification.Application.
func (keyless) Keys(context.Context) (jose.JSONWebKeySet, error) { return jose.JSONWebKeySet{}, nil }

// Introspect implements verification.Application.
func (keyless) Introspect(context.Context, oauth.Secret) (oauth.Introspection, error) {
	return oauth.Introspection{}, nil
}

// FuzzCheck looks for tokens that panic, that pass although nobody vouches for them, or that get into what is told of them.
func FuzzCheck(f *testing.F) {
	for _, token := range []string{
		"", "opaque", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30.c2ln",
		"eyJhbGciOiJSUzI1NiIsImp3ayI6eyJrdHkiOiJvY3QiLCJrIjoiQSJ9fQ.e30.c2ln", "eyJhbGciOiJSUzI1NiIsImNyaXQiOlsieCJdfQ.e30.c2ln", `{"payload":"e30","signatures":[]}`,
	} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		clock := clocktesting.NewFakePassiveClock(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
		found := verification.New(clock).Check(t.Context(), "orders", keyless{}, oauth.Token{AccessToken: oauth.NewSecret(token)}, verification.Expected{})
		if found.Verdict == verification.Verified {
			t.Errorf("%q passes: %+v", token, found)
		}
		if len(token) > 12 && strings.Contains(found.Message, token) {
			t.Errorf("what is told has the token: %s", found.Message)
		}
	})
}
