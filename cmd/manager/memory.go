package main

import (
	"math"
	"runtime/debug"
)

// leaveRoom lets the garbage collector work harder once Go has taken two fifths of the limit that GOMEMLIMIT tells, which the manifests set to the memory
// limit of the container. The rest is for what Go does not count, such as the pages of the program's file, and for more objects than there are
// today: a limit that what is in use comes near to makes a collector work all the time. Without GOMEMLIMIT it does nothing.
func leaveRoom() {
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		debug.SetMemoryLimit(limit / 5 * 2)
	}
}
