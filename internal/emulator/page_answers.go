package emulator

import (
	"net/http"

	"github.com/oauth-operator/oauth-operator/internal/emulator/pages"
)

const contentTypeHTML = "text/html; charset=utf-8"

// pageAnswer answers a page under its policy.
func pageAnswer(status int, page pages.Page) answer {
	return answer{status: status, contentType: contentTypeHTML, body: page.Body}.
		withHeader("Content-Security-Policy", page.Policy).
		withHeader("X-Frame-Options", "DENY").
		withHeader("X-Content-Type-Options", "nosniff").
		withHeader("Referrer-Policy", "same-origin")
}

// movedAnswer sends the browser elsewhere.
func movedAnswer(location string) answer {
	page := pages.Page{Body: pages.Moved(location), Policy: "default-src 'none'; frame-ancestors 'none'"}
	return pageAnswer(http.StatusFound, page).withHeader("Location", location)
}
