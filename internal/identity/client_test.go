package identity_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

func TestCallFails(t *testing.T) {
	cases := map[string]struct {
		answer http.HandlerFunc
		class  failure.Class
		retry  time.Duration
		text   string
	}{
		"a refusal names its cause and nothing else": {
			refuse(), failure.Rejected, 0, "security/whoami answered 200 with a refusal (_I18N_System.InvalidOperationException)",
		},
		"a refusal without a cause": {
			status(200, `{"success":false,"Result":null}`), failure.Unexpected, 0, "security/whoami answered 200 with a refusal without a cause",
		},
		"a refusal with a message ID that is none": {
			status(200, `{"success":false,"MessageID":"_I18N_ `+canary+`","ErrorID":"`+canary+`"}`), failure.Rejected, 0,
			"security/whoami answered 200 with a refusal",
		},
		"a refusal whose texts are numbers": {
			status(200, `{"success":false,"Message":"x","MessageID":7,"ErrorID":{}}`), failure.Rejected, 0,
			"security/whoami answered 200 with a refusal",
		},
		"no success flag": {
			status(200, `{"Result":{"UserUuid":"u"}}`), failure.Unexpected, 0, "security/whoami answered 200 with no success flag",
		},
		"a success flag that is a text": {
			status(200, `{"success":"true","Result":{"UserUuid":"u"}}`), failure.Unexpected, 0,
			"security/whoami answered 200 with text that does not decode",
		},
		"truncated JSON": {
			status(200, `{"success":true,"Result":{"User":"`+canary), failure.Unexpected, 0,
			"security/whoami answered 200 with text that does not decode",
		},
		"two JSON values": {
			status(200, `{"success":true}{}`), failure.Unexpected, 0, "security/whoami answered 200 with text that does not decode",
		},
		"a result of another shape": {
			result(`{"User":{"` + canary + `":1}}`), failure.Unexpected, 0, "security/whoami answered 200 with a result of another shape",
		},
		"a result without content": {result(`null`), failure.Unexpected, 0, "security/whoami answered 200 with no user"},
		"an HTML page with status 200": {
			status(200, `<html>`+canary, "Content-Type", "text/html"), failure.Unexpected, 0,
			"security/whoami answered 200 with an HTML page: is the URL that of the tenant?",
		},
		"an HTML page with status 404": {
			status(404, `<html>`), failure.Unexpected, 0, "security/whoami answered 404 with an HTML page: is the URL that of the tenant?",
		},
		"a redirect": {
			status(302, ``, "Location", "https://elsewhere.example/"), failure.Unexpected, 0, "security/whoami answered 302",
		},
		"no right": {status(403, `<html>`), failure.Unauthorized, 0, "security/whoami answered 403"},
		"too many calls, with seconds": {
			status(429, ``, "Retry-After", "12"), failure.Throttled, 12 * time.Second, "security/whoami answered 429",
		},
		"too many calls, with a date": {
			status(429, ``, "Retry-After", "Mon, 02 Nov 2026 10:01:30 GMT"), failure.Throttled, 90 * time.Second,
			"security/whoami answered 429",
		},
		"unavailable for a time": {
			status(503, ``, "Retry-After", "3"), failure.Throttled, 3 * time.Second, "security/whoami answered 503",
		},
		"a failure of the tenant": {status(500, canary), failure.Transient, 0, "security/whoami answered 500"},
		"a giant body": {
			status(200, strings.Repeat(" ", 8<<20)+"{}"), failure.Unexpected, 0,
			"calling security/whoami: answer is larger than 8388608 bytes",
		},
		"a body that breaks off": {
			status(200, `{"succ`, "Content-Length", "100"), failure.Transient, 0,
			"calling security/whoami: connection closed before the answer was complete",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t).on("security/whoami", tc.answer)
			_, err := s.client.WhoAmI(t.Context())
			if err == nil {
				t.Fatal("there is no error")
			}
			if err.Error() != tc.text {
				t.Errorf("error is %q, want %q", err, tc.text)
			}
			if got := failure.ClassOf(err); got != tc.class {
				t.Errorf("class is %s, want %s", got, tc.class)
			}
			if got := failure.RetryAfter(err); got != tc.retry {
				t.Errorf("retry after %v, want %v", got, tc.retry)
			}
			if calls := s.operations(); len(calls) != 1 {
				t.Errorf("there were %d calls", len(calls))
			}
		})
	}
}

func TestRefusalHasTheCorrelationID(t *testing.T) {
	s := newStub(t).on("security/whoami", refuse())
	_, err := s.client.WhoAmI(t.Context())
	refusal, ok := errors.AsType[*identity.Error](err)
	if !ok || refusal.ErrorID != "0d8f4d3c-8a2e-4a56-9a57-0f3a0f4f1a11:0123456789abcdef0123456789abcdef" {
		t.Errorf("error is %#v", err)
	}
}

func TestExpiredTokenLeadsToOneNewLogin(t *testing.T) {
	s := newStub(t).on("security/whoami", status(401, ``), result(`{"User":"op@corp.example","UserUuid":"u-1"}`))
	got, err := s.client.WhoAmI(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(identity.Principal{ID: "u-1", Name: "op@corp.example"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "token-0-" + canary}, s.logins); diff != "" {
		t.Errorf("refused tokens (-want +got):\n%s", diff)
	}
}

func TestTokenThatStaysRefusedIsUnauthorized(t *testing.T) {
	s := newStub(t).on("security/whoami", status(401, canary))
	_, err := s.client.WhoAmI(t.Context())
	if failure.ClassOf(err) != failure.Unauthorized || err.Error() != "security/whoami answered 401" {
		t.Errorf("error is %v", err)
	}
	if len(s.logins) != 2 || len(s.operations()) != 2 {
		t.Errorf("there were %d logins and %d calls", len(s.logins), len(s.operations()))
	}
}

func TestFailedLoginKeepsItsClass(t *testing.T) {
	s := newStub(t)
	s.client.Authorize = func(context.Context, oauth.Secret) (oauth.Secret, error) {
		return oauth.Secret{}, &oauth.Error{Status: 401, Code: "invalid_client", Class: failure.Unauthorized}
	}
	_, err := s.client.WhoAmI(t.Context())
	want := "calling security/whoami: logging in: token endpoint answered 401 invalid_client"
	if failure.ClassOf(err) != failure.Unauthorized || err.Error() != want {
		t.Errorf("error is %v", err)
	}
}

func TestCanceledCallIsNoFailureOfTheTenant(t *testing.T) {
	s := newStub(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.client.WhoAmI(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestLoginSuffixes(t *testing.T) {
	s := newStub(t).on("Core/GetCdsAliasesForTenant", result(
		`{"Results":[{"Entities":[{"Type":"TenantAlias","Key":"corp.example"}]},{"Entities":[],"Row":{"ID":"b.example"}}]}`))
	got, err := s.client.LoginSuffixes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"corp.example", "b.example"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if body := s.calls[0].Body; body != "" {
		t.Errorf("the call has the body %q", body)
	}
}
