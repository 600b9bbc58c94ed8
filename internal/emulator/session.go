package emulator

import (
	"net/http"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/emulator/handle"
)

// cookieSession is the name of the cookie that holds a session, as the service's clients know it.
const cookieSession = ".ASPXAUTH"

// sessionCookie returns the text of the session that a request comes with; empty without one.
func sessionCookie(r *http.Request) string {
	cookie, err := r.Cookie(cookieSession)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// openSession logs the user in and returns the text of the session.
func (e *Emulator) openSession(u *user, now time.Time) string {
	text := handle.New()
	s := &session{user: u.id, authTime: now, expires: now.Add(sessionLifetime)}
	e.state.flows.sessions.Put(text, s, s.expires, now)
	u.lastLogin = now
	return text
}

// withSession makes the answer start a session in the browser: out of reach of scripts, and sent along when a client
// leads the user here (Lax).
func (a answer) withSession(text string) answer {
	return a.withCookie(&http.Cookie{
		Name: cookieSession, Value: text, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// withoutSession makes the browser forget its session.
func (a answer) withoutSession() answer {
	return a.withCookie(&http.Cookie{
		Name: cookieSession, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: -1,
	})
}
