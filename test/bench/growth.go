package main

import (
	"context"
	"fmt"
	"time"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// growFleet makes the fleet that the next scenarios need, and measures what an object costs the operator in each part of it: that must not depend on
// how many there are already. Before each part a bare loop tells how fast the machine is at that time.
func growFleet(ctx context.Context, b *bench) error {
	f, err := b.newFloor(ctx)
	if err != nil {
		return err
	}
	p, err := b.patternOfClients(ctx, f)
	if err != nil {
		return err
	}
	missing := b.size.Fleet - b.stage.clients
	const most = 5 // parts
	const least = 100
	each := max(least, (missing+most-1)/most)
	for part := 0; missing > 0; part++ {
		n := min(each, missing)
		bare, err := b.bareClients(ctx, f, p, part*least, least)
		if err != nil {
			return err
		}
		c, err := b.costOf(ctx, n, func() (time.Duration, error) {
			return b.provision(ctx, &v1alpha1.ConfidentialClientList{}, objectsOf(b.stage.newClients(n)))
		})
		if err != nil {
			return err
		}
		missing -= n
		b.tell(fmt.Sprintf("CPU per object, up to %d", b.stage.clients), c.cpuPerObject(), "ms")
		b.tell(fmt.Sprintf("CPU per object of the floor, up to %d", b.stage.clients), bare.ownPerObject(), "ms")
		b.tell(fmt.Sprintf("objects per second, up to %d", b.stage.clients), c.perSecond(), "1/s")
	}
	return nil
}

// ensureFleet makes the fleet, if the scenarios before have not: what that costs is growth.
func (b *bench) ensureFleet(ctx context.Context) error {
	if b.stage.clients >= b.size.Fleet {
		return nil
	}
	present := b.scenario
	defer func() { b.scenario = present }()
	b.scenario = "growth"
	return growFleet(ctx, b)
}
