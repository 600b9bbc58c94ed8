package emulator

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// timeSpanPattern is the server's spelling of durations, [d.]hh:mm[:ss].
var timeSpanPattern = regexp.MustCompile(`^(?:(\d{1,5})\.)?(\d{1,2}):(\d{2})(?::(\d{2}))?$`)

// parseTimeSpan reads a duration such as 0.05:00:00, 5:00:00 or 365.00:00:00. Zero is refused: nothing lives for no
// time.
func parseTimeSpan(text string) (time.Duration, error) {
	m := timeSpanPattern.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("time span %q is not of the form [d.]hh:mm:ss", text)
	}
	var parts [4]int
	for i, part := range m[1:] {
		if part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil {
			return 0, fmt.Errorf("reading time span %q: %w", text, err)
		}
		parts[i] = n
	}
	days, hours, minutes, seconds := parts[0], parts[1], parts[2], parts[3]
	if hours > 23 || minutes > 59 || seconds > 59 {
		return 0, fmt.Errorf("time span %q has a part out of range", text)
	}
	span := time.Duration(days)*24*time.Hour + time.Duration(hours)*time.Hour +
		time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second
	if span == 0 {
		return 0, fmt.Errorf("time span %q is empty", text)
	}
	return span, nil
}

// formatTimeSpan spells a duration the way the server does: 05:00:00, 1.00:00:00.
func formatTimeSpan(d time.Duration) string {
	days := d / (24 * time.Hour)
	clock := fmt.Sprintf("%02d:%02d:%02d", d/time.Hour%24, d/time.Minute%60, d/time.Second%60)
	if days > 0 {
		return fmt.Sprintf("%d.%s", days, clock)
	}
	return clock
}
