package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// fuzzed starts a tenant of shopSeed for requests that do not go over the network, one at a time.
func fuzzed(f *testing.F) *emulator.Emulator {
	f.Helper()
	e, err := emulator.Start(emulator.Options{Seed: shopSeed(), Keys: testKey, Clock: testingclock.NewFakePassiveClock(startTime)})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := e.Close(); err != nil {
			f.Error(err)
		}
	})
	return e
}

// FuzzToken sends anything to the token endpoint. Only the right password of a client or of a user gets a token, and all else is answered as
// RFC 6749 section 5.2 says.
func FuzzToken(f *testing.F) {
	credentials := "&client_id=web%40example.test&client_secret=" + goodPassword
	for _, body := range []string{
		"", "grant_type=client_credentials", "grant_type=client_credentials&scope=read" + credentials, "grant_type=client_credentials&grant_type=password",
		"grant_type=authorization_code&code=x&redirect_uri=" + url.QueryEscape(spaCallback) + "&client_id=shop-spa&code_verifier=" + verifier,
		"grant_type=refresh_token&refresh_token=x&client_id=shop-spa", "grant_type=refresh_token&refresh_token=&scope=a+b" + credentials,
		"grant_type=password&username=jo%40example.test&password=x" + credentials, "grant_type=password&username=&password=%00" + credentials,
		"grant_type=urn:ietf:params:oauth:grant-type:device_code", "%", "a=%zz", "grant_type=client_credentials;scope=read", strings.Repeat("a=b&", 2000),
	} {
		for _, app := range []string{"web", "spa", "everything", "", "nothing"} {
			f.Add(app, body, "")
			f.Add(app, body, "Basic d2ViQGV4YW1wbGUudGVzdDpDb3JyZWN0LUhvcnNlLTc=")
		}
	}
	f.Add("web", "grant_type=client_credentials", "Basic Og==")
	f.Add("we%62", "grant_type=client_credentials", "Bearer x")
	e := fuzzed(f)
	f.Fuzz(func(t *testing.T, app, body, authorization string) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/OAuth2/Token/x", strings.NewReader(body))
		request.URL.Path = "/OAuth2/Token/" + app
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Authorization", authorization)
		if authorization == "" {
			request.Header.Del("Authorization")
		}
		recorder := httptest.NewRecorder()
		e.ServeHTTP(recorder, request)
		if strings.Contains(app, "/") && recorder.Code == http.StatusNotFound {
			return // another path
		}
		var fields map[string]any
		if err := json.Unmarshal(recorder.Body.Bytes(), &fields); err != nil {
			t.Fatalf("%d is no JSON: %v", recorder.Code, err)
		}
		if recorder.Code == http.StatusOK {
			proven := strings.Contains(body, goodPassword) || strings.Contains(body, "Correct") || strings.HasPrefix(strings.ToLower(authorization), "basic ")
			if fields["access_token"] == nil || !proven {
				t.Errorf("a token was granted to %q", body)
			}
			return
		}
		code, _ := fields["error"].(string)
		checkRefusal(t, recorder, code)
	})
}

// checkRefusal checks the form of an error of the token endpoint.
func checkRefusal(t *testing.T, recorder *httptest.ResponseRecorder, code string) {
	t.Helper()
	known := []string{
		"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "access_denied",
	}
	if !slices.Contains(known, code) || (recorder.Code == http.StatusUnauthorized) != (code == "invalid_client") || recorder.Code > 401 {
		t.Errorf("%d %s", recorder.Code, recorder.Body)
	}
	if (code == "invalid_client") != (recorder.Header().Get("WWW-Authenticate") != "") {
		t.Errorf("%s with WWW-Authenticate %q", code, recorder.Header().Get("WWW-Authenticate"))
	}
}

// FuzzAuthorize sends anything to the authorization endpoint, with and without a session. The browser is never sent anywhere but to the login, or to
// a redirect URI of the application with the parameters in their place.
func FuzzAuthorize(f *testing.F) {
	for _, query := range []string{
		"", spaRequest(nil).Encode(), webRequest(nil).Encode(), spaRequest(map[string]string{"response_type": "token"}).Encode(),
		spaRequest(map[string]string{"response_type": "id_token", "state": "#?&\r\nX: y"}).Encode(), spaRequest(map[string]string{"scope": "x"}).Encode(),
		spaRequest(map[string]string{"redirect_uri": "com.example.shop:/cb"}).Encode(), spaRequest(map[string]string{"prompt": "none"}).Encode(),
		spaRequest(nil).Encode() + "&state=2", spaRequest(nil).Encode() + "&redirect_uri=https://evil.test/", "bounce=x", "bounce=Y2xpZW50X2lkPXg", "%zz", "a;b",
		spaRequest(map[string]string{"redirect_uri": spaCallback + "#"}).Encode(), spaRequest(map[string]string{"code_challenge": "x"}).Encode(),
	} {
		for _, app := range []string{"web", "spa", "everything", "", "nothing"} {
			f.Add(app, query, true)
			f.Add(app, query, false)
		}
	}
	e := fuzzed(f)
	session := fuzzedSession(f, e)
	redirects := map[string][]string{
		"spa": {spaCallback, "http://localhost:5000/callback", "com.example.shop:/cb"}, "web": {webCallback}, "everything": {spaCallback},
		"": {"https://cyberark.cloud/redirect"}, "__idaptive_cybr_user_oidc": {"https://cyberark.cloud/redirect"},
	}
	f.Fuzz(func(t *testing.T, app, query string, loggedIn bool) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/OAuth2/Authorize/x", http.NoBody)
		request.URL.Path, request.URL.RawQuery = "/OAuth2/Authorize/"+app, query
		if loggedIn {
			request.Header.Set("Cookie", ".ASPXAUTH="+session)
		}
		recorder := httptest.NewRecorder()
		e.ServeHTTP(recorder, request)
		location := recorder.Header().Get("Location")
		switch recorder.Code {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusOK:
			if location != "" {
				t.Errorf("%d with %s", recorder.Code, location)
			}
			return
		case http.StatusFound:
		default:
			t.Fatalf("%d %s", recorder.Code, recorder.Body)
		}
		if strings.ContainsAny(location, "\r\n") || strings.Count(location, "#") > 1 {
			t.Errorf("the browser is sent to %q", location)
		}
		if strings.HasPrefix(location, "/login?cloudRedirect=Oauth2%2FAuthorize%2F") {
			return
		}
		at := slices.IndexFunc(redirects[strings.ToLower(app)], func(uri string) bool {
			rest, ok := strings.CutPrefix(location, uri)
			return ok && strings.IndexAny(rest, "?#&") == 0
		})
		if at < 0 {
			t.Errorf("the browser is sent to %q", location)
		}
	})
}

// fuzzedSession logs jo in and returns the text of the session.
func fuzzedSession(f *testing.F, e *emulator.Emulator) string {
	f.Helper()
	ask := func(action, body string) (map[string]any, http.Header) {
		recorder := httptest.NewRecorder()
		e.ServeHTTP(recorder, httptest.NewRequestWithContext(f.Context(), http.MethodPost, "/Security/"+action, strings.NewReader(body)))
		var fields struct{ Result map[string]any }
		if err := json.Unmarshal(recorder.Body.Bytes(), &fields); err != nil || fields.Result == nil {
			f.Fatalf("%s: %d %v", action, recorder.Code, err)
		}
		return fields.Result, recorder.Header()
	}
	started, _ := ask("StartAuthentication", `{"User":"jo@example.test"}`)
	mechanism := started["Challenges"].([]any)[0].(map[string]any)["Mechanisms"].([]any)[0].(map[string]any)["MechanismId"].(string)
	result, _ := ask("AdvanceAuthentication", `{"SessionId":"`+started["SessionId"].(string)+`","MechanismId":"`+mechanism+`","Action":"Answer","Answer":"`+goodPassword+`"}`)
	return result["Auth"].(string)
}
