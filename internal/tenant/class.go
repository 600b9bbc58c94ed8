package tenant

import (
	"context"
	"time"
)

// Class says what a call is for, and by that who of several that wait for their turn goes first: the classes are listed in this order.
type Class int

const (
	// ClassToken is for calls that keep a published token from expiring. Among them the earliest expiry goes first.
	ClassToken Class = iota
	// ClassLogin is for the operator's own login, for which others wait.
	ClassLogin
	// ClassProvisioning is for objects that are new, that somebody has changed, or that are removed. A call without a class is one of these.
	ClassProvisioning
	// ClassRotation is for credentials that are replaced because of their age.
	ClassRotation
	// ClassDrift is for looks at objects that nobody has changed here.
	ClassDrift

	classes = int(ClassDrift) + 1
)

// String returns the name of the class, as metrics show it.
func (c Class) String() string {
	switch c {
	case ClassToken:
		return "token"
	case ClassLogin:
		return "login"
	case ClassProvisioning:
		return "provisioning"
	case ClassRotation:
		return "rotation"
	case ClassDrift:
		return "drift"
	}
	return "unknown"
}

// of returns the part of whole that calls of a class may use, at least one. What is left is the reserve of the classes before it: a quarter is
// kept for tokens and logins, and drift checks use half at most.
func (c Class) of(whole int) int {
	switch c {
	case ClassToken, ClassLogin:
		return whole
	case ClassProvisioning, ClassRotation:
		return max(whole-whole/4, 1)
	case ClassDrift:
	}
	return max(whole-whole/2, 1)
}

// urgency is how urgent a call is.
type urgency struct {
	class Class
	// expiry of the token that a call of ClassToken keeps; zero if it is not known.
	expiry time.Time
}

// before says whether u goes before v, whoever came first.
func (u urgency) before(v urgency) bool {
	if u.class != v.class {
		return u.class < v.class
	}
	if u.expiry.IsZero() || v.expiry.IsZero() {
		return !u.expiry.IsZero()
	}
	return u.expiry.Before(v.expiry)
}

type urgencyKey struct{}

// WithClass returns a context for calls of a class. For those of ClassToken, ForToken says more.
func WithClass(ctx context.Context, class Class) context.Context {
	return context.WithValue(ctx, urgencyKey{}, urgency{class: class})
}

// ForToken returns a context for the calls that replace a published token before it expires.
func ForToken(ctx context.Context, expiry time.Time) context.Context {
	return context.WithValue(ctx, urgencyKey{}, urgency{class: ClassToken, expiry: expiry})
}

func urgencyOf(ctx context.Context) urgency {
	if u, found := ctx.Value(urgencyKey{}).(urgency); found {
		return u
	}
	return urgency{class: ClassProvisioning}
}
