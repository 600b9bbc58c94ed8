package rotation

import (
	"hash/fnv"
	"time"
)

// Reason says why a credential is replaced.
type Reason string

const (
	// Unfinished says that the next credential is stored already: a rotation was cut off, or refused, and goes on.
	Unfinished Reason = "Unfinished"
	// Requested says that somebody has asked for it.
	Requested Reason = "Requested"
	// IntervalPassed says that the credential is old.
	IntervalPassed Reason = "IntervalPassed"
)

// Input is everything a decision depends on.
type Input struct {
	// UID of the object the credential is for. It spreads a fleet that was made together.
	UID string
	// RotatedTime is when the present credential took the place of the one before, or was made.
	RotatedTime time.Time
	// Interval between two rotations; zero for none but those that are asked for.
	Interval time.Duration
	// Pending says that the next credential is stored beside the present one.
	Pending bool
	// Request is what somebody asks for now, and Handled what was answered last. Each value is answered once; an empty one asks for nothing.
	Request, Handled string
	// Held says that no rotation may begin yet: the user whose turn it would be was replaced by the last one, and is still there.
	Held bool
}

// Decision says whether to replace a credential.
type Decision struct {
	// Reason to replace it; empty to keep it.
	Reason Reason
	// NextTime is when its interval has passed, in whole seconds; zero without an interval.
	NextTime time.Time
}

// Rotate says whether the credential is to be replaced.
func (d Decision) Rotate() bool { return d.Reason != "" }

// Decide says whether the credential must be replaced at now, and why. A rotation that was begun always goes on, whatever the interval and
// the strategy have become: the tenant may know the new credential already. A refusal by the tenant is no reason: the password may have been changed by somebody, and setting the
// stored one again is enough (MayReset).
func Decide(now time.Time, in Input) Decision {
	d := Decision{NextTime: Next(in.RotatedTime, in.Interval, in.UID)}
	switch {
	case in.Pending:
		d.Reason = Unfinished
	case in.Held:
	case in.Request != "" && in.Request != in.Handled:
		d.Reason = Requested
	case !d.NextTime.IsZero() && !now.Before(d.NextTime):
		d.Reason = IntervalPassed
	}
	return d
}

// spreadPart is the part of the interval by which a rotation may be earlier.
const spreadPart = 10

// Next returns when the interval since a rotation has passed, in whole seconds, up to a tenth of it earlier by the UID; zero without an interval.
func Next(rotated time.Time, interval time.Duration, uid string) time.Time {
	if interval <= 0 {
		return time.Time{}
	}
	spread := time.Duration(0)
	if window := interval / spreadPart; window > 0 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(uid))                        // never fails
		spread = time.Duration(h.Sum64() % uint64(window)) //nolint:gosec // less than window, which is a duration
	}
	return rotated.Add(interval - spread).Truncate(time.Second)
}

// resetInterval is how often at most a user's password is set again because the tenant refuses the credential.
const resetInterval = time.Hour

// MayReset says whether a user's password may be set again to the credential that is stored, because the tenant refuses it: at most once an
// hour. A last time that lies ahead by more was written under another clock.
func MayReset(now, last time.Time) bool { return now.Sub(last).Abs() >= resetInterval }
