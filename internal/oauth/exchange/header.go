package exchange

import (
	"net/http"
	"strconv"
	"time"
)

// MaxRetryAfter is the longest wait that a Retry-After header can ask for.
const MaxRetryAfter = time.Hour

// RetryAfter returns how long an answer asks to wait (RFC 9110 section 10.2.3), between 0 and MaxRetryAfter, and
// whether it asks at all. A moment is counted from the answer's own Date header, so that our clock does not matter;
// without a Date it asks for no particular time.
func RetryAfter(header http.Header) (time.Duration, bool) {
	value := header.Get("Retry-After")
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, MaxRetryAfter), true
	}
	moment, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	date, known := Date(header)
	if !known {
		return 0, true
	}
	return min(max(moment.Sub(date), 0), MaxRetryAfter), true
}

// Date returns the tenant's clock at the time of the answer, in whole seconds, and whether the answer tells it.
func Date(header http.Header) (time.Time, bool) {
	date, err := http.ParseTime(header.Get("Date"))
	return date, err == nil
}
