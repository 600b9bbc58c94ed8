package main

import (
	"math"
	"runtime/debug"
)

// leaveRoom lets the garbage collector keep the process within nine tenths of the limit that GOMEMLIMIT tells. The manifests set that to the memory limit of
// the container, which counts what Go knows nothing of, too. Without GOMEMLIMIT there is no limit, and it does nothing.
func leaveRoom() {
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		debug.SetMemoryLimit(limit / 10 * 9)
	}
}
