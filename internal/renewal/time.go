package renewal

import (
	"hash/fnv"
	"time"
)

// Token is what is known of a published token.
type Token struct {
	// IssueTime is the local time just before the token was requested.
	IssueTime time.Time
	// ExpirationTime by the local clock: IssueTime plus expires_in.
	ExpirationTime time.Time
	// TenantExpirationTime by the tenant's clock; zero when the tenant told none.
	TenantExpirationTime time.Time
}

// Policy says how early a token is replaced.
type Policy struct {
	// Before is how long before expiry; zero means a third of the lifetime.
	Before time.Duration
	// UID of the object the token is for. It spreads a fleet that was minted together.
	UID string
	// ClockOffset is the tenant's clock minus the local one.
	ClockOffset time.Duration
}

// Expiration returns the local moment at which the token must be taken for expired: the earlier of what the local clock
// says and what the tenant's clock says, corrected by the offset between the two. Either alone goes wrong when a clock is
// stepped.
func Expiration(t Token, clockOffset time.Duration) time.Time {
	if t.TenantExpirationTime.IsZero() {
		return t.ExpirationTime
	}
	byTenant := t.TenantExpirationTime.Add(-clockOffset)
	if byTenant.Before(t.ExpirationTime) {
		return byTenant
	}
	return t.ExpirationTime
}

// Bounds of Policy.Before, as parts of the lifetime: less than a tenth leaves no room for a failing renewal, more than nine
// tenths makes a loop of renewals.
const (
	leastPart     = 10
	greatestParts = 9
	spreadPart    = 10
	defaultPart   = 3
)

// Time returns when to replace the token, in whole seconds: Before (brought between a tenth and nine tenths of the lifetime)
// ahead of its expiration, and up to a tenth of the lifetime earlier, by the UID. It is never earlier than a tenth of the
// lifetime after the issue. The spread only moves earlier, so that the promise of Before holds for everybody; and it is derived
// from the UID, so that it is the same after a restart.
func Time(t Token, p Policy) time.Time {
	expiration := Expiration(t, p.ClockOffset)
	lifetime := t.ExpirationTime.Sub(t.IssueTime)
	if lifetime <= 0 {
		return expiration.Truncate(time.Second)
	}
	before := Before(lifetime, p.Before)
	renewal := expiration.Add(-before - spread(p.UID, lifetime/spreadPart))
	if earliest := t.IssueTime.Add(lifetime / leastPart); renewal.Before(earliest) {
		renewal = earliest
	}
	return renewal.Truncate(time.Second)
}

// Before returns how long before expiry a token of the given lifetime is replaced when wanted is asked for: a third of the
// lifetime for zero, else wanted brought between a tenth and nine tenths of it.
func Before(lifetime, wanted time.Duration) time.Duration {
	if wanted <= 0 {
		return lifetime / defaultPart
	}
	return min(max(wanted, lifetime/leastPart), lifetime/leastPart*greatestParts)
}

// spread returns a duration in [0, window) that depends on nothing but uid.
func spread(uid string, window time.Duration) time.Duration {
	if window <= 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(uid))                      // never fails
	return time.Duration(h.Sum64() % uint64(window)) //nolint:gosec // less than window, which is a duration
}
