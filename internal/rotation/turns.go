package rotation

import (
	"strings"
	"time"
)

// secondSuffix ends the local part of the second user's login name.
const secondSuffix = "-b"

// Second returns the login name of the second of two users that take turns, given that of the first.
func Second(first string) string {
	local, domain, _ := strings.Cut(first, "@")
	return local + secondSuffix + "@" + domain
}

// First returns the login name of the first user, given that of the second.
func First(second string) string {
	local, domain, _ := strings.Cut(second, "@")
	return strings.TrimSuffix(local, secondSuffix) + "@" + domain
}

// Overlap returns how long a user that was replaced is kept: as declared, else usual, but no more than half of the interval if there is one.
func Overlap(declared, usual, interval time.Duration) time.Duration {
	switch {
	case declared > 0:
		return declared
	case interval > 0:
		return min(usual, interval/2)
	}
	return usual
}

// RetirementTime returns when a user goes that was replaced at a time; zero as long as its successor is not published.
func RetirementTime(replaced time.Time, overlap time.Duration) time.Time {
	if replaced.IsZero() {
		return time.Time{}
	}
	return replaced.Add(overlap)
}

// MayRetire says whether the time of a user that was replaced is over.
func MayRetire(now, replaced time.Time, overlap time.Duration) bool {
	return !replaced.IsZero() && !now.Before(RetirementTime(replaced, overlap))
}
