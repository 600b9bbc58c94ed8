package pages_test

import (
	"errors"
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

// outline is what a page has, as far as accessibility goes.
type outline struct {
	counts        map[string]int // elements by tag
	labels, ids   map[string]bool
	fields        []string // IDs
	described     []string
	focused       int
	language, odd string
}

func outlineOf(t *testing.T, page []byte) outline {
	t.Helper()
	o := outline{counts: map[string]int{}, labels: map[string]bool{}, ids: map[string]bool{}}
	walk(t, page, func(tag string, attributes map[string]string) {
		o.counts[tag]++
		if id := attributes["id"]; id != "" && o.ids[id] {
			o.odd = "two elements have the ID " + id
		}
		o.ids[attributes["id"]] = true
		if _, ok := attributes["autofocus"]; ok {
			o.focused++
		}
		switch tag {
		case "html":
			o.language = attributes["lang"]
		case "label":
			o.labels[attributes["for"]] = true
		case "input":
			if attributes["type"] != "hidden" {
				o.fields = append(o.fields, attributes["id"])
			}
		case "script", "img", "link", "iframe":
			o.odd = "there is a " + tag
		}
		o.described = append(o.described, strings.Fields(attributes["aria-describedby"])...)
	})
	return o
}

func TestPagesAreAccessible(t *testing.T) {
	for name, page := range everyPage() {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(string(page.Body), "can't be shown") {
				t.Fatal("it was not rendered")
			}
			o := outlineOf(t, page.Body)
			if o.odd != "" || o.language != "en" {
				t.Errorf("%s; the language is %q", o.odd, o.language)
			}
			for _, tag := range []string{"title", "h1", "main"} {
				if o.counts[tag] != 1 {
					t.Errorf("the page has %d elements %s", o.counts[tag], tag)
				}
			}
			for _, field := range o.fields {
				if field == "" || !o.labels[field] {
					t.Errorf("field %q has no label", field)
				}
			}
			for _, id := range o.described {
				if !o.ids[id] {
					t.Errorf("something is described by %q, which is not there", id)
				}
			}
			if want := min(o.counts["form"], 1); o.focused != want {
				t.Errorf("%d elements want the focus", o.focused)
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
			if !errors.Is(tokens.Err(), io.EOF) || len(open) > 0 {
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
