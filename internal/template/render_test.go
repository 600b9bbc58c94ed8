package template_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/template"
)

const canary = "canary-7f3a9c"

func values() map[string]string {
	return map[string]string{"accessToken": canary + ".'\"<&%", "clientID": "billing@corp.example", "scope": "read write"}
}

func TestRender(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"text":                   {"plain", "plain"},
		"nothing":                {"", ""},
		"a comment":              {"{{/* nothing */}}", ""},
		"a value":                {"Authorization: Bearer {{ .accessToken }}", "Authorization: Bearer " + canary + ".'\"<&%"},
		"functions":              {`{{ .clientID | upper | trimSuffix "@CORP.EXAMPLE" }}`, "BILLING"},
		"Base64":                 {`{{ printf "%s:%s" .clientID "x" | b64enc }}`, "YmlsbGluZ0Bjb3JwLmV4YW1wbGU6eA=="},
		"Base64 and back":        {`{{ .clientID | b64enc | b64dec }}`, "billing@corp.example"},
		"JSON":                   {`{"id":{{ .clientID | toJson }}}`, `{"id":"billing@corp.example"}`},
		"a list":                 {`{{ splitList " " .scope | join "," }}`, "read,write"},
		"a condition":            {`{{ if contains "read" .scope }}yes{{ else }}no{{ end }}`, "yes"},
		"with and a variable":    {`{{ $id := .clientID }}{{ with .scope }}{{ $id }} may {{ . }}{{ end }}`, "billing@corp.example may read write"},
		"a replacement":          {`{{ .scope | replace " " "+" }}`, "read+write"},
		"a verb that is escaped": {`{{ printf "100%% %q" .scope }}`, `100% "read write"`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := template.Render(map[string]string{"key": tc.text, "other": "x"}, values())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{"key": tc.want, "other": "x"}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatFailsIsNamedWithItsPlaceAndWithoutValues(t *testing.T) {
	for name, tc := range map[string]struct{ text, says string }{
		"what cannot be read":            {"first\n{{ .clientID ", `template "auth.header" fails at line 2: unclosed action`},
		"a function that there is not":   {`{{ env "HOME" }}`, `template "auth.header" fails at line 1: function "env" not defined`},
		"the time":                       {`{{ now }}`, `function "now" not defined`},
		"randomness":                     {`{{ randAlpha 5 }}`, `function "randAlpha" not defined`},
		"the network":                    {`{{ getHostByName "a" }}`, `function "getHostByName" not defined`},
		"an error of its own":            {`{{ fail .accessToken }}`, `function "fail" not defined`},
		"a value that is not delivered":  {"x\n {{ .clientSecret }}", `template "auth.header" fails at line 2, column 4, at <.clientSecret>: there is no such value: only what spec.secret.deliver lists can be used`},
		"a function that panics":         {`{{ index .accessToken 99999 }}`, "a function does not take what it is given"},
		"what is no number":              {`{{ slice .accessToken .scope }}`, "a function does not take what it is given"},
		"what cannot be compared":        {`{{ if eq .accessToken 5 }}{{ end }}`, "a function does not take what it is given"},
		"a loop":                         {`{{ range 1000000000 }}{{ end }}`, "range, define, block and template are not available"},
		"a loop in a condition":          {`{{ if true }}{{ with 1 }}{{ range .scope }}x{{ end }}{{ end }}{{ end }}`, "range, define, block and template are not available"},
		"a template that calls itself":   {`{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}`, "range, define, block and template are not available"},
		"a block":                        {`{{ block "x" . }}{{ end }}`, "range, define, block and template are not available"},
		"a width":                        {`{{ printf "%1000000d" 1 }}`, "printf takes the verbs %s, %d, %q, %v, %x and %%, without a width"},
		"a width that is an argument":    {`{{ printf "%*d" 1000000 1 }}`, "printf takes the verbs"},
		"a format that ends too early":   {`{{ printf "%" }}`, "printf takes the verbs"},
		"text that grows without bounds": {"{{ $x := .accessToken }}" + strings.Repeat("{{ $x = $x | quote | quote }}", 30), "the templates do too much"},
		"replacements that multiply":     {`{{ $x := "aaaaaaaaaa" }}` + strings.Repeat(`{{ $x = $x | replace "a" "aaaaaaaaaa" }}`, 12), "the templates do too much"},
		"more than a Secret holds":       {strings.Repeat(`{{ .accessToken }}`, 30000), "make more than 512 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			_, err := template.Render(map[string]string{"auth.header": tc.text, "zz": "{{ .also }}"}, values())
			var failed *template.Error
			if !errors.As(err, &failed) || failed.Name != "auth.header" || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error has a value: %v", err)
			}
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestAllTemplatesShareTheirBounds(t *testing.T) {
	templates := map[string]string{}
	for _, key := range []string{"a", "b", "c"} {
		templates[key] = strings.Repeat("x", 200<<10)
	}
	if _, err := template.Render(templates, nil); err == nil || !strings.Contains(err.Error(), `template "c"`) {
		t.Errorf("got %v", err)
	}
	delete(templates, "c")
	if _, err := template.Render(templates, nil); err != nil {
		t.Errorf("less than 512 KiB: %v", err)
	}
}

// FuzzRender looks for templates that panic, run for long, make too much, or get a value into an error.
func FuzzRender(f *testing.F) {
	for _, text := range []string{
		"", "{{", "{{ .accessToken }}", `{{ printf "%s" .accessToken | quote | b64enc }}`, `{{ index .accessToken 1 }}`, `{{ slice .accessToken 1 3 }}`,
		`{{ .accessToken | trunc 3 }}`, `{{ splitList "" .accessToken | join "" }}`, `{{ ternary .accessToken "a" true }}`, `{{ html .accessToken | js | urlquery }}`,
		`{{ eq .accessToken .scope }}`, `{{ with $x := .scope }}{{ $x }}{{ else }}{{ .accessToken }}{{ end }}`, `{{ (index . "accessToken").x }}`, `{{ call .accessToken }}`,
		`{{ b64dec .accessToken }}`, `{{ trunc -1 .accessToken }}`, `{{ lt 1 .accessToken }}`, `{{ . }}`, `{{ toJson . }}`, `{{ range . }}{{ . }}{{ end }}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 8192 {
			return
		}
		started := time.Now()
		out, err := template.Render(map[string]string{"key": text}, values())
		if err != nil && strings.Contains(err.Error(), canary) && !strings.Contains(text, canary) {
			t.Errorf("the error has a value: %v", err)
		}
		if len(out["key"]) > 512<<10 {
			t.Errorf("it makes %d bytes", len(out["key"]))
		}
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	given := values()
	given["accessToken"] = strings.Repeat("x", 1200) // about the length of a JWT
	templates := map[string]string{
		"auth.header": "Authorization: Bearer {{ .accessToken }}",
		"config.json": `{"client":{{ .clientID | toJson }},"scopes":{{ splitList " " .scope | toJson }}}`,
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Render(templates, given); err != nil {
			b.Fatal(err)
		}
	}
}
