package application

import (
	"testing"
	"time"
)

func TestParseTimespan(t *testing.T) {
	for spelling, want := range map[string]time.Duration{
		"5:00:00":            5 * time.Hour,
		"05:00:00":           5 * time.Hour,
		"0.05:00:00":         5 * time.Hour,
		"00.05:00:00":        5 * time.Hour,
		"365.00:00:00":       8760 * time.Hour,
		"00:00:30":           30 * time.Second,
		"0:0:30":             30 * time.Second,
		"1.02:03:04":         26*time.Hour + 3*time.Minute + 4*time.Second,
		"0.00:00:30.9999999": 30 * time.Second,
		"00:00:00":           0,
		"106751.23:47:16":    106751*24*time.Hour + 23*time.Hour + 47*time.Minute + 16*time.Second, // the most that a Duration holds
	} {
		if got, ok := parseTimespan(spelling); !ok || got != want {
			t.Errorf("parseTimespan(%q) = %v, %v instead of %v", spelling, got, ok, want)
		}
	}
	for _, spelling := range []string{"", "5h", "PT5H", "18000", "05:00", "-05:00:00", "+05:00:00", " 05:00:00", "05:00:00 ", "05:00:00\n", "1.5", "1 05:00:00", "1..05:00:00", "05:00:00.", "05:00:00.12345678", "106751.23:47:17", "99999999.00:00:00", "999999999.00:00:00", "٠٥:٠٠:٠٠"} {
		if got, ok := parseTimespan(spelling); ok {
			t.Errorf("parseTimespan(%q) = %v", spelling, got)
		}
	}
}

func TestFormatTimespan(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0.00:00:30":   30 * time.Second,
		"0.05:00:00":   5 * time.Hour,
		"0.23:59:59":   24*time.Hour - time.Second,
		"1.00:00:00":   24 * time.Hour,
		"365.00:00:00": 8760 * time.Hour,
		"0.00:00:01":   1999 * time.Millisecond,
	} {
		if got := formatTimespan(d); got != want {
			t.Errorf("formatTimespan(%v) = %q instead of %q", d, got, want)
		}
	}
}

// FuzzParseTimespan: what can be read can be written and read again, and is never negative.
func FuzzParseTimespan(f *testing.F) {
	for _, seed := range []string{"5:00:00", "0.05:00:00", "106751.23:47:16", "106751.23:47:17", "99999999.99:99:99.9999999", "-1", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, spelling string) {
		d, ok := parseTimespan(spelling)
		if !ok {
			return
		}
		if d < 0 {
			t.Fatalf("parseTimespan(%q) = %v", spelling, d)
		}
		if again, ok := parseTimespan(formatTimespan(d)); !ok || again != d {
			t.Fatalf("%q is read as %v, written as %q, and read again as %v", spelling, d, formatTimespan(d), again)
		}
	})
}
