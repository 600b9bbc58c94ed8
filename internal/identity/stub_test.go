package identity_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// canary is a secret that must not show up in any error.
const canary = "hunter2-canary"

// stub is a tenant that gives prepared answers, to meet the client with what a well-behaved tenant never sends.
type stub struct {
	t      *testing.T
	client *identity.Client

	mu      sync.Mutex
	answers map[string][]http.HandlerFunc // by operation; the last one is repeated
	calls   []call
	logins  []string // what each call of Authorize named as refused
}

// call is one call as it arrived.
type call struct {
	Operation string
	Body      string
}

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{t: t, answers: map[string][]http.HandlerFunc{}}
	server := httptest.NewTLSServer(s)
	t.Cleanup(server.Close)
	s.client = &identity.Client{BaseURL: server.URL + "/", HTTP: server.Client(), Authorize: s.authorize}
	return s
}

// on prepares the answers to an operation, in their order.
func (s *stub) on(operation string, answers ...http.HandlerFunc) *stub {
	s.answers[operation] = answers
	return s
}

// authorize returns the tokens token-0, token-1 and so on, a new one for each refused one.
func (s *stub) authorize(_ context.Context, refused oauth.Secret) (oauth.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins = append(s.logins, refused.Reveal())
	if refused.IsZero() {
		return oauth.NewSecret("token-0-" + canary), nil
	}
	return oauth.NewSecret("token-1-" + canary), nil
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	operation := strings.TrimPrefix(r.URL.Path, "/")
	if r.Method != http.MethodPost || r.Header.Get("X-IDAP-NATIVE-CLIENT") != "true" ||
		(len(body) > 0) != (r.Header.Get("Content-Type") == "application/json") ||
		!strings.HasPrefix(r.Header.Get("Authorization"), "Bearer token-") {
		s.t.Errorf("%s %s has headers %v", r.Method, operation, r.Header)
	}
	s.mu.Lock()
	s.calls = append(s.calls, call{operation, string(body)})
	queue := s.answers[operation]
	if len(queue) > 1 {
		s.answers[operation] = queue[1:]
	}
	s.mu.Unlock()
	if len(queue) == 0 {
		s.t.Errorf("unexpected call of %s", operation)
		http.NotFound(w, r)
		return
	}
	queue[0](w, r)
}

// operations are the calls so far, in their order.
func (s *stub) operations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var operations []string
	for _, c := range s.calls {
		operations = append(operations, c.Operation)
	}
	return operations
}

// arguments are those of the call number i.
func (s *stub) arguments(i int) map[string]any {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if i >= len(s.calls) {
		s.t.Fatalf("there were %d calls only", len(s.calls))
	}
	var arguments map[string]any
	if err := json.Unmarshal([]byte(s.calls[i].Body), &arguments); err != nil {
		s.t.Fatalf("call %d: %v", i, err)
	}
	return arguments
}

func status(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", "Mon, 02 Nov 2026 10:00:00 GMT")
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// result is a success with this Result.
func result(raw string) http.HandlerFunc {
	return status(200, `{"success":true,"Result":`+raw+`,"Message":null,"MessageID":null,"Exception":null,`+
		`"ErrorID":null,"ErrorCode":null,"IsSoftError":false,"InnerExceptions":null}`)
}

// rows is the answer to a query that yields these rows.
func rows(raw ...string) http.HandlerFunc {
	return result(`{"IsAggregate":false,"Results":[` + strings.Join(raw, ",") + `],"ReturnID":""}`)
}

func row(raw string) string { return `{"Entities":[],"Row":` + raw + `}` }

// refuse is a failure as the tenant words it, with an echo of what was sent.
func refuse() http.HandlerFunc {
	return status(200, `{"success":false,"Result":null,"Message":"bad `+canary+`",
		"MessageID":"_I18N_System.InvalidOperationException","Exception":"System: `+canary+`\r\n at x",
		"ErrorID":"0d8f4d3c-8a2e-4a56-9a57-0f3a0f4f1a11:0123456789abcdef0123456789abcdef",
		"ErrorCode":null,"IsSoftError":false,"InnerExceptions":null}`)
}
