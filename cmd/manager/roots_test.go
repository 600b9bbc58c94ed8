package main

import (
	"crypto/x509"
	"os"
	"os/exec"
	"testing"
)

// inEmptyImage is set for a run of this test in which the system has no authorities.
const inEmptyImage = "TEST_IN_EMPTY_IMAGE"

func TestAuthoritiesAreKnownWhereTheSystemHasNone(t *testing.T) {
	if os.Getenv(inEmptyImage) == "" {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), inEmptyImage+"=1", "SSL_CERT_FILE=/none", "SSL_CERT_DIR=/none")
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	roots, err := x509.SystemCertPool()
	if err != nil || roots.Equal(x509.NewCertPool()) {
		t.Errorf("no authority is known, %v", err)
	}
}
