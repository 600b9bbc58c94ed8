package exchange_test

import (
	"net/http"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

// FuzzRetryAfter looks for headers that panic, or make the operator wait for longer than it ever should.
func FuzzRetryAfter(f *testing.F) {
	f.Add("30", "")
	f.Add("-1", "Mon, 02 Nov 2026 10:00:00 GMT")
	f.Add("99999999999999999999", "now")
	f.Add("Mon, 02 Nov 2026 10:05:00 GMT", "Mon, 02 Nov 2026 10:00:00 GMT")
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT")
	f.Fuzz(func(t *testing.T, value, date string) {
		wait, asked := exchange.RetryAfter(http.Header{"Retry-After": {value}, "Date": {date}})
		if wait < 0 || wait > exchange.MaxRetryAfter || wait > 0 && !asked {
			t.Errorf("%q, at %q, is %v, %t", value, date, wait, asked)
		}
	})
}
