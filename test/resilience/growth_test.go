package resilience_test

import (
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
	"github.com/oauth-operator/oauth-operator/test/resilience"
)

// footprint is what this process has at rest.
type footprint struct {
	goroutines int
	heap       uint64
}

func (f footprint) String() string {
	return fmt.Sprintf("%d goroutines and %d KiB", f.goroutines, f.heap>>10)
}

// rest waits until what ends by itself has ended, and returns what is left. The log of the tests does not count.
func rest(journal *environment.Journal) footprint {
	const calm = 40 // looks
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for last, quiet := 0, 0; quiet < calm; quiet++ {
		<-tick.C
		if now := runtime.NumGoroutine(); now != last {
			last, quiet = now, 0
		}
	}
	runtime.GC()
	runtime.GC() // what the first has let go, such as pools
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return footprint{goroutines: runtime.NumGoroutine(), heap: memory.HeapAlloc - min(memory.HeapAlloc, uint64(journal.Size()))}
}

// TestNothingGrowsWithTheNumberOfLives goes through scenarios several times, each with a process that is ended in the middle and its successor. What is left of them
// afterwards must not become more: the first rounds say how much that is.
func TestNothingGrowsWithTheNumberOfLives(t *testing.T) {
	// More than this is no chance: a connection that is closed a moment later is a few goroutines, and a table that has grown some hundred KiB.
	const goroutines, heap = 2, 512 << 10
	rounds, each := 4, 13 // each thirteenth scenario
	if long() {
		rounds, each = 12, 1
	}
	// client-go shares the connections of all clients of a server, for as long as one of them is in use: without, there would be new ones after each collection of garbage,
	// and the old ones stay.
	kept := resilience.NewWorld(t, server, emulator.Switches{})
	defer runtime.KeepAlive(kept)
	var first footprint
	var journal *environment.Journal
	for round := range rounds {
		for i, s := range resilience.Scenarios() {
			if i%each != 0 {
				continue
			}
			t.Run(fmt.Sprintf("%s, round %d", s.Name, round+1), func(t *testing.T) {
				world := resilience.NewWorld(t, server, s.Switches)
				journal = world.Journal
				rehearsal := s.Rehearse(world)
				s.Run(resilience.NewWorld(t, server, s.Switches), resilience.Break{At: len(rehearsal.Effects) / 2, Fault: resilience.CrashAfter}, rehearsal)
			})
		}
		const warm = 2
		if round < warm {
			first = rest(journal)
			continue
		}
		left := rest(journal)
		t.Logf("after round %d there are %s, after the first ones %s", round+1, left, first)
		if left.goroutines > first.goroutines+goroutines {
			var out strings.Builder
			_ = pprof.Lookup("goroutine").WriteTo(&out, 1) // into memory
			t.Fatalf("there are %s, and were %s:\n%.8000s", left, first, out.String())
		}
		if left.heap > first.heap+heap {
			t.Fatalf("there are %s, and were %s", left, first)
		}
	}
}
