package exchange_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

func TestRetryAfter(t *testing.T) {
	const date = "Mon, 02 Nov 2026 10:00:00 GMT"
	cases := map[string]struct {
		value, date string
		want        time.Duration
		asked       bool
	}{
		"no header":                          {"", date, 0, false},
		"seconds":                            {"30", date, 30 * time.Second, true},
		"zero seconds":                       {"0", date, 0, true},
		"more than an hour":                  {"3601", date, time.Hour, true},
		"a moment, by the answer's own date": {"Mon, 02 Nov 2026 10:05:00 GMT", date, 5 * time.Minute, true},
		"a moment that is far away":          {"Tue, 03 Nov 2026 10:05:00 GMT", date, time.Hour, true},
		"a moment that has passed":           {"Mon, 02 Nov 2026 09:05:00 GMT", date, 0, true},
		"a moment without a date":            {"Mon, 02 Nov 2026 10:05:00 GMT", "", 0, true},
		"a negative number":                  {"-5", date, 0, false},
		"a word":                             {"soon", date, 0, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Retry-After": {tc.value}, "Date": {tc.date}}
			got, asked := exchange.RetryAfter(header)
			if got != tc.want || asked != tc.asked {
				t.Errorf("got %v, %v, want %v, %v", got, asked, tc.want, tc.asked)
			}
		})
	}
}

func TestOutage(t *testing.T) {
	asks := http.Header{"Retry-After": {"5"}}
	cases := map[string]struct {
		answer exchange.Answer
		want   failure.Class
		wait   time.Duration
	}{
		"429 is throttling":                    {exchange.Answer{Status: 429}, failure.Throttled, 0},
		"429 with Retry-After tells for long":  {exchange.Answer{Status: 429, Header: asks}, failure.Throttled, 5 * time.Second},
		"503 with Retry-After is throttling":   {exchange.Answer{Status: 503, Header: asks}, failure.Throttled, 5 * time.Second},
		"503 without Retry-After is transient": {exchange.Answer{Status: 503}, failure.Transient, 0},
		"500 is transient, whatever it asks":   {exchange.Answer{Status: 500, Header: asks}, failure.Transient, 0},
		"a refusal is no outage":               {exchange.Answer{Status: 400, Header: asks}, "", 0},
		"a success is no outage":               {exchange.Answer{Status: 200}, "", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got, wait := tc.answer.Outage(); got != tc.want || wait != tc.wait {
				t.Errorf("got %q, %v, want %q, %v", got, wait, tc.want, tc.wait)
			}
		})
	}
}

func TestIsHTML(t *testing.T) {
	cases := map[string]struct {
		contentType, body string
		want              bool
	}{
		"a page by its type":                {"text/html; charset=utf-8", "{}", true},
		"a page by its content":             {"application/json", "\r\n <!DOCTYPE html>", true},
		"JSON":                              {"application/json", `{"a":"<"}`, false},
		"JSON under a type that is no type": {";", `{}`, false},
		"nothing":                           {"", "", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			answer := exchange.Answer{Header: http.Header{"Content-Type": {tc.contentType}}, Body: []byte(tc.body)}
			if got := answer.IsHTML(); got != tc.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
