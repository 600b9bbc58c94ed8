package tenant

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

const (
	// expiryMargin is how long before its expiry a token is no longer used: it must last until the call has
	// arrived, on a tenant whose clock may be ahead.
	expiryMargin = 30 * time.Second
	// refusalMemory is how long a refused credential is not sent again by itself. Users get locked by wrong
	// passwords, and many objects may want to log in at once.
	refusalMemory = 30 * time.Second
)

// ErrNoAdminLogin reports a call that needs the admin login on a tenant whose Settings have none.
var ErrNoAdminLogin = errors.New("tenant has no admin credential")

// LoginError reports that the admin login failed, which says nothing about the call that needed it.
type LoginError struct{ cause error }

// Error implements error.
func (e *LoginError) Error() string { return e.cause.Error() }

// Unwrap returns the cause: that of oauth.Client.RequestToken, of Settings.Credential, or ErrNoAdminLogin.
func (e *LoginError) Unwrap() error { return e.cause }

// FailureClass returns Unauthorized for whatever the tenant refuses, and else the class of the cause. A scope that is
// refused to the admin is no fault of the object that is being worked on.
func (e *LoginError) FailureClass() failure.Class {
	class := failure.ClassOf(e.cause)
	if class == failure.Rejected || errors.Is(e.cause, ErrNoAdminLogin) {
		return failure.Unauthorized
	}
	return class
}

// login has the admin token. Callers that need a new one at the same time share one login.
type login struct {
	request func(ctx context.Context, cred oauth.Credential) (oauth.Token, error)
	clock   clock.PassiveClock
	timeout time.Duration

	mu         sync.Mutex
	credential func(ctx context.Context) (oauth.Credential, error)
	current    oauth.Token // zero if there is none
	currentBy  oauth.Credential
	flight     *flight // the newest login under way, nil if there is none
	refusal    refusal
}

// flight is one login. token and err may be read once done is closed.
type flight struct {
	done  chan struct{}
	token oauth.Token
	err   error
}

// refusal remembers a credential that the tenant refused.
type refusal struct {
	credential oauth.Credential
	err        error
	until      time.Time
}

func (l *login) setCredential(credential func(context.Context) (oauth.Credential, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.credential = credential
}

// authorize returns a token that is not refused, the cached one while that is good. Calls that come with the same
// refused token lead to one login: the first drops it, and the others share the login or find its token.
func (l *login) authorize(ctx context.Context, refused oauth.Secret) (oauth.Secret, error) {
	l.mu.Lock()
	if !refused.IsZero() && l.current.AccessToken.Equal(refused) {
		l.current = oauth.Token{}
	}
	if isFresh(l.current, l.clock.Now()) {
		defer l.mu.Unlock()
		return l.current.AccessToken, nil
	}
	f := l.flight
	if f == nil {
		f = l.start(ctx, false)
	}
	l.mu.Unlock()
	return f.wait(ctx)
}

// renew logs in, also if there is a good token and if the credential was refused a moment ago.
func (l *login) renew(ctx context.Context) error {
	l.mu.Lock()
	f := l.start(ctx, true) // Not one under way: that may have read its credential too early.
	l.mu.Unlock()
	_, err := f.wait(ctx)
	return err
}

// start begins a login, which goes on when ctx ends: others may wait for it, too. It is called under the lock.
func (l *login) start(ctx context.Context, insist bool) *flight {
	f := &flight{done: make(chan struct{})}
	l.flight = f
	credential := l.credential
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.timeout)
		defer cancel()
		var by oauth.Credential
		by, f.token, f.err = l.perform(ctx, credential, insist)
		l.land(f, by)
	}()
	return f
}

// land ends a login that was made by the given credential. What an older one brings is not kept: the newer one may have found that its
// credential is not to be used any more.
func (l *login) land(f *flight, by oauth.Credential) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.flight == f {
		l.flight = nil
		if f.err == nil {
			l.current, l.currentBy = f.token, by
		}
	}
	close(f.done)
}

// perform reads the credential, which it returns, and logs in with it.
func (l *login) perform(
	ctx context.Context, credential func(context.Context) (oauth.Credential, error), insist bool,
) (oauth.Credential, oauth.Token, error) {
	if credential == nil {
		return oauth.Credential{}, oauth.Token{}, &LoginError{ErrNoAdminLogin}
	}
	cred, err := credential(ctx)
	if err != nil {
		return cred, oauth.Token{}, &LoginError{fmt.Errorf("reading the admin credential: %w", err)}
	}
	l.dropUnless(cred)
	if err := l.remembered(cred); err != nil && !insist {
		return cred, oauth.Token{}, err
	}
	token, err := l.request(ctx, cred)
	if err == nil {
		l.remember(refusal{})
		return cred, token, nil
	}
	err = &LoginError{err}
	if oauth.IsInvalidClient(err) {
		l.remember(refusal{credential: cred, err: err, until: l.clock.Now().Add(refusalMemory)})
	}
	return cred, oauth.Token{}, err
}

// dropUnless forgets a token that was requested with another credential than cred: who changes the Secret wants the old one to be used no more,
// whatever becomes of the new one.
func (l *login) dropUnless(cred oauth.Credential) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !sameCredential(l.currentBy, cred) {
		l.current, l.currentBy = oauth.Token{}, oauth.Credential{}
	}
}

func sameCredential(a, b oauth.Credential) bool {
	return a.ClientID == b.ClientID && a.ClientSecret.Equal(b.ClientSecret)
}

// remembered returns the error with which cred was refused a moment ago, nil if it was not.
func (l *login) remembered(cred oauth.Credential) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.refusal
	if r.err != nil && l.clock.Now().Before(r.until) && sameCredential(cred, r.credential) {
		return r.err
	}
	return nil
}

func (l *login) remember(r refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refusal = r
}

func (f *flight) wait(ctx context.Context) (oauth.Secret, error) {
	select {
	case <-f.done:
		return f.token.AccessToken, f.err
	case <-ctx.Done():
		return oauth.Secret{}, fmt.Errorf("waiting for the admin login: %w", ctx.Err())
	}
}

// isFresh reports whether a token is young enough to be used: in the first 80 % of its life, and not within
// expiryMargin of its end.
func isFresh(t oauth.Token, now time.Time) bool {
	return !t.AccessToken.IsZero() && now.Before(t.RequestTime.Add(t.Lifetime*4/5)) &&
		now.Before(t.ExpirationTime.Add(-expiryMargin))
}
