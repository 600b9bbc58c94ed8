package main

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestATenthOfTheMemoryLimitIsLeftForOthers(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	for limit, want := range map[int64]int64{math.MaxInt64: math.MaxInt64, 256 << 20: 256 << 20 / 10 * 9} {
		debug.SetMemoryLimit(limit)
		leaveRoom()
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("of %d bytes it keeps %d, want %d", limit, got, want)
		}
	}
}
