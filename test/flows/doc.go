// Package flows drives every flow of applications that OAuthClient objects declare, with libraries that nobody here wrote: golang.org/x/oauth2
// requests the tokens, and github.com/coreos/go-oidc verifies them. The pages are visited over plain HTTP, and once in a real browser, which
// github.com/chromedp/chromedp drives.
package flows
