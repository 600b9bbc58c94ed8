package main

import (
	"context"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// issuer is the application of a stage whose clients are measured.
const issuer = "issuer"

// cost is what something has taken.
type cost struct {
	objects int
	elapsed time.Duration
	cpu     time.Duration // of the operator
	own     time.Duration // CPU of this program, which is what the floor takes
	calls   calls
	writes  writes
	reads   reads
	passes  passes
}

func (c *cost) add(other cost) {
	c.objects += other.objects
	c.elapsed += other.elapsed
	c.cpu += other.cpu
	c.own += other.own
	c.calls, c.writes = sum(c.calls, other.calls), sum(c.writes, other.writes)
	c.reads, c.passes = sum(c.reads, other.reads), sum(c.passes, other.passes)
}

func sum[M ~map[string]int](a, b M) M {
	total := M{}
	for _, m := range []M{a, b} {
		for what, n := range m {
			total[what] += n
		}
	}
	return total
}

func (c *cost) perSecond() float64    { return float64(c.objects) / c.elapsed.Seconds() }
func (c *cost) per(n int) float64     { return float64(n) / float64(c.objects) }
func (c *cost) cpuPerObject() float64 { return milliseconds(c.cpu) / float64(c.objects) }
func (c *cost) ownPerObject() float64 { return milliseconds(c.own) / float64(c.objects) }

// costOf says what do has taken, for so many objects. The operator is at work in it, and profiled if that is wanted.
func (b *bench) costOf(ctx context.Context, objects int, do func() (time.Duration, error)) (cost, error) {
	return b.bareCostOf(ctx, objects, func() (time.Duration, error) {
		profiled := b.profile(ctx, b.stage.operator)
		elapsed, err := do()
		profiled()
		return elapsed, err
	})
}

// bareCostOf says what do has taken, for so many objects. The operator need have no part in it.
func (b *bench) bareCostOf(ctx context.Context, objects int, do func() (time.Duration, error)) (cost, error) {
	before, err := b.observe(ctx)
	if err != nil {
		return cost{}, err
	}
	begun, err := usageOf(os.Getpid())
	if err != nil {
		return cost{}, err
	}
	elapsed, err := do()
	if err != nil {
		return cost{}, err
	}
	ended, err := usageOf(os.Getpid())
	if err != nil {
		return cost{}, err
	}
	if err := pause(ctx, time.Second/2); err != nil { // what follows the last write, such as a pass that finds nothing to do
		return cost{}, err
	}
	after, err := b.observe(ctx)
	return cost{
		objects: objects, elapsed: elapsed, cpu: after.cpu - before.cpu, own: ended.CPU - begun.CPU, passes: after.passes.since(before.passes),
		calls: after.calls.since(before.calls), writes: after.writes.since(before.writes), reads: after.reads.since(before.reads),
	}, err
}

// observe returns what everything has taken so far. To ask for the passes costs the operator something; it is not part of the CPU time between two
// observations.
func (b *bench) observe(ctx context.Context) (c cost, err error) {
	t, o := b.stage.tenant, b.stage.operator
	first, err := o.usage()
	if err != nil {
		return c, err
	}
	if c.calls, err = t.calls(ctx); err != nil {
		return c, err
	}
	if c.writes, c.reads, err = b.requests(ctx); err != nil {
		return c, err
	}
	if c.passes, err = o.passes(ctx); err != nil {
		return c, err
	}
	last, err := o.usage()
	o.asking += last.CPU - first.CPU
	c.cpu = last.CPU - o.asking
	return c, err
}

// compare tells what objects have cost the operator, beside the floor.
func (b *bench) compare(operator, floor cost) error {
	b.Say("calls: %s", operator.calls)
	b.Say("calls of the floor: %s", floor.calls)
	b.Say("writes: %s", operator.writes)
	b.Say("writes of the floor: %s", floor.writes)
	b.tell("objects per second", operator.perSecond(), "1/s")
	b.tell("objects per second of the floor", floor.perSecond(), "1/s")
	b.judge("time against the floor", floor.perSecond()/operator.perSecond(), "ratio", 1.5)
	b.judge("CPU per object", operator.cpuPerObject(), "ms", 6)
	b.tell("CPU per object of the floor", floor.ownPerObject(), "ms")
	if floor.own > 0 { // what takes less than a tick may not be counted
		b.tell("CPU against the floor", operator.cpuPerObject()/floor.ownPerObject(), "ratio")
	}
	b.tell("tenant calls per object", operator.per(operator.calls.total()), "calls")
	b.tell("tenant calls per object of the floor", floor.per(floor.calls.total()), "calls")
	b.tell("writes per object, that of the user included", operator.per(operator.writes.total()), "writes")
	b.tell("writes per object of the floor", floor.per(floor.writes.total()), "writes")
	b.Say("reads: %s", operator.reads)
	b.tell("reads past the cache per object", operator.per(operator.reads.total()), "reads")
	b.Say("passes: %s", operator.passes)
	b.tell("passes per object", operator.per(operator.passes.total()), "passes")
	u, err := b.stage.operator.usage()
	b.tell("peak memory", mebibytes(u.PeakRSS), "MiB")
	return err
}

// provisionClients measures ConfidentialClients of one OAuthClient from apply to Ready. The operator and a bare loop take turns.
func provisionClients(ctx context.Context, b *bench) error {
	f, err := b.newFloor(ctx)
	if err != nil {
		return err
	}
	p, err := b.patternOfClients(ctx, f)
	if err != nil {
		return err
	}
	if err := b.tellSpeed(ctx, f, p); err != nil {
		return err
	}
	var operator, bare cost
	for round := range b.size.Rounds {
		each := b.size.Clients / b.size.Rounds
		c, err := b.bareClients(ctx, f, p, round*each, each)
		if err != nil {
			return err
		}
		bare.add(c)
		c, err = b.costOf(ctx, each, func() (time.Duration, error) {
			return b.provision(ctx, &v1alpha1.ConfidentialClientList{}, objectsOf(b.stage.newClients(each)))
		})
		if err != nil {
			return err
		}
		operator.add(c)
		b.Say("round %d: %.1f objects per second, %.1f by the bare loop", round+1, operator.perSecond(), bare.perSecond())
	}
	return b.compare(operator, bare)
}

// bareClients says what the floor takes for so many clients of a pattern, numbered from the first.
func (b *bench) bareClients(ctx context.Context, f *floor, p pattern, first, clients int) (cost, error) {
	return b.bareCostOf(ctx, clients, func() (time.Duration, error) {
		begun := time.Now()
		err := inParallel(ctx, numbers(first, clients), func(ctx context.Context, n int) error { return f.client(ctx, p, n) })
		return time.Since(begun), err
	})
}

// tellSpeed tells how fast the machine is at present: how many objects a bare loop makes, with 5 writes each and no call, and enough workers to keep
// both cores busy. Where the targets were set, such a loop made 127 to 156 a second.
func (b *bench) tellSpeed(ctx context.Context, f *floor, p pattern) error {
	n := b.size.Clients / b.size.Rounds
	begun := time.Now()
	err := atOnce(ctx, 2*workers, numbers(b.size.Clients, n), func(ctx context.Context, n int) error { return f.clientWrites(ctx, p, n) })
	if err != nil {
		return err
	}
	b.tell("objects per second, 5 writes each and nothing else", float64(n)/time.Since(begun).Seconds(), "1/s")
	return nil
}

// numbers are n of them.
func numbers(from, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = from + i
	}
	return all
}

// patternOfClients makes the stage's application and one client of it, for the floor to copy.
func (b *bench) patternOfClients(ctx context.Context, f *floor) (pattern, error) {
	if err := b.ensureIssuer(ctx, longLife); err != nil {
		return pattern{}, err
	}
	o := &v1alpha1.OAuthClient{}
	if err := b.cluster.Get(ctx, client.ObjectKey{Namespace: b.stage.namespace("shop"), Name: issuer}, o); err != nil {
		return pattern{}, fmt.Errorf("reading the application: %w", err)
	}
	f.roleID, f.tokenURL = o.Status.ClientRole.ID, o.Status.Endpoints.Token
	p := pattern{client: b.stage.newClients(1)[0]}
	if err := b.create(ctx, p.client); err != nil {
		return p, err
	}
	if err := b.untilReady(ctx, p.client); err != nil {
		return p, err
	}
	p.token, p.credential = &corev1.Secret{}, &corev1.Secret{}
	if err := b.cluster.Get(ctx, client.ObjectKeyFromObject(p.client), p.token); err != nil {
		return p, fmt.Errorf("reading the token: %w", err)
	}
	name := client.ObjectKey{Namespace: operatorNamespace, Name: "credential-" + string(p.client.UID)}
	if err := b.cluster.Get(ctx, name, p.credential); err != nil {
		return p, fmt.Errorf("reading the credential: %w", err)
	}
	return p, nil
}

// ensureIssuer makes the stage's application, if there is none.
func (b *bench) ensureIssuer(ctx context.Context, lifetime time.Duration) error {
	o := b.stage.oauthClient(issuer, 1, lifetime)
	if err := b.cluster.Create(ctx, o); client.IgnoreAlreadyExists(err) != nil {
		return fmt.Errorf("creating the application: %w", err)
	}
	return b.untilReady(ctx, o)
}
