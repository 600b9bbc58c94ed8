package pages_test

import (
	"io"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/oauth-operator/oauth-operator/internal/emulator/pages"
)

const nasty = `"><script>alert(1)</script>&'`

func everyPage() map[string]pages.Page {
	return map[string]pages.Page{
		"the first step":           pages.Username{Action: "/login"}.Render(),
		"the first step, again":    pages.Username{Action: "/login", Username: nasty, Error: nasty}.Render(),
		"the second step":          pages.Password{Action: "/login", Username: "jo@example.test", Session: "s", Mechanism: "m"}.Render(),
		"the second step, again":   pages.Password{Action: nasty, Username: nasty, Session: nasty, Mechanism: nasty, Error: nasty}.Render(),
		"consent without scopes":   pages.Consent{Action: "/x", Application: "Shop", Client: "spa", Username: "jo"}.Render(),
		"consent with scopes":      pages.Consent{Action: "/x", Scopes: []pages.Scope{{Name: "read", Description: "Read"}, {Name: "write"}}}.Render(),
		"consent with a choice":    pages.Consent{Action: nasty, Client: nasty, Scopes: []pages.Scope{{Name: nasty, Description: nasty, Choose: true}, {Name: "openid"}}}.Render(),
		"consent with a problem":   pages.Consent{Action: "/x", Error: nasty, Destination: nasty, Confirmation: nasty, Username: nasty}.Render(),
		"a message":                pages.Message{Title: "Signed out", Text: "You are signed out."}.Render(),
		"a message of what failed": pages.Message{Title: nasty, Text: nasty, Problem: true}.Render(),
	}
}

func TestPagesAreAccessible(t *testing.T) {
	for name, page := range everyPage() {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(string(page.Body), "can't be shown") {
				t.Fatal("it was not rendered")
			}
			labels, fields, ids, texts := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]int{}
			described := []string{}
			focused := 0
			walk(t, page.Body, func(tag string, attributes map[string]string) {
				texts[tag]++
				if id := attributes["id"]; id != "" {
					if ids[id] {
						t.Errorf("two elements have the ID %q", id)
					}
					ids[id] = true
				}
				if _, ok := attributes["autofocus"]; ok {
					focused++
				}
				switch {
				case tag == "html" && attributes["lang"] == "":
					t.Error("the page does not say its language")
				case tag == "label":
					labels[attributes["for"]] = true
				case tag == "input" && attributes["type"] != "hidden":
					fields[attributes["id"]] = true
				case tag == "script" || tag == "img" || tag == "link" || tag == "iframe":
					t.Errorf("the page has a %s", tag)
				}
				described = append(described, strings.Fields(attributes["aria-describedby"])...)
			})
			for _, tag := range []string{"title", "h1", "main"} {
				if texts[tag] != 1 {
					t.Errorf("the page has %d elements %s", texts[tag], tag)
				}
			}
			for field := range fields {
				if field == "" || !labels[field] {
					t.Errorf("field %q has no label", field)
				}
			}
			for _, id := range described {
				if !ids[id] {
					t.Errorf("something is described by %q, which is not there", id)
				}
			}
			if want := min(texts["form"], 1); focused != want {
				t.Errorf("%d elements want the focus", focused)
			}
		})
	}
}

// walk calls visit with every element. What browsers would have to repair is an error.
func walk(t *testing.T, page []byte, visit func(tag string, attributes map[string]string)) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(string(page)))
	var open []string
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			if tokens.Err() != io.EOF || len(open) > 0 {
				t.Errorf("the page ends with %v and %v open", tokens.Err(), open)
			}
			return
		case html.StartTagToken:
			token := tokens.Token()
			attributes := map[string]string{}
			for _, a := range token.Attr {
				attributes[a.Key] = a.Val
			}
			visit(token.Data, attributes)
			if token.Data != "meta" && token.Data != "input" {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			token := tokens.Token()
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("%s ends while %v is open", token.Data, open)
			}
			open = open[:len(open)-1]
		case html.TextToken, html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
	}
}

func TestErrorsAreAnnounced(t *testing.T) {
	for name, page := range everyPage() {
		wanted := strings.Contains(name, "again") || strings.Contains(name, "problem") || strings.Contains(name, "failed")
		if got := strings.Contains(string(page.Body), `role="alert"`); got != wanted {
			t.Errorf("%s: an alert is there: %t", name, got)
		}
	}
}

func TestThePolicyNamesWhereTheFormMayEnd(t *testing.T) {
	for redirect, want := range map[string]string{
		"":                                     "form-action 'self';",
		"https://shop.example.com/callback?x=": "form-action 'self' https://shop.example.com;",
		"http://localhost:5000/callback":       "form-action 'self' http://localhost:5000;",
		"http://[::1]:5000/callback":           "form-action 'self' http:;",
		"com.example.app:/callback":            "form-action 'self' com.example.app:;",
		"https://x;script-src *.test/callback": "form-action 'self';",
		"https://x,y.test/callback":            "form-action 'self' https:;",
		"://":                                  "form-action 'self';",
	} {
		page := pages.Username{Action: "/login", Redirect: redirect}.Render()
		if !strings.Contains(page.Policy, want) || !strings.HasPrefix(page.Policy, "default-src 'none'; style-src 'sha256-") {
			t.Errorf("%s: %s", redirect, page.Policy)
		}
	}
}

func TestMovedLinksOnlyToWhatIsSafe(t *testing.T) {
	if body := string(pages.Moved("https://shop.example.com/?a=1&b=2")); !strings.Contains(body, `href="https://shop.example.com/?a=1&amp;b=2"`) {
		t.Error(body)
	}
	if body := string(pages.Moved("javascript:alert(1)")); strings.Contains(body, "javascript") {
		t.Error(body)
	}
}
