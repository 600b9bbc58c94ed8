package identity_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAQueryWhosePagesAreGiantEnds before what it keeps fills the memory: a page has up to 8 MiB.
func TestAQueryWhosePagesAreGiantEnds(t *testing.T) {
	body := `{"success":true,"Result":{"Results":[` + row(`{"_RowKey":"`+strings.Repeat("k", 7<<20)+`"}`) + `],"FullCount":1000000}}`
	expectEnd(t, body, 6)
}

func TestAQueryWhosePagesNeverEndDoes(t *testing.T) {
	expectEnd(t, `{"success":true,"Result":{"Results":[`+row(`{"_RowKey":"k"}`)+`],"FullCount":1000000}}`, 100)
}

func expectEnd(t *testing.T, body string, most int) {
	t.Helper()
	calls := 0
	client := transport(func(*http.Request) (int, string) {
		calls++
		return 200, body
	}).client()
	rows, err := client.ListOAuthApplications(t.Context())
	if err == nil || !strings.Contains(err.Error(), "pages without end") || rows != nil {
		t.Errorf("got %d rows, %v", len(rows), err)
	}
	if calls > most {
		t.Errorf("%d pages were read", calls)
	}
}
