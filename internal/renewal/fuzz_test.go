package renewal_test

import (
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/renewal"
)

// FuzzTime: whatever a policy and a tenant's clock say, a token is renewed within its lifetime, and never so early that renewals follow each other.
func FuzzTime(f *testing.F) {
	f.Add(int64(3600), int64(1800), 0, int64(180), int64(0), "uid")
	f.Add(int64(1), int64(0), 99, int64(1<<40), int64(-3600), "")
	f.Add(int64(60*60*24*365*100), int64(1), 1, int64(0), int64(1<<40), "uid")
	f.Add(int64(0), int64(-5), -1, int64(-1), int64(7), "uid")
	f.Fuzz(func(t *testing.T, lifetime, before int64, percent int, allowance, offset int64, uid string) {
		const century = 100 * 365 * 24 * 60 * 60 // what is read of a tenant, or of a spec, is never more
		bounded := func(n int64) time.Duration { return time.Duration(n%century) * time.Second }
		issued := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
		token := renewal.Token{IssueTime: issued, ExpirationTime: issued.Add(max(bounded(lifetime), 0))}
		policy := renewal.Policy{Before: max(bounded(before), 0), Percent: min(max(percent, 0), 100), Allowance: max(bounded(allowance), 0), UID: uid, ClockOffset: bounded(offset)}
		life := token.ExpirationTime.Sub(issued)

		if got := renewal.Time(token, policy); got.After(token.ExpirationTime) || got.Before(issued.Add(life/10).Truncate(time.Second)) {
			t.Errorf("a token of %v is renewed after %v by %+v", life, got.Sub(issued), policy)
		}
		token.TenantExpirationTime = token.ExpirationTime.Add(policy.ClockOffset)
		d := renewal.Decide(token.ExpirationTime, renewal.Input{Found: true, Intact: true, Token: token, Policy: policy})
		if !d.Renew() || d.Usable || d.Before > life {
			t.Errorf("a token of %v that has expired: %+v by %+v", life, d, policy)
		}
	})
}
