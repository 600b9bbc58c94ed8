package environment

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkShown looks for the tokens of a fleet in a long log.
func BenchmarkShown(b *testing.B) {
	secrets := map[string]string{}
	for i := range 1000 {
		secrets[fmt.Sprint("token ", i)] = "eyJhbGciOiJSUzI1NiJ9." + strings.Repeat(rand.Text(), 20)
	}
	text := strings.Repeat(`"level"=5 "msg"="Reconcile done, requeueing after 10m0s" "controller"="confidentialclient" "name"="`+rand.Text()+"\"\n", 80_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if found := shown(text, secrets); len(found) > 0 {
			b.Fatal(found)
		}
	}
}
