package emulator

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oauth-operator/oauth-operator/internal/emulator/pages"
	"github.com/oauth-operator/oauth-operator/internal/emulator/pkce"
)

// maxAuthorization bounds the parameters of an authorization request, in bytes: they travel in URLs.
const maxAuthorization = 8 << 10

// The response types.
const (
	responseCode    = "code"
	responseToken   = "token"
	responseIDToken = "id_token"
)

// authorizationRequest is a request to the authorization endpoint (RFC 6749 section 3.1) that may be answered at its
// redirect URI.
type authorizationRequest struct {
	app         *application
	name        string // ServiceName
	profile     Profile
	client      client
	redirect    string
	response    string
	scopes      []string
	state       string
	nonce       string
	prompt      string
	hint        string // whom the client expects to log in
	challenge   pkce.Challenge
	interactive bool // the user is at a browser, not at the end of a Bearer token
	bounce      string
}

// implicit tells the flow that answers in the fragment.
func (r authorizationRequest) implicit() bool {
	return r.response == responseToken || r.response == responseIDToken
}

// authorizationError is what is wrong with an authorization request.
type authorizationError struct{ code, description string }

func (e *authorizationError) Error() string { return e.description }

func wrong(code, description string) *authorizationError {
	return &authorizationError{code: code, description: description}
}

// authorizationParameters reads the parameters of an authorization request from the query string, the form of a POST, or
// the text in which the tenant itself sent them through the login.
func authorizationParameters(c *call) (url.Values, error) {
	text := c.request.URL.RawQuery
	if len(text) > 2*maxAuthorization {
		return nil, errors.New("the request is too long")
	}
	params, err := url.ParseQuery(text)
	if err != nil {
		return nil, errors.New("the request can't be read")
	}
	if bounce := params.Get("bounce"); bounce != "" {
		return unbounced(bounce)
	}
	if c.request.PostForm != nil {
		params = c.request.PostForm
	}
	if len(params.Encode()) > maxAuthorization {
		return nil, errors.New("the request is too long")
	}
	return params, nil
}

// bounced returns the parameters as one text for a URL of the tenant's own. A client secret, which some clients send
// along, has done its work by then.
func bounced(params url.Values) string {
	kept := url.Values{}
	for name, values := range params {
		if name != "client_secret" {
			kept[name] = values
		}
	}
	return base64.RawURLEncoding.EncodeToString([]byte(kept.Encode()))
}

func unbounced(text string) (url.Values, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) > maxAuthorization {
		return nil, errors.New("the request can't be read")
	}
	params, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, errors.New("the request can't be read")
	}
	return params, nil
}

// readAuthorization reads an authorization request. While the error is not for the client to see, because nothing
// proves that the redirect URI is the client's, the request that is returned has no redirect URI.
func (e *Emulator) readAuthorization(app *application, params url.Values) (authorizationRequest, *authorizationError) {
	r := authorizationRequest{app: app, name: app.serviceName(), profile: app.profile(), bounce: bounced(params)}
	if repeated(params, "client_id", "redirect_uri", "client_secret") {
		return r, wrong(errInvalidRequest, "A parameter occurs more than once.")
	}
	var known bool
	if r.client, known = e.namedClient(app, r.profile, params); !known {
		return r, wrong("invalid_client", "The client is not known to the application.")
	}
	redirect := params.Get("redirect_uri")
	if !slices.Contains(r.profile.Redirects, redirect) || !redirectable(redirect) {
		return r, wrong(errInvalidRequest, "The redirect URI is not registered.")
	}
	// Whatever is wrong from here on is told to the client (RFC 6749 section 4.1.2.1).
	r.redirect = redirect
	if !repeated(params, "state") {
		r.state = params.Get("state")
	}
	for name := range params {
		if repeated(params, name) {
			return r, wrong(errInvalidRequest, "A parameter occurs more than once.")
		}
	}
	r.response, r.nonce = params.Get("response_type"), params.Get("nonce")
	r.prompt, r.hint = params.Get("prompt"), params.Get("login_hint")
	wrongWith := e.checkAuthorization(&r, params)
	return r, wrongWith
}

func repeated(params url.Values, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return len(params[name]) > 1 })
}

// redirectable tells whether there is anywhere to redirect to: an absolute URI without a fragment (RFC 6749 section
// 3.1.2).
func redirectable(redirect string) bool {
	target, err := url.Parse(redirect)
	return err == nil && target.Scheme != "" && !strings.Contains(redirect, "#")
}

// namedClient finds the client that an authorization request names. A secret, which is sent here by some clients though
// the user sees it, must be right.
func (e *Emulator) namedClient(app *application, profile Profile, params url.Values) (client, bool) {
	id := params.Get("client_id")
	if id == "" && app == e.state.builtIn {
		id = app.serviceName() // official clients that leave out the application leave out its name here, too
	}
	u := e.state.userByName(id)
	isClient := u != nil && u.active() && (u.oauthClient || (!profile.MustBeOauthClient && profile.ClientIDType == clientIDTypeConfidential))
	if params.Has("client_secret") && (!isClient || e.verifiedUser(id, params.Get("client_secret")) == nil) {
		return client{}, false
	}
	if found, ok := profile.publicClient(id); ok {
		if isClient { // it may send its secret when it redeems the code, or prove itself by PKCE
			found.user = u
		}
		return found, true
	}
	if !isClient || profile.ClientIDType != clientIDTypeConfidential {
		return client{}, false
	}
	return client{id: u.name, user: u}, true
}

// checkAuthorization checks what is told to the client when it is wrong.
func (e *Emulator) checkAuthorization(r *authorizationRequest, params url.Values) *authorizationError {
	flow := flowImplicit
	switch r.response {
	case responseCode:
		flow = flowAuthorization
	case responseToken, responseIDToken:
	case "":
		return wrong(errInvalidRequest, "The parameter response_type is missing.")
	default:
		return wrong("unsupported_response_type", "The response type is not supported.")
	}
	if !slices.Contains(r.profile.AllowedAuth, flow) {
		return wrong(errUnauthorizedClient, "The application does not allow this flow.")
	}
	if mode := params.Get("response_mode"); mode != "" && mode != r.responseMode() {
		return wrong(errInvalidRequest, "The response mode is not supported.")
	}
	switch r.prompt {
	case "", "none", "login", "consent":
	default:
		return wrong(errInvalidRequest, "The value of prompt is not supported.")
	}
	challenge, err := pkce.Parse(params.Get("code_challenge"), params.Get("code_challenge_method"))
	if err != nil {
		return wrong(errInvalidRequest, "The parameter "+err.Error()+".")
	}
	r.challenge = challenge
	if r.response == responseCode && challenge.IsZero() && r.client.public() {
		return wrong(errInvalidRequest, "A public client needs the parameter code_challenge.")
	}
	scopes, ok := e.grantedScopes(r.profile, params.Get("scope"), protocolScopes())
	if !ok {
		return wrong(errInvalidScope, "The application does not define a requested scope.")
	}
	r.scopes = scopes
	return nil
}

func (r authorizationRequest) responseMode() string {
	if r.implicit() {
		return "fragment"
	}
	return "query"
}

// parameter is one of those that a redirection adds to the redirect URI, in order.
type parameter struct{ name, value string }

// redirected answers the client at its redirect URI, which stays as it was registered. The state comes along.
func (r authorizationRequest) redirected(parameters ...parameter) answer {
	if r.state != "" {
		parameters = append(parameters, parameter{"state", r.state})
	}
	var pairs []string
	for _, p := range parameters {
		pairs = append(pairs, url.QueryEscape(p.name)+"="+url.QueryEscape(p.value))
	}
	separator := "?"
	switch {
	case len(pairs) == 0:
		separator = ""
	case r.implicit():
		separator = "#"
	case strings.HasSuffix(r.redirect, "?"):
		separator = ""
	case strings.Contains(r.redirect, "?"):
		separator = "&"
	}
	return movedAnswer(r.redirect + separator + strings.Join(pairs, "&"))
}

// refused tells the client what is wrong, or the user where nothing proves who the client is.
func (r authorizationRequest) refused(err *authorizationError) answer {
	if r.redirect == "" {
		return problemAnswer(err.description)
	}
	return r.redirected(parameter{"error", err.code}, parameter{"error_description", err.description})
}

// problemAnswer tells the user what is wrong with a request that a client sent him with.
func problemAnswer(description string) answer {
	return pageAnswer(http.StatusBadRequest, pages.Message{Title: "This request can't be completed", Text: description, Problem: true}.Render())
}
