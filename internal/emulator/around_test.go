package emulator_test

import (
	"net/http"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestAHandlerAroundTheTenantSeesAndSpoilsCalls(t *testing.T) {
	var seen []string
	tn := start(t, emulator.Options{Around: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.URL.Path)
			if r.URL.Path == "/SysInfo/About" {
				http.Error(w, "spoiled", http.StatusTeapot)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	check(t, http.StatusOK, tn.call(t, "", "SysInfo/Version", nil).status)
	check(t, http.StatusTeapot, tn.call(t, "", "SysInfo/About", nil).status)
	check(t, []string{"/SysInfo/Version", "/SysInfo/About"}, seen)
	check(t, 1, tn.Calls().Total())
}

func TestCallsAreDescribedByTheirPath(t *testing.T) {
	cases := map[string]struct {
		path  string
		name  string
		reads bool
	}{
		"a call that reads":                     {path: "/SaasManage/GetApplication", name: "SaasManage/GetApplication", reads: true},
		"a call that writes, in other spelling": {path: "/saasmanage/updateapplicationde/", name: "SaasManage/UpdateApplicationDE"},
		"an older name":                         {path: "/SaasManage/StoreRole", name: "Roles/StoreRole"},
		"a request for a token":                 {path: "/OAuth2/Token/orders", name: "OAuth2/Token/orders"},
		"public keys":                           {path: "/OAuth2/Keys/orders", name: "OAuth2/Keys", reads: true},
		"what does not exist":                   {path: "/nothing", name: "Unknown", reads: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, reads := emulator.Describe(tc.path)
			check(t, tc.name, got)
			check(t, tc.reads, reads)
		})
	}
}
