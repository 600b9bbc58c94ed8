package handle_test

import (
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/emulator/handle"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestThingsAreFoundUntilTheyExpire(t *testing.T) {
	var store handle.Store[int]
	text := handle.New()
	store.Put(text, 7, start.Add(time.Minute), start)
	cases := map[string]struct {
		text string
		now  time.Time
		want bool
	}{
		"at once":               {text, start, true},
		"at the last moment":    {text, start.Add(time.Minute - 1), true},
		"when it expires":       {text, start.Add(time.Minute), false},
		"under another text":    {handle.New(), start, false},
		"under no text":         {"", start, false},
		"under a part of it":    {text[:len(text)-1], start, false},
		"under it and somewhat": {text + "A", start, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got, ok := store.Get(tc.text, tc.now); ok != tc.want || (ok && got != 7) {
				t.Errorf("got %d, %t", got, ok)
			}
		})
	}
	store.Delete(text)
	if _, ok := store.Get(text, start); ok {
		t.Error("it is found after it was deleted")
	}
}

func TestAnEmptyStoreHasNothing(t *testing.T) {
	var store handle.Store[int]
	if _, ok := store.Get("x", start); ok {
		t.Error("something was found")
	}
	store.Delete("x")
	store.Clear()
}

func TestWhatExpiredIsForgotten(t *testing.T) {
	var store handle.Store[int]
	now := start
	for range 10_000 {
		store.Put(handle.New(), 0, now.Add(time.Minute), now)
		now = now.Add(time.Second)
	}
	// 60 live at any time.
	if n := store.Len(); n > 200 {
		t.Errorf("%d things are kept", n)
	}
}
