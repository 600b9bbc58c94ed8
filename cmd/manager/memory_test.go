package main

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestTheCollectorWorksHarderBelowTheMemoryLimit(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	for limit, want := range map[int64]int64{math.MaxInt64: math.MaxInt64, 256 << 20: 256 << 20 / 5 * 2} {
		debug.SetMemoryLimit(limit)
		leaveRoom()
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("with a limit of %d bytes it works harder from %d on, want %d", limit, got, want)
		}
	}
}
