package emulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Counters holds how often each operation was called, by canonical name such as "SaasManage/GetApplication",
// whatever spelling the client used. Token requests are counted per application as "OAuth2/Token/<ServiceName>".
// Calls to addresses that do not exist are counted as "Unknown". Calls that met a fault count like others.
type Counters map[string]int

// Total returns the number of all calls.
func (c Counters) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// Sub returns c minus earlier, without the operations on which both agree. It answers what was called since earlier
// was taken.
func (c Counters) Sub(earlier Counters) Counters {
	difference := Counters{}
	for name, n := range c {
		if d := n - earlier[name]; d != 0 {
			difference[name] = d
		}
	}
	for name, n := range earlier {
		if _, ok := c[name]; !ok && n != 0 {
			difference[name] = -n
		}
	}
	return difference
}

// String lists the counters by name, one "name: count" per line.
func (c Counters) String() string {
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(c)) {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s: %d", name, c[name])
	}
	return b.String()
}

// Calls returns a copy of the counters.
func (e *Emulator) Calls() Counters {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.calls)
}

// ResetCalls sets all counters to zero.
func (e *Emulator) ResetCalls() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = Counters{}
}
