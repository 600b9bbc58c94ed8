package renewal_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/oauth-operator/oauth-operator/internal/renewal"
)

// TestAFleetThatWasMintedTogetherSpreadsOut follows 2,000 clients that were minted in one minute, as after an installation, through three
// renewals. The more it is spread, the less the tenant sees of it as a storm.
func TestAFleetThatWasMintedTogetherSpreadsOut(t *testing.T) {
	const (
		clients  = 2000
		lifetime = 5 * time.Hour
		window   = 5 * time.Minute
	)
	for seed := range 5 {
		uids, minted := make([]string, clients), make([]time.Time, clients)
		for i := range clients {
			uids[i] = uuid.NewSHA1(uuid.NameSpaceOID, []byte{byte(seed), byte(i), byte(i >> 8)}).String()
			minted[i] = issued.Add(time.Duration(i) * time.Minute / clients)
		}
		for round := 1; round <= 3; round++ {
			for i := range clients {
				minted[i] = renewal.Time(renewal.Token{IssueTime: minted[i], ExpirationTime: minted[i].Add(lifetime)}, renewal.Policy{UID: uids[i]})
			}
			busiest, mean := busiest(minted, window)
			t.Logf("seed %d, renewal %d: the busiest %v has %d renewals, %.2f times the mean", seed, round, window, busiest, float64(busiest)/mean)
			if round == 2 && float64(busiest) > 1.5*mean {
				t.Errorf("seed %d: in renewal %d the busiest %v has %d renewals, and the mean is %.0f", seed, round, window, busiest, mean)
			}
		}
	}
}

// busiest returns how many of the moments are in the fullest window, wherever it begins, and how many are in one on average.
func busiest(moments []time.Time, window time.Duration) (most int, mean float64) {
	sorted := slices.SortedFunc(slices.Values(moments), time.Time.Compare)
	first := 0
	for last := range sorted {
		for sorted[last].Sub(sorted[first]) >= window {
			first++
		}
		most = max(most, last-first+1)
	}
	whole := sorted[len(sorted)-1].Sub(sorted[0])
	return most, float64(len(sorted)) * float64(window) / float64(whole)
}
