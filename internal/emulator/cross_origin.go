package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// sharing says whom a browser lets read the answers of an operation besides the tenant's own pages.
type sharing int

const (
	sharedWithNobody sharing = iota
	// sharedWithClients is for the pages from which an application's clients come: those at the origins of its redirect
	// URIs. On the service an administrator names trusted domains for this; there is no call for that.
	sharedWithClients
	// sharedWithAll is for what is public.
	sharedWithAll
)

// shareable returns the value of Access-Control-Allow-Origin for the origin that a browser names; empty when the answer
// is not for it, or no origin is named.
func (e *Emulator) shareable(c *call, op operation) string {
	origin := c.request.Header.Get("Origin")
	switch {
	case origin == "" || op.shared == sharedWithNobody:
		return ""
	case op.shared == sharedWithAll:
		return "*"
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	app := e.state.oauthApplication(c.segment)
	if app == nil || !slices.ContainsFunc(app.profile().Redirects, func(uri string) bool { return originOf(uri) == origin }) {
		return ""
	}
	return origin
}

// originOf returns the origin of a URI as browsers write it.
func originOf(uri string) string {
	parsed, err := url.Parse(uri)
	if err != nil || parsed.Host == "" {
		return ""
	}
	return strings.ToLower(parsed.Scheme + "://" + parsed.Host)
}

// preflight answers the question that browsers ask before calls with an Authorization header.
func (e *Emulator) preflight(c *call, op operation) answer {
	a := answer{status: http.StatusNoContent, contentType: contentTypeJSON}
	if e.shareable(c, op) == "" {
		return a
	}
	return e.sharedAnswer(c, op, a).
		withHeader("Access-Control-Allow-Methods", "GET, POST").
		withHeader("Access-Control-Allow-Headers", "Authorization, Content-Type, X-IDAP-NATIVE-CLIENT").
		withHeader("Access-Control-Max-Age", "600")
}

// sharedAnswer lets the pages for which it is read the answer.
func (e *Emulator) sharedAnswer(c *call, op operation, a answer) answer {
	if op.shared == sharedWithNobody {
		return a
	}
	if origin := e.shareable(c, op); origin != "" {
		a = a.withHeader("Access-Control-Allow-Origin", origin)
	}
	return a.withHeader("Vary", "Origin")
}
