// Package visitor is a browser without scripts: it opens pages over HTTPS, keeps cookies, follows redirections, and fills in forms.
// Tests visit the tenant with it as a person does, or a client that scrapes pages.
package visitor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// maxSteps bounds how many redirections are followed.
const maxSteps = 10

// Visitor is one person at one browser.
type Visitor struct {
	client *http.Client
	home   string // host with port, where it stays
}

// Page is what the visitor sees.
type Page struct {
	visitor *Visitor

	// Left is where the browser was sent outside of the tenant; nil while it is there. There is no page then.
	Left *url.URL
	// URL of the page.
	URL *url.URL
	// Status and Header of the answer.
	Status int
	Header http.Header
	// Body of the answer.
	Body string

	document *html.Node
}

// New returns a visitor of the tenant at the URL, whose certificate authority is ca (PEM). Call Close when it is done.
func New(tenant string, ca []byte) (*Visitor, error) {
	home, err := url.Parse(tenant)
	if err != nil {
		return nil, fmt.Errorf("reading the URL of the tenant: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, errors.New("reading the certificate authority: no certificate found")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("making a cookie jar: %w", err)
	}
	return &Visitor{home: home.Host, client: &http.Client{
		Jar:       jar,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
		// Redirections are followed by hand, to see where they leave the tenant.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close gives back what the visitor holds.
func (v *Visitor) Close() { v.client.CloseIdleConnections() }

// Open opens a page and follows redirections as long as they stay on the tenant.
func (v *Visitor) Open(ctx context.Context, address string) (*Page, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("opening a page: %w", err)
	}
	return v.visit(request)
}

func (v *Visitor) visit(request *http.Request) (*Page, error) {
	for range maxSteps {
		response, err := v.client.Do(request)
		if err != nil {
			return nil, fmt.Errorf("visiting %s: %w", request.URL.Path, err)
		}
		body, err := io.ReadAll(response.Body)
		if err := errors.Join(err, response.Body.Close()); err != nil {
			return nil, fmt.Errorf("reading %s: %w", request.URL.Path, err)
		}
		page := &Page{visitor: v, URL: request.URL, Status: response.StatusCode, Header: response.Header, Body: string(body)}
		if page.Status != http.StatusFound && page.Status != http.StatusSeeOther {
			if page.document, err = html.Parse(strings.NewReader(page.Body)); err != nil {
				return nil, fmt.Errorf("reading %s: %w", request.URL.Path, err)
			}
			return page, nil
		}
		target, err := request.URL.Parse(response.Header.Get("Location"))
		if err != nil {
			return nil, fmt.Errorf("following %s: %w", request.URL.Path, err)
		}
		if target.Host != v.home || target.Scheme != "https" {
			page.Left = target
			return page, nil
		}
		if request, err = http.NewRequestWithContext(request.Context(), http.MethodGet, target.String(), http.NoBody); err != nil {
			return nil, fmt.Errorf("following %s: %w", target.Path, err)
		}
	}
	return nil, errors.New("following redirections: too many of them")
}

// Form fills in the page's form and sends it with its first button, or with the one that has the text. Values replace those of
// fields of their names; a nil value sends none. Boxes are sent as the page ticked them.
func (p *Page) Form(ctx context.Context, values url.Values, button string) (*Page, error) {
	form := find(p.document, "form")
	if form == nil {
		return nil, fmt.Errorf("filling in the form of %s: there is none", p.URL.Path)
	}
	sent := url.Values{}
	for _, field := range all(form, "input") {
		kind, _ := attribute(field, "type")
		_, ticked := attribute(field, "checked")
		if kind == "checkbox" && !ticked {
			continue
		}
		name, _ := attribute(field, "name")
		value, _ := attribute(field, "value")
		sent.Add(name, value)
	}
	maps.Copy(sent, values)
	buttons := all(form, "button")
	i := slices.IndexFunc(buttons, func(b *html.Node) bool { return button == "" || text(b) == button })
	if i < 0 {
		return nil, fmt.Errorf("filling in the form of %s: there is no button %q", p.URL.Path, button)
	}
	if name, ok := attribute(buttons[i], "name"); ok {
		value, _ := attribute(buttons[i], "value")
		sent.Set(name, value)
	}
	action, _ := attribute(form, "action")
	target, err := p.URL.Parse(action)
	if err != nil {
		return nil, fmt.Errorf("filling in the form of %s: %w", p.URL.Path, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(sent.Encode()))
	if err != nil {
		return nil, fmt.Errorf("filling in the form of %s: %w", p.URL.Path, err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.visitor.visit(request)
}

// LogIn takes both steps of the login page.
func (p *Page) LogIn(ctx context.Context, username, password string) (*Page, error) {
	second, err := p.Form(ctx, url.Values{"username": {username}}, "Next")
	if err != nil {
		return nil, err
	}
	return second.Form(ctx, url.Values{"password": {password}}, "Sign in")
}

// Title returns the title of the page.
func (p *Page) Title() string { return text(find(p.document, "title")) }

// Alert returns the text that is announced as an error; empty when there is none.
func (p *Page) Alert() string {
	for _, node := range all(p.document, "p") {
		if role, _ := attribute(node, "role"); role == "alert" {
			return text(node)
		}
	}
	return ""
}

// Text returns what the page says.
func (p *Page) Text() string { return text(find(p.document, "main")) }

func find(node *html.Node, tag string) *html.Node {
	if found := all(node, tag); len(found) > 0 {
		return found[0]
	}
	return nil
}

func all(node *html.Node, tag string) []*html.Node {
	var found []*html.Node
	if node == nil {
		return nil
	}
	for n := range node.Descendants() {
		if n.Type == html.ElementNode && n.Data == tag {
			found = append(found, n)
		}
	}
	return found
}

func attribute(node *html.Node, name string) (string, bool) {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// text returns the words in a node, with one blank between them.
func text(node *html.Node) string {
	var words strings.Builder
	if node == nil {
		return ""
	}
	for n := range node.Descendants() {
		if n.Type == html.TextNode {
			words.WriteString(n.Data)
		}
	}
	return strings.Join(strings.Fields(words.String()), " ")
}
