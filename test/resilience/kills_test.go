package resilience_test

import (
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/test/resilience"
)

// patience bounds how long a fleet may take to become Ready.
const patience = 5 * time.Minute

// TestAManagerThatIsKilledAtRandomLosesNothing lets a fleet grow, and people ask for things, while the operator is killed time and again.
func TestAManagerThatIsKilledAtRandomLosesNothing(t *testing.T) {
	clients, kills, idle := 40, 5, 1
	if long() {
		clients, kills, idle = 500, 90, 10
	}
	f := resilience.NewFleet(t, server, seed(t))
	m := resilience.NewManager(t, f.World)
	growing := kills * 2 / 5
	for range growing {
		f.Grow(clients / growing)
		f.KillAtRandom(m)
	}
	f.Settled(m, patience)
	for range kills - growing {
		f.Trouble()
		f.KillAtRandom(m)
	}
	f.Settled(m, patience)
	for range idle {
		f.LeaveAlone(m)
	}
	published, lost := f.Audit()
	t.Logf("%d clients, %d kills: %d tokens were published, %d were lost with the process that had asked for them", clients, kills+idle, published, lost)
}
