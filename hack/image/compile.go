package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// versionVariable is what the linker sets to the version.
const versionVariable = "github.com/oauth-operator/oauth-operator/internal/version.release"

// compile builds a command for a platform such as linux/amd64. What it makes depends on the sources, the version of Go and the version only: not on
// where the checkout is, nor on whether it is one.
func compile(root, command, version, platform, output string) error {
	system, architecture, ok := strings.Cut(platform, "/")
	if !ok {
		return fmt.Errorf("platform %q is not of the form linux/amd64", platform)
	}
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", //nolint:gosec,noctx // it is the caller's own checkout
		"-ldflags=-s -w -buildid= -X "+versionVariable+"="+version, "-o", output, command)
	build.Dir = root
	// Not this module's: go build is about another.
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture, "GOFLAGS=", "GOWORK=off")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building %s for %s: %w", command, platform, err)
	}
	return nil
}
