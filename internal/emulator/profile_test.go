package emulator

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTimeSpansAreReadAndSpelled(t *testing.T) {
	cases := map[string]struct {
		want     time.Duration
		spelling string
	}{
		"0.05:00:00":   {5 * time.Hour, "05:00:00"},
		"5:00:00":      {5 * time.Hour, "05:00:00"},
		"00:15":        {15 * time.Minute, "00:15:00"},
		"1.00:00:00":   {24 * time.Hour, "1.00:00:00"},
		"365.00:00:01": {365*24*time.Hour + time.Second, "365.00:00:01"},
	}
	for text, tc := range cases {
		t.Run(text, func(t *testing.T) {
			got, err := parseTimeSpan(text)
			if err != nil || got != tc.want {
				t.Fatalf("got %v, %v; want %v", got, err, tc.want)
			}
			if spelling := formatTimeSpan(got); spelling != tc.spelling {
				t.Errorf("spelled %q, want %q", spelling, tc.spelling)
			}
		})
	}
	for _, text := range []string{"", "5h", "300", "24:00:00", "00:60:00", "-1:00:00", "00:00:00", "0.00:00:00"} {
		t.Run("refuses "+text, func(t *testing.T) {
			if got, err := parseTimeSpan(text); err == nil {
				t.Errorf("got %v, want an error", got)
			}
		})
	}
}

func TestProfileIsStoredInTheServersSpelling(t *testing.T) {
	got, err := normalizeProfile(map[string]any{
		"ClientIdType": "Confidential", "mustbeoauthclient": "true", "AllowedAuth": "ClientCreds, Implicit",
		"TokenLifetimeString": "0.05:00:00", "TokenLifetime": "9:00:00", "AllowedClients": nil, "Future": 1.5,
		"KnownScopes": []any{map[string]any{"scope": "read", "allowedrest": "/x/.*", "future": true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"ClientIDType": 1.0, "MustBeOauthClient": true, "AllowedAuth": "ClientCreds,Implicit",
		"TokenLifetimeString": "0.05:00:00", "Future": 1.5,
		"KnownScopes": []any{map[string]any{"Scope": "read", "AllowedRest": []any{"/x/.*"}, "future": true}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProfileRefusesWhatTheServerCouldNotRead(t *testing.T) {
	cases := map[string]map[string]any{
		"a flow that does not exist":    {"AllowedAuth": "ClientCredentials"},
		"flows as an array":             {"AllowedAuth": []any{"ClientCreds"}},
		"a client ID type out of range": {"ClientIDType": 2.0},
		"a lifetime in Go's spelling":   {"TokenLifetimeString": "5h"},
		"a token type unknown":          {"TokenType": "JWT"},
		"a scope without name":          {"KnownScopes": []any{map[string]any{"Description": "d"}}},
		"a scope name with a blank":     {"KnownScopes": []any{map[string]any{"Scope": "a b"}}},
		"a scope twice":                 {"KnownScopes": []any{map[string]any{"Scope": "a"}, map[string]any{"Scope": "a"}}},
		"scopes as text":                {"KnownScopes": "a"},
		"a scope that is text":          {"KnownScopes": []any{"a"}},
	}
	for name, sent := range cases {
		t.Run(name, func(t *testing.T) {
			if got, err := normalizeProfile(sent); err == nil {
				t.Errorf("got %v, want an error", got)
			}
		})
	}
}

func TestRestPatternsCoverPaths(t *testing.T) {
	cases := map[string]struct {
		pattern, path string
		want          bool
	}{
		"everything":                             {".*", "/security/whoami", true},
		"with a leading slash":                   {"/UserMgmt/.*", "/UserMgmt/RemoveUser", true},
		"without a leading slash":                {"security/whoami", "/Security/WhoAmI", true},
		"another case":                           {"redrock/QUERY", "/RedRock/query", true},
		"anchored without the slash":             {"^Redrock/", "/redrock/query", true},
		"anchored with the slash":                {"^/Redrock/", "/redrock/query", true},
		"a star of the shell is a star of regex": {"Redrock/*", "/redrock/query", true},
		"another area":                           {"/Roles/.*", "/UserMgmt/RemoveUser", false},
		"an anchored end":                        {"/Roles$", "/Roles/StoreRole", false},
		"a character class keeps its case":       {`/\D+$`, "/roles", true},
		"a pattern that does not compile":        {"*", "/roles", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			parsed := parseFields(map[string]any{"OAuthProfile": map[string]any{
				"KnownScopes": []any{map[string]any{"Scope": "all", "AllowedRest": []any{tc.pattern}}},
			}})
			if got := parsed.covers([]string{"other", "all"}, tc.path); got != tc.want {
				t.Errorf("covers(%q, %q) = %v", tc.pattern, tc.path, got)
			}
		})
	}
}

func TestRightsAreBits(t *testing.T) {
	cases := map[string]struct {
		mask  int64
		names []string
	}{
		"View,Execute":           {132, []string{"View", "Execute"}},
		"view, execute":          {132, []string{"View", "Execute"}},
		"Admin":                  {28, []string{"View", "Admin", "ViewDetail"}},
		"ViewDetail":             {20, []string{"View", "ViewDetail"}},
		"View,Execute,Automatic": {2147483780, []string{"View", "Execute", "Automatic"}},
		"None":                   {0, nil},
	}
	for text, tc := range cases {
		t.Run(text, func(t *testing.T) {
			mask, err := rightsMask(text, false)
			if err != nil || mask != tc.mask {
				t.Fatalf("got %d, %v; want %d", mask, err, tc.mask)
			}
			if diff := cmp.Diff(tc.names, rightsNames(mask)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if mask, err := rightsMask("View,Fly", false); err == nil {
		t.Errorf("got %d for an unknown right, want an error", mask)
	}
}
