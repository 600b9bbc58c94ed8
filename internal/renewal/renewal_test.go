package renewal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/renewal"
)

var issued = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func token(lifetime time.Duration) renewal.Token {
	return renewal.Token{IssueTime: issued, ExpirationTime: issued.Add(lifetime), TenantExpirationTime: issued.Add(lifetime)}
}

func TestDecide(t *testing.T) {
	// A UID whose spread is known keeps the table readable: the empty one is looked up once.
	five := token(5 * time.Hour)
	due, third := renewal.Time(five, renewal.Policy{}), 5*time.Hour/3
	published := renewal.Input{Found: true, Intact: true, PublishedSpecHash: "a", WantedSpecHash: "a", Token: five}
	with := func(change func(*renewal.Input)) renewal.Input { in := published; change(&in); return in }
	kept := renewal.Decision{RenewalTime: due, Before: third, ExpirationTime: issued.Add(5 * time.Hour), Usable: true}
	for name, tc := range map[string]struct {
		now  time.Time
		in   renewal.Input
		want renewal.Decision
	}{
		"a fresh token is kept":                     {issued, published, kept},
		"a token one second before renewal is kept": {due.Add(-time.Second), published, kept},
		"a token at its renewal time is replaced, and usable meanwhile": {
			due, published, renewal.Decision{Reason: renewal.RenewalDue, RenewalTime: due, Before: third, ExpirationTime: issued.Add(5 * time.Hour), Usable: true},
		},
		"an expired token is replaced and not usable": {
			issued.Add(5 * time.Hour), published, renewal.Decision{Reason: renewal.RenewalDue, RenewalTime: due, Before: third, ExpirationTime: issued.Add(5 * time.Hour)},
		},
		"a missing Secret is filled": {
			issued, with(func(in *renewal.Input) { in.Found = false }), renewal.Decision{Reason: renewal.SecretMissing},
		},
		"an edited token is replaced": {
			issued, with(func(in *renewal.Input) { in.Intact = false }), renewal.Decision{Reason: renewal.TokenTampered},
		},
		"a changed spec replaces a token that is good for the old one": {
			issued, with(func(in *renewal.Input) { in.WantedSpecHash = "b" }),
			renewal.Decision{Reason: renewal.SpecChanged, RenewalTime: due, Before: third, ExpirationTime: issued.Add(5 * time.Hour), Usable: true},
		},
		"another credential beside a good token is proved": {
			issued, with(func(in *renewal.Input) { in.CredentialChanged = true }),
			renewal.Decision{Reason: renewal.CredentialChanged, RenewalTime: due, Before: third, ExpirationTime: issued.Add(5 * time.Hour), Usable: true},
		},
		"a token that proved a new credential replaces a good one": {
			issued, with(func(in *renewal.Input) { in.CredentialProved = true }),
			renewal.Decision{Reason: renewal.CredentialProved, RenewalTime: due, Before: third, ExpirationTime: issued.Add(5 * time.Hour), Usable: true},
		},
		"what was tried without a token to publish is never due": {
			issued.Add(8760 * time.Hour), with(func(in *renewal.Input) { in.Token = renewal.Token{IssueTime: issued} }), renewal.Decision{Usable: true},
		},
		"what was tried without a token to publish is tried again with another spec": {
			issued, with(func(in *renewal.Input) { in.Token, in.WantedSpecHash = renewal.Token{IssueTime: issued}, "b" }),
			renewal.Decision{Reason: renewal.SpecChanged, Usable: true},
		},
		"a tenant whose clock is ahead is believed once the offset is known": {
			issued, with(func(in *renewal.Input) {
				in.Token.TenantExpirationTime = issued.Add(5*time.Hour + 7*time.Minute)
				in.Policy.ClockOffset = 7 * time.Minute
			}), kept,
		},
		"a token that the tenant's clock calls expired is not usable, and is replaced after a tenth of its life instead of in a loop": {
			issued, with(func(in *renewal.Input) { in.Token.TenantExpirationTime = issued.Add(-time.Hour) }),
			renewal.Decision{RenewalTime: issued.Add(30 * time.Minute), Before: third, ExpirationTime: issued.Add(-time.Hour)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := renewal.Decide(tc.now, tc.in)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBefore(t *testing.T) {
	for name, tc := range map[string]struct {
		lifetime time.Duration
		policy   renewal.Policy
		want     time.Duration
		adjusted bool
	}{
		"a third by default":                                 {3 * time.Hour, renewal.Policy{}, time.Hour, false},
		"what is asked for":                                  {5 * time.Hour, renewal.Policy{Before: 45 * time.Minute}, 45 * time.Minute, false},
		"a part of the lifetime":                             {5 * time.Hour, renewal.Policy{Percent: 50}, 150 * time.Minute, false},
		"a time before a part":                               {5 * time.Hour, renewal.Policy{Before: time.Hour, Percent: 50}, time.Hour, false},
		"less than an eighth is too late":                    {8 * time.Hour, renewal.Policy{Before: time.Minute}, time.Hour, true},
		"a small part is too late":                           {8 * time.Hour, renewal.Policy{Percent: 1}, time.Hour, true},
		"more than nine tenths is a loop":                    {time.Hour, renewal.Policy{Before: 2 * time.Hour}, 54 * time.Minute, true},
		"the greatest part is no loop":                       {time.Hour, renewal.Policy{Percent: 90}, 54 * time.Minute, false},
		"an allowance comes before what is asked for":        {10 * time.Minute, renewal.Policy{Before: 2 * time.Minute}, 225 * time.Second, true},
		"an allowance comes before the default in silence":   {10 * time.Minute, renewal.Policy{}, 225 * time.Second, false},
		"a greater allowance":                                {5 * time.Hour, renewal.Policy{Before: time.Minute, Allowance: time.Hour}, 75 * time.Minute, true},
		"a small allowance makes room":                       {10 * time.Minute, renewal.Policy{Before: 2 * time.Minute, Allowance: time.Second}, 2 * time.Minute, false},
		"an allowance of more than half the lifetime yields": {2 * time.Minute, renewal.Policy{}, 75 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			before, adjusted := renewal.Before(tc.lifetime, tc.policy)
			if before != tc.want || adjusted != tc.adjusted {
				t.Errorf("%v, adjusted: %v", before, adjusted)
			}
		})
	}
}

func TestTimeStaysInsideTheLifetime(t *testing.T) {
	for _, lifetime := range []time.Duration{30 * time.Second, 45 * time.Second, 2 * time.Minute, time.Hour, 5 * time.Hour, 24 * time.Hour} {
		for _, before := range []time.Duration{0, time.Second, 10 * time.Minute, 30 * time.Minute, 48 * time.Hour} {
			for i := range 200 {
				at := renewal.Time(token(lifetime), renewal.Policy{Before: before, UID: fmt.Sprint(i)})
				least, most := issued.Add(lifetime/10-time.Second), issued.Add(lifetime-lifetime/10)
				if at.Before(least) || at.After(most) {
					t.Fatalf("lifetime %v, before %v, uid %d: renewal %v after issue", lifetime, before, i, at.Sub(issued))
				}
			}
		}
	}
}

func TestTimeOnlyMovesEarlierAndSpreadsAFleet(t *testing.T) {
	lifetime, before := 5*time.Hour, time.Hour
	latest := issued.Add(lifetime - before)
	buckets := map[int]int{}
	for i := range 2000 {
		at := renewal.Time(token(lifetime), renewal.Policy{Before: before, UID: fmt.Sprintf("uid-%d", i)})
		early := latest.Sub(at)
		if early < 0 || early > lifetime/10+time.Second {
			t.Fatalf("uid %d is %v early", i, early)
		}
		buckets[int(early/(3*time.Minute))]++
	}
	for bucket := range 10 {
		if n := buckets[bucket]; n < 140 || n > 260 {
			t.Errorf("bucket %d of 10 has %d of 2000 renewals", bucket, n)
		}
	}
}

func TestTimeIsTheSameAfterARestart(t *testing.T) {
	p := renewal.Policy{UID: "3f8a", Before: time.Hour}
	if a, b := renewal.Time(token(5*time.Hour), p), renewal.Time(token(5*time.Hour), p); !a.Equal(b) {
		t.Fatalf("%v and %v", a, b)
	}
}

func BenchmarkDecide(b *testing.B) {
	in := renewal.Input{Found: true, Intact: true, PublishedSpecHash: "a", WantedSpecHash: "a", Token: token(5 * time.Hour), Policy: renewal.Policy{UID: "3f8a7c1e-5d0b-4a43-9c2b-6f2f8f3f2f11"}}
	now := issued.Add(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		_ = renewal.Decide(now, in)
	}
}
