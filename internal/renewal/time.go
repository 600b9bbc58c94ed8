package renewal

import (
	"cmp"
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

// DefaultAllowance is how long a new token may take to reach a workload that reads it from a mounted volume: the kubelet brings it there up
// to 80 s later by its defaults, and somebody else may need a moment, too.
const DefaultAllowance = 3 * time.Minute

// Policy says how early a token is replaced.
type Policy struct {
	// Before is how long before expiry; zero means that Percent decides.
	Before time.Duration
	// Percent of the lifetime before expiry; zero, and zero Before, mean a third of the lifetime.
	Percent int
	// Allowance is how long before expiry a new token is there at the latest; DefaultAllowance if zero. It yields where it is more than
	// half of the lifetime.
	Allowance time.Duration
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

// Parts of the lifetime.
const (
	leastPart     = 10 // less than a tenth leaves no room for a renewal that fails
	greatestParts = 9  // more than nine tenths makes a loop of renewals
	spreadPart    = 10
	defaultPart   = 3
	// reserve is a quarter more than the least, for the renewal itself: what is promised is the time that is left while it is under way.
	reserve = 4
)

// Time returns when to replace the token, in whole seconds: ahead of its expiration by what Before returns, and up to a tenth of the
// lifetime earlier, by the UID. It is never earlier than a tenth of the lifetime after the issue. The spread only moves earlier, so that
// the promise of Before holds for everybody; and it is derived from the UID, so that it is the same after a restart.
func Time(t Token, p Policy) time.Time {
	expiration := Expiration(t, p.ClockOffset)
	lifetime := t.ExpirationTime.Sub(t.IssueTime)
	if lifetime <= 0 {
		return expiration.Truncate(time.Second)
	}
	before, _ := Before(lifetime, p)
	renewal := expiration.Add(-before - spread(p.UID, lifetime/spreadPart))
	if earliest := t.IssueTime.Add(lifetime / leastPart); renewal.Before(earliest) {
		renewal = earliest
	}
	return renewal.Truncate(time.Second)
}

// Before returns how long before expiry a token of the given lifetime is replaced, and whether that is something else than the policy
// asks for. What it asks for is brought between a quarter more than the greater of the allowance and a tenth of the lifetime, and nine
// tenths of the lifetime.
func Before(lifetime time.Duration, p Policy) (before time.Duration, adjusted bool) {
	wanted, asked := lifetime/defaultPart, true
	switch {
	case p.Before > 0:
		wanted = p.Before
	case p.Percent > 0:
		wanted = lifetime / 100 * time.Duration(p.Percent)
	default:
		asked = false
	}
	allowance := cmp.Or(p.Allowance, DefaultAllowance)
	least := max(lifetime/leastPart, min(allowance, lifetime/2))
	least += least / reserve
	before = min(max(wanted, least), lifetime/leastPart*greatestParts)
	return before, asked && before != wanted
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
