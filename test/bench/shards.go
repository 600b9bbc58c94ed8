package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// shardNames are the values of the label by which clients are in one of three shards; the empty one is for those without it.
func shardNames() []string { return []string{"a", "b", ""} }

// shardSelectors are those of three operators, one for each of shardNames.
func shardSelectors() []string {
	return []string{v1alpha1.ShardLabel + "=a", v1alpha1.ShardLabel + "=b", "!" + v1alpha1.ShardLabel}
}

// crew is a way to run the operator: in one process, or in several that share the objects.
type crew struct {
	name string
	// flags of each process.
	flags [][]string
	cost  cost
	// peak is the most memory that one of the processes has had.
	peak int64
}

func crews() []*crew {
	three := &crew{name: "three operators"}
	for _, selector := range shardSelectors() {
		three.flags = append(three.flags, []string{"--leader-elect", "--shards=3", "--shard-selector=" + selector})
	}
	return []*crew{
		{name: "one operator", flags: [][]string{{"--leader-elect"}}},
		{name: "one operator with as many workers as three", flags: [][]string{{"--leader-elect", fmt.Sprintf("--concurrency=%d", 3*workers)}}},
		three,
	}
}

// share measures ConfidentialClients from apply to Ready by one operator, and by three of which each has a shard. They take turns, on one fleet that
// grows. The tenant, the application and a third of the clients are in the shard of what has no label.
func share(ctx context.Context, b *bench) error {
	if err := b.ensureIssuer(ctx, longLife); err != nil {
		return err
	}
	if err := b.stage.operator.process.Stop(stopGrace); err != nil {
		return err
	}
	b.stage.operator = nil
	all := crews()
	for round := range shardRounds {
		for _, c := range all {
			if err := b.turn(ctx, c); err != nil {
				return err
			}
			b.Say("round %d, %s: %.1f objects per second so far", round+1, c.name, c.cost.perSecond())
		}
	}
	alone := all[0]
	for _, c := range all {
		b.tell(c.name+": objects per second", c.cost.perSecond(), "1/s")
		b.tell(c.name+": CPU per object, of all processes", c.cost.cpuPerObject(), "ms")
		b.tell(c.name+": tenant calls per object", c.cost.per(c.cost.calls.total()), "calls")
		b.tell(c.name+": writes per object, that of the user included", c.cost.per(c.cost.writes.total()), "writes")
		b.tell(c.name+": passes over clients per object", c.cost.per(c.cost.passes["confidentialclient"]), "passes")
		b.tell(c.name+": peak memory of a process", mebibytes(c.peak), "MiB")
	}
	for _, c := range all[1:] {
		b.tell(c.name+": time against one operator", alone.cost.perSecond()/c.cost.perSecond(), "ratio")
	}
	return nil
}

// shardRounds is how often the crews take turns.
const shardRounds = 3

// turn starts a crew, has it provision its part of the clients, and stops it.
func (b *bench) turn(ctx context.Context, c *crew) (err error) {
	var operators []*operator
	defer func() {
		for _, o := range operators {
			err = errors.Join(err, o.process.Stop(stopGrace))
		}
	}()
	for _, flags := range c.flags {
		o, err := b.startOperator(ctx, flags...)
		if err != nil {
			return err
		}
		operators = append(operators, o)
	}
	for _, o := range operators { // each has its part of the fleet, which has an equal one in each shard
		if _, _, err := b.settled(ctx, o, b.stage.clients/len(operators)); err != nil {
			return err
		}
	}
	// One client in each shard has each log in, and read the keys of the application.
	if _, err := b.provision(ctx, &v1alpha1.ConfidentialClientList{}, objectsOf(b.stage.newShardedClients(len(shardNames())))); err != nil {
		return err
	}
	before, err := b.observeAll(ctx, operators)
	if err != nil {
		return err
	}
	each := b.size.Sharded / shardRounds / len(shardNames()) * len(shardNames())
	elapsed, err := b.provision(ctx, &v1alpha1.ConfidentialClientList{}, objectsOf(b.stage.newShardedClients(each)))
	if err != nil {
		return err
	}
	after, err := b.observeAll(ctx, operators)
	if err != nil {
		return err
	}
	c.cost.add(cost{
		objects: each, elapsed: elapsed, cpu: after.cpu - before.cpu, passes: after.passes.since(before.passes),
		calls: after.calls.since(before.calls), writes: after.writes.since(before.writes), reads: after.reads.since(before.reads),
	})
	for _, o := range operators {
		u, err := o.usage()
		if err != nil {
			return err
		}
		c.peak = max(c.peak, u.PeakRSS)
	}
	return nil
}

// observeAll returns what everything has taken so far, with several operators at work.
func (b *bench) observeAll(ctx context.Context, operators []*operator) (c cost, err error) {
	if err := pause(ctx, time.Second/2); err != nil { // what follows the last write
		return c, err
	}
	if c.calls, err = b.stage.tenant.calls(ctx); err != nil {
		return c, err
	}
	if c.writes, c.reads, err = b.requests(ctx); err != nil {
		return c, err
	}
	c.passes = passes{}
	for _, o := range operators {
		made, err := o.passes(ctx)
		if err != nil {
			return c, err
		}
		u, err := o.usage()
		if err != nil {
			return c, err
		}
		c.passes, c.cpu = sum(c.passes, made), c.cpu+u.CPU
	}
	return c, nil
}

// newShardedClients describes further clients of the issuer, as many in each shard.
func (s *stage) newShardedClients(n int) []*v1alpha1.ConfidentialClient {
	made := s.newClients(n)
	for i, c := range made {
		if name := shardNames()[i%len(shardNames())]; name != "" {
			c.SetLabels(map[string]string{v1alpha1.ShardLabel: name})
		}
	}
	return made
}
