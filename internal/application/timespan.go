package application

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// timespan is the vendor's form of a duration: [d.]hh:mm:ss[.fffffff] (a .NET TimeSpan).
var timespan = regexp.MustCompile(`^(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d{1,7})?$`)

// formatTimespan writes a duration as the vendor's own client does: 0.05:00:00 for five hours.
func formatTimespan(d time.Duration) string {
	seconds := int64(d / time.Second)
	return fmt.Sprintf("%d.%02d:%02d:%02d", seconds/86400, seconds/3600%24, seconds/60%60, seconds%60)
}

// parseTimespan reads a duration in any of the spellings in use: 5:00:00, 05:00:00, 0.05:00:00. Fractions of a second are
// dropped.
func parseTimespan(s string) (time.Duration, bool) {
	m := timespan.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	var parts [4]int64
	for i, digits := range m[1:] {
		if digits == "" {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return 0, false
		}
		parts[i] = n
	}
	seconds := ((parts[0]*24+parts[1])*60+parts[2])*60 + parts[3]
	const most = int64(1<<63-1) / int64(time.Second)
	if seconds > most {
		return 0, false
	}
	return time.Duration(seconds) * time.Second, true
}
