package operator_test

import (
	"flag"
	"io"
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

func TestFlagsOfShards(t *testing.T) {
	for name, tc := range map[string]struct {
		args     []string
		selector string
		shards   int
		valid    bool
	}{
		"without any, there is one with everything": {nil, "", 1, true},
		"one of three":                   {[]string{"--shard-selector=oauth-operator.dev/shard=a", "--shards=3"}, "oauth-operator.dev/shard in (a)", 3, true},
		"the rest":                       {[]string{"--shard-selector=!oauth-operator.dev/shard"}, "!oauth-operator.dev/shard", 1, true},
		"what is no selector is refused": {args: []string{"--shard-selector=a b"}},
		"no shards are refused":          {args: []string{"--shards=0"}},
	} {
		t.Run(name, func(t *testing.T) {
			options, flags := operator.DefaultOptions("operator"), flag.NewFlagSet("manager", flag.ContinueOnError)
			flags.SetOutput(io.Discard)
			options.AddFlags(flags)
			err := flags.Parse(tc.args)
			if err == nil {
				err = options.Validate()
			}
			if (err == nil) != tc.valid {
				t.Fatalf("%v gives %v", tc.args, err)
			}
			if tc.valid && (options.Shard.String() != tc.selector || options.Shards != tc.shards) {
				t.Errorf("the selector is %q, and there are %d shards", options.Shard, options.Shards)
			}
		})
	}
}
