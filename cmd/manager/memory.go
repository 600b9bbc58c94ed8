package main

import (
	"context"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// adjustEvery is how often the garbage collector is told anew how much it may leave. Nothing is done in between, however fast memory fills.
const adjustEvery = time.Second

// leaveRoom has the garbage collector work harder before Go has taken the limit that GOMEMLIMIT tells, which the manifests set to the memory limit of the
// container, and follows what is in use until ctx ends. Without GOMEMLIMIT it does nothing.
func leaveRoom(ctx context.Context) {
	limit := debug.SetMemoryLimit(-1)
	if limit == math.MaxInt64 {
		return
	}
	adjust(limit)
	go wait.UntilWithContext(ctx, func(context.Context) { adjust(limit) }, adjustEvery)
}

// adjust tells the garbage collector how much Go may take at present.
func adjust(limit int64) {
	if aim := inUse().aim(limit); aim != debug.SetMemoryLimit(-1) {
		debug.SetMemoryLimit(aim)
	}
}

// use is what Go has taken from the system and cannot give back, in bytes.
type use struct {
	// live are objects that the last collection has found in use.
	live int64
	// fixed is all else: stacks, what the runtime needs for itself, and gaps between objects.
	fixed int64
}

// inUse asks Go's runtime.
func inUse() use {
	const live, objects, free, released, total = 0, 1, 2, 3, 4
	samples := []metrics.Sample{
		live:     {Name: "/gc/heap/live:bytes"},
		objects:  {Name: "/memory/classes/heap/objects:bytes"},
		free:     {Name: "/memory/classes/heap/free:bytes"},
		released: {Name: "/memory/classes/heap/released:bytes"},
		total:    {Name: "/memory/classes/total:bytes"},
	}
	metrics.Read(samples)
	bytes := func(i int) int64 { return int64(samples[i].Value.Uint64()) } //nolint:gosec // no process has more
	return use{live: bytes(live), fixed: bytes(total) - bytes(objects) - bytes(free) - bytes(released)}
}

// aim returns how much Go may take, of the limit that GOMEMLIMIT tells: two fifths, which is what a fleet of a usual size needs. Where more is in use, there
// has to be room for a third as much garbage, because a collector that finds no room works all the time. One fifth stays free for what Go does not
// count, such as the pages of the program's file.
func (u use) aim(limit int64) int64 {
	return min(max(limit/5*2, u.live+u.live/3+u.fixed), limit/5*4)
}
