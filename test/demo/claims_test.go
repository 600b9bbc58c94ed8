package main

import (
	"encoding/base64"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDescribeJWT(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	header, claims := encode([]byte(`{"alg":"RS256"}`)), encode([]byte(`{"scope":"read"}`))
	cases := map[string]struct{ token, want, wantError string }{
		"header and claims are shown, the signature is not": {
			token: header + "." + claims + ".signature",
			want:  "header {\n  \"alg\": \"RS256\"\n}\nclaims {\n  \"scope\": \"read\"\n}\n",
		},
		"an opaque token has nothing to show": {
			token: "opaque", wantError: "decoding a token: 1 parts instead of 3",
		},
		"a part that is no base64 is named": {
			token: header + ".!.signature", wantError: "decoding the claims of a token: illegal base64 data at input byte 0",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := describeJWT(tc.token)
			if message := errorText(err); message != tc.wantError {
				t.Errorf("error is %q, want %q", message, tc.wantError)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
