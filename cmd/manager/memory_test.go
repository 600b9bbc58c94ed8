package main

import (
	"context"
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

const mebibyte = 1 << 20

func TestTheCollectorIsLeftRoomForGarbage(t *testing.T) {
	for _, test := range []struct {
		name  string
		use   use
		limit int64
		want  int64
	}{
		{"a small fleet", use{live: 10 * mebibyte, fixed: 8 * mebibyte}, 250 * mebibyte, 100 * mebibyte},
		{"a fleet of a usual size", use{live: 60 * mebibyte, fixed: 10 * mebibyte}, 250 * mebibyte, 100 * mebibyte},
		{"more in use than two fifths allow", use{live: 90 * mebibyte, fixed: 15 * mebibyte}, 250 * mebibyte, 135 * mebibyte},
		{"more in use than the limit allows", use{live: 180 * mebibyte, fixed: 20 * mebibyte}, 250 * mebibyte, 200 * mebibyte},
		{"nothing known yet", use{}, 250 * mebibyte, 100 * mebibyte},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.use.aim(test.limit); got != test.want {
				t.Errorf("Go may take %d MiB, want %d", got/mebibyte, test.want/mebibyte)
			}
		})
	}
}

func TestTheCollectorFollowsWhatIsInUse(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	before := inUse()
	limit := 5 * (before.live + before.fixed + 100*mebibyte)
	adjust(limit)
	if got, want := debug.SetMemoryLimit(-1), limit/5*2; got != want {
		t.Errorf("while little is in use, Go may take %d bytes, want %d", got, want)
	}

	func() {
		held := make([]byte, limit/5*2)
		runtime.GC()
		if got, least := inUse().live, int64(len(held)); got < least {
			t.Errorf("%d bytes are in use, at least %d are held", got, least)
		}
		adjust(limit)
		if got, least := debug.SetMemoryLimit(-1), limit/5*2/3*4; got < least {
			t.Errorf("while two fifths are in use, Go may take %d bytes, want at least %d", got, least)
		}
		runtime.KeepAlive(held)
	}()

	runtime.GC()
	adjust(limit)
	if got, want := debug.SetMemoryLimit(-1), limit/5*2; got != want {
		t.Errorf("when little is in use again, Go may take %d bytes, want %d", got, want)
	}
}

func TestWithoutAMemoryLimitTheCollectorIsLeftAlone(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	leaveRoom(ended(t))
	if got := debug.SetMemoryLimit(-1); got != math.MaxInt64 {
		t.Errorf("Go may take %d bytes, want no limit", got)
	}
}

func TestWithAMemoryLimitTheCollectorBeginsWithTwoFifths(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 40))
	leaveRoom(ended(t))
	if got, want := debug.SetMemoryLimit(-1), int64(1<<40/5*2); got != want {
		t.Errorf("Go may take %d bytes, want %d", got, want)
	}
}

// ended is a context for which nothing is followed any more.
func ended(t *testing.T) context.Context {
	ctx, end := context.WithCancel(t.Context())
	end()
	return ctx
}
