package emulator_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		e, err := emulator.Start(emulator.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
