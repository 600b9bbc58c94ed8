package operator_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/operator"
)

func TestProfilesAreForThisMachineOnly(t *testing.T) {
	cases := map[string]struct {
		address string
		valid   bool
	}{
		"none is the default":               {operator.DefaultOptions("").ProfilingAddress, true},
		"a loopback address":                {"127.0.0.1:6060", true},
		"a loopback address of IPv6":        {"[::1]:6060", true},
		"all addresses of the pod":          {":6060", false},
		"the unspecified address":           {"0.0.0.0:6060", false},
		"an address of the pod":             {"10.0.0.7:6060", false},
		"a name, which may mean any":        {"localhost:6060", false},
		"a loopback address without port":   {"127.0.0.1", false},
		"nothing, which is not said with 0": {"", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			options := operator.DefaultOptions("operator")
			options.ProfilingAddress = tc.address
			if err := options.Validate(); (err == nil) != tc.valid {
				t.Errorf("%q gives %v", tc.address, err)
			}
		})
	}
}
