package audit_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/emulator/audit"
)

func TestOnlyWhatIsKnownIsShown(t *testing.T) {
	cases := map[string]struct{ value, want any }{
		"a known name":              {map[string]any{"_RowKey": "a"}, map[string]any{"_RowKey": "a"}},
		"a known name in any case":  {map[string]any{"SERVICENAME": "a"}, map[string]any{"SERVICENAME": "a"}},
		"a secret":                  {map[string]any{"Password": "x"}, map[string]any{"Password": audit.Redacted}},
		"what nobody has heard of":  {map[string]any{"Surprise": "x"}, map[string]any{audit.Others: 1}},
		"a secret in an object":     {map[string]any{"OAuthProfile": map[string]any{"Key": "x"}}, map[string]any{"OAuthProfile": map[string]any{"Key": audit.Redacted}}},
		"an object under a secret":  {map[string]any{"token": map[string]any{"id": "x"}}, map[string]any{"token": audit.Redacted}},
		"a list of objects":         {[]any{map[string]any{"Role": "r", "Code": "x"}}, []any{map[string]any{"Role": "r", "Code": audit.Redacted}}},
		"flags and numbers":         {map[string]any{"Limit": 1.0, "ServiceUser": true, "Name": nil}, map[string]any{"Limit": 1.0, "ServiceUser": true, "Name": nil}},
		"a name that is shown here": {map[string]any{"Script": "SELECT"}, map[string]any{"Script": "SELECT"}},
	}
	redactor := audit.NewRedactor("script")
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, redactor.Redact(tc.value)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsLongIsCut(t *testing.T) {
	redactor := audit.NewRedactor()
	text, _ := redactor.Redact(strings.Repeat("ä", 1000)).(string)
	if len(text) > 310 || !strings.HasSuffix(text, "...") {
		t.Errorf("%d bytes are left", len(text))
	}
	list, _ := redactor.Redact(make([]any, 1000)).([]any)
	if len(list) != 50 {
		t.Errorf("%d items are left", len(list))
	}
	var deep any = "x"
	for range 100 {
		deep = map[string]any{"Args": deep}
	}
	if _, ok := redactor.Redact(deep).(map[string]any); !ok {
		t.Error("a deep value is gone")
	}
}

func TestAnEntryIsALine(t *testing.T) {
	var out bytes.Buffer
	log := audit.New(&out)
	for range 2 {
		if err := log.Write(audit.Entry{
			Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Operation: "Security/WhoAmI", Method: "POST", Caller: "a@b", Status: 200, Success: true,
		}); err != nil {
			t.Fatal(err)
		}
	}
	line := `{"time":"2026-03-01T12:00:00Z","operation":"Security/WhoAmI","method":"POST","caller":"a@b","status":200,"success":true}` + "\n"
	if diff := cmp.Diff(line+line, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestALogThatCanNotBeWrittenSaysSo(t *testing.T) {
	if err := audit.New(brokenWriter{}).Write(audit.Entry{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error is %v", err)
	}
}
