// Package pages renders what people see of the tenant: login, consent, and messages.
//
// The pages are plain: they load nothing, run no script, and work with a keyboard and a screen reader. A policy for each
// (Content Security Policy) keeps it that way, whatever gets into them.
package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/url"
	"regexp"
)

//go:embed *.html
var sources embed.FS

//go:embed style.css
var style string

var templates = template.Must(template.ParseFS(sources, "*.html"))

// Page is a page with the value of its Content-Security-Policy header.
type Page struct {
	Body   []byte
	Policy string
}

// Username asks for a user name, the first step of a login.
type Username struct {
	Action   string // where the form goes; also the page itself
	Username string // what was entered before, or is expected
	Error    string // what was wrong; empty at first
	Redirect string // where the login may lead in the end; empty: nowhere else
}

// Password asks for the password of a user, the second step.
type Password struct {
	Action    string
	Username  string
	Session   string // of the first step
	Mechanism string
	Error     string
	Redirect  string
}

// Consent asks whether a client may have what it asks for.
type Consent struct {
	Action       string
	Application  string // the name of the application
	Client       string // the ID of the client
	Username     string // who is asked
	Destination  string // where the browser goes after the decision, in words
	Confirmation string // proves that the form was seen by this user for this request
	Scopes       []Scope
	Error        string
	Redirect     string
}

// Scope is a scope in the words of the application.
type Scope struct {
	Name        string
	Description string
	Choose      bool // the user may refuse it alone
}

// Message tells something that needs no answer.
type Message struct {
	Title   string
	Text    string
	Problem bool // something went wrong
}

// view is what the layout needs besides the page's own data.
type view struct {
	Title   string
	Heading string
	Begin   bool // the heading has the focus: the page is to be read before anything is pressed
	Style   template.CSS
	Data    any
}

// Render renders the page.
func (p Username) Render() Page {
	return render("username.html", titled("Sign in", p.Error), "Sign in", p, p.Redirect)
}

// Render renders the page.
func (p Password) Render() Page {
	return render("password.html", titled("Sign in", p.Error), "Sign in", p, p.Redirect)
}

// Render renders the page.
func (p Consent) Render() Page {
	heading := fmt.Sprintf("Allow %s to use %s?", p.Client, p.Application)
	return render("consent.html", titled(heading, p.Error), heading, p, p.Redirect)
}

// Render renders the page.
func (p Message) Render() Page { return render("message.html", p.Title, p.Title, p, "") }

// titled puts a problem into the title of the page, which is what a screen reader says first.
func titled(title, problem string) string {
	if problem == "" {
		return title
	}
	return "Error: " + title
}

// Moved renders the body of a redirection, in the make-up of the service.
func Moved(location string) []byte {
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, "moved.html", location); err != nil {
		return nil // the header says it all; only a defect of the template leads here
	}
	return body.Bytes()
}

func render(name, title, heading string, data any, redirect string) Page {
	var body bytes.Buffer
	_, begin := data.(Consent)
	v := view{Title: title, Heading: heading, Begin: begin, Style: template.CSS(style), Data: data} //nolint:gosec // it is our own file
	if err := templates.ExecuteTemplate(&body, name, v); err != nil {
		// The tests render every page; the words of a template error hold nothing of the data's.
		return Page{Body: []byte("This page can't be shown."), Policy: "default-src 'none'"}
	}
	return Page{Body: body.Bytes(), Policy: policy(redirect)}
}

// policy allows the page its own style and nothing else to load or run, nobody to frame it, and its form to be sent to
// the tenant. Browsers apply the last also to where the answer redirects, so that a page whose form ends at a client
// has to name that, too.
func policy(redirect string) string {
	sum := sha256.Sum256([]byte(style))
	targets := "'self'"
	if source := sourceOf(redirect); source != "" {
		targets += " " + source
	}
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action " + targets +
		"; frame-ancestors 'none'; base-uri 'none'"
}

var (
	plainHost   = regexp.MustCompile(`^[A-Za-z0-9.-]+(:\d+)?$`)
	plainScheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)
)

// sourceOf returns the source expression for a redirect URI: its origin, or its scheme where an origin can't be written
// so, as for IPv6 addresses and the private schemes of applications on a phone.
func sourceOf(redirect string) string {
	target, err := url.Parse(redirect)
	switch {
	case err != nil || !plainScheme.MatchString(target.Scheme):
		return ""
	case plainHost.MatchString(target.Host):
		return target.Scheme + "://" + target.Host
	}
	return target.Scheme + ":"
}
