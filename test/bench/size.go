package main

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// size says how much of everything there is.
type size struct {
	// Clients that are provisioned beside the floor, and Applications.
	Clients, Applications int
	// Rounds in which the operator and the floor take turns, so that what else the machine does meets both.
	Rounds int
	// Sharded clients are provisioned by one operator, and as many by three.
	Sharded int
	// Fleet is how many live clients a restart finds, and Foreign how many Secrets of others, of 1 KiB each.
	Fleet, Foreign int
	// Idle is for how long nothing happens.
	Idle time.Duration
	// Tokens that are renewed, each so often and with this lifetime.
	Tokens, Renewals int
	Lifetime         time.Duration
	// Checked applications are compared with the tenant each DriftInterval, while Beside tokens are renewed. That is watched for DriftWatched.
	Checked, Beside             int
	DriftInterval, DriftWatched time.Duration
	// Absent tokens are there while the tenant is not. AbsentLife is theirs: short, so that a quarter of them is soon past its renewal, and long enough
	// that none is due before all are there, and that the tenant's limit has room for those that fall due while the others are caught up with.
	Absent     int
	AbsentLife time.Duration
	// RecoveryRate is how many calls a second the tenant takes when it is back.
	RecoveryRate int
	// Scopes that are attached to one application at once.
	Scopes int
}

// sizes by name. The full one is what the targets are for, and takes about half an hour; the small one takes about two minutes, and is for a test of this
// program.
func sizes() map[string]size {
	return map[string]size{
		"small": {
			Clients: 40, Applications: 8, Rounds: 2, Fleet: 60, Foreign: 500, Idle: 3 * time.Second, Tokens: 20, Renewals: 1, Lifetime: 30 * time.Second,
			Checked: 8, Beside: 5, DriftInterval: time.Minute, DriftWatched: 15 * time.Second, Absent: 20, AbsentLife: time.Minute,
			RecoveryRate: 2, Scopes: 20, Sharded: 18,
		},
		"default": {
			Clients: 1000, Applications: 200, Rounds: 5, Fleet: 2000, Foreign: 10_000, Idle: 30 * time.Second, Tokens: 1000, Renewals: 2, Lifetime: 2 * time.Minute,
			Checked: 200, Beside: 50, DriftInterval: time.Minute, DriftWatched: time.Minute, Absent: 1000, AbsentLife: 4 * time.Minute,
			RecoveryRate: 20, Scopes: 200, Sharded: 450,
		},
		"full": {
			Clients: 1000, Applications: 200, Rounds: 5, Fleet: 10_000, Foreign: 50_000, Idle: 2 * time.Minute, Tokens: 2000, Renewals: 3, Lifetime: 2 * time.Minute,
			Checked: 2000, Beside: 200, DriftInterval: 3 * time.Minute, DriftWatched: 3 * time.Minute, Absent: 5000, AbsentLife: 10 * time.Minute,
			RecoveryRate: 50, Scopes: 200, Sharded: 3000,
		},
	}
}

func sizeNames() []string { return slices.Sorted(maps.Keys(sizes())) }

func sizeOf(name string) (size, error) {
	s, ok := sizes()[name]
	if !ok {
		return size{}, fmt.Errorf("reading the size: there is no %q", name)
	}
	return s, nil
}
