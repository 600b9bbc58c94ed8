package main

import (
	"testing"
	"time"
)

func TestOutOfOrder(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	expiring := func(seconds ...int) []renewed {
		var order []renewed
		for _, s := range seconds {
			order = append(order, renewed{old: published{expires: start.Add(time.Duration(s) * time.Second)}})
		}
		return order
	}
	cases := map[string]struct {
		order []renewed
		want  float64
	}{
		"those that expire first went first":         {expiring(0, 10, 20), 0},
		"all went in the opposite order":             {expiring(20, 10, 0), 1},
		"one of three pairs is the other way around": {expiring(0, 20, 10), 1.0 / 3},
		"a second makes no order":                    {expiring(1, 0), 0},
		"one alone is in order":                      {expiring(0), 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := outOfOrder(tc.order); got != tc.want {
				t.Errorf("it is %v, not %v", got, tc.want)
			}
		})
	}
}

func TestTurnsUntil(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	renewal := func(at, expires int) renewed {
		return renewed{at: start.Add(time.Duration(at) * time.Second), old: published{expires: start.Add(time.Duration(expires) * time.Second)}}
	}
	due := []renewed{renewal(1, 30), renewal(3, 40), renewal(9, 35)}
	cases := map[string]struct {
		since []renewed
		want  int
	}{
		"those that were due alone":                          {due, 3},
		"one that fell due later and expires earlier":        {append([]renewed{renewal(5, 38)}, due...), 4},
		"one that expires later had no turn":                 {append([]renewed{renewal(5, 41)}, due...), 3},
		"one that was renewed after the last held nobody up": {append([]renewed{renewal(10, 31)}, due...), 3},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := turnsUntil(tc.since, due); got != tc.want {
				t.Errorf("%d tokens had their turn, not %d", got, tc.want)
			}
		})
	}
}

func TestPercentile(t *testing.T) {
	var sorted []time.Duration
	for i := range 100 {
		sorted = append(sorted, time.Duration(i+1))
	}
	for percent, want := range map[int]time.Duration{0: 1, 50: 51, 99: 100, 100: 100} {
		if got := percentile(sorted, percent); got != want {
			t.Errorf("of %d percent it is %d, not %d", percent, got, want)
		}
	}
	if got := percentile(nil, 50); got != 0 {
		t.Errorf("of nothing it is %d", got)
	}
}
