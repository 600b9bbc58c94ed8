package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// caller is who makes an admin call.
type caller struct {
	user        *user
	application *application
	token       *token
}

// enforce authenticates an admin call and checks that its token opens it: by its application, by the REST patterns of
// its scopes, and by the administrative rights of its user. It returns the refusal, or nil.
func (e *Emulator) enforce(c *call, op operation) *answer {
	if c.request.Header.Get("Authorization") == "" && sessionCookie(c.request) != "" {
		return e.enforceSession(c, op)
	}
	scheme, text, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
	found, live := e.state.liveToken(strings.TrimSpace(text), c.now)
	// Tokens of the OAuth2Server template are for other APIs than the tenant's own.
	if !strings.EqualFold(scheme, "Bearer") || !live || found.application.templateName() != TemplateOAuth2ServerClient {
		a := failureAnswerWithStatus(http.StatusUnauthorized, refuse(unauthorized, "Authentication is required."))
		return &a
	}
	if e.switches().NativeHeaderForBearer && !isNativeClient(c.request) {
		a := failureAnswerWithStatus(http.StatusUnauthorized, refuse(unauthorized, "The native-client header is required."))
		return &a
	}
	c.caller = found
	if !found.application.parsed.covers(found.token.scopes, c.request.URL.Path) {
		a := refusalAnswer(e.switches().OutOfScope, RefusalForbidden, "The token's scope does not cover this call.")
		return &a
	}
	return e.enforceRights(c, op)
}

// enforceSession lets a user in who has logged in with a browser, or as one does. Without the native-client header the
// call may have been made by a page of another site, which makes a browser send the cookie but can't set the header.
func (e *Emulator) enforceSession(c *call, op operation) *answer {
	_, u, live := e.state.liveSession(sessionCookie(c.request), c.now)
	if !live || !isNativeClient(c.request) {
		a := failureAnswerWithStatus(http.StatusUnauthorized, refuse(unauthorized, "Authentication is required."))
		return &a
	}
	c.caller = caller{user: u}
	return e.enforceRights(c, op)
}

// enforceRights checks that the caller has an administrative right that the call needs.
func (e *Emulator) enforceRights(c *call, op operation) *answer {
	if len(op.rights) == 0 || (op.self && c.args.first("ID", "uuid") == "") {
		return nil
	}
	hasRight := func(path string) bool {
		if op.reads && slices.ContainsFunc(readOnly(path), func(path string) bool { return e.state.hasRight(c.caller.user, path) }) {
			return true
		}
		return e.state.hasRight(c.caller.user, path)
	}
	if !slices.ContainsFunc(op.rights, hasRight) {
		a := refusalAnswer(e.switches().MissingRight, RefusalFailure, "You are not authorized to perform this operation.")
		return &a
	}
	return nil
}

// isNativeClient tells whether a call carries the header that no page of another site can make a browser send. Clients
// send it with several values, of which none means no.
func isNativeClient(r *http.Request) bool {
	return r.Header.Get("X-Idap-Native-Client") != "" || r.Header.Get("X-Centrify-Native-Client") != ""
}

func refusalAnswer(chosen, fallback Refusal, message string) answer {
	if chosen == RefusalDefault {
		chosen = fallback
	}
	err := refuse(unauthorized, "%s", message)
	switch chosen {
	case RefusalForbidden:
		return failureAnswerWithStatus(http.StatusForbidden, err)
	case RefusalUnauthorized:
		return failureAnswerWithStatus(http.StatusUnauthorized, err)
	case RefusalFailure, RefusalDefault:
	}
	return failureAnswer(err)
}
