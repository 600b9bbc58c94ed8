package upgrade_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// version is a version of the project, as people install it.
type version struct {
	// name is what messages call it.
	name string
	// manifests are what config/default renders.
	manifests []*unstructured.Unstructured
	// manager is the file of the operator.
	manager string
}

// versions returns the version before and the present one. The test is skipped where nobody knows of an earlier one.
func versions(t *testing.T) (before, present version) {
	t.Helper()
	declareInputs(t)
	commit := previous(t)
	sources := filepath.Join(t.TempDir(), "sources")
	if err := extract(commit, sources); err != nil {
		t.Fatal(err)
	}
	type result struct {
		version
		err error
	}
	results := make(chan result, 1)
	go func() {
		v, err := build("before", sources, t.TempDir())
		results <- result{v, err}
	}()
	present, err := build("present", environment.Root(), t.TempDir())
	earlier := <-results
	if err := errors.Join(err, earlier.err); err != nil {
		t.Fatal(err)
	}
	t.Logf("the version before is commit %s", commit)
	return earlier.version, present
}

// declareInputs looks at what the outcome depends on beside the code: go test keeps what has passed until a file that the test has looked at changes,
// and does not see what kustomize and git read.
func declareInputs(t *testing.T) {
	t.Helper()
	walk := func(string, fs.DirEntry, error) error { return nil }
	if err := filepath.WalkDir(filepath.Join(environment.Root(), "config"), walk); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stat(filepath.Join(environment.Root(), ".git", "logs", "HEAD"))
}

// previous returns the commit to upgrade from: UPGRADE_FROM, else the last release, else the one before the last that has changed what is installed.
func previous(t *testing.T) string {
	t.Helper()
	if asked := os.Getenv("UPGRADE_FROM"); asked != "" {
		commit, err := git("rev-parse", "--verify", asked+"^{commit}")
		if err != nil {
			t.Fatalf("finding UPGRADE_FROM: %v", err)
		}
		return commit
	}
	last, err := git("log", "-1", "--format=%H", "HEAD", "--",
		"api", "cmd/manager", "config", "internal", "go.mod", "go.sum", ":!internal/emulator", ":!*_test.go", ":!config/samples")
	if err != nil {
		t.Skipf("there is no version to upgrade from, because this is no checkout with a history: %v", err)
	}
	parent, err := git("rev-parse", "--verify", "--quiet", last+"^")
	if err != nil {
		t.Skip("there is no version to upgrade from, because the checkout is shallow: git fetch --unshallow, or name a commit in UPGRADE_FROM")
	}
	if release, err := git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", parent); err == nil {
		return release
	}
	return parent
}

// extract writes the files of a commit to a directory.
func extract(commit, directory string) error {
	if err := os.Mkdir(directory, 0o700); err != nil {
		return err
	}
	archive := directory + ".tar"
	if _, err := git("archive", "--format=tar", "--output="+archive, commit); err != nil {
		return err
	}
	_, err := run(directory, "tar", "-xf", archive)
	return err
}

// build makes a version from its sources.
func build(name, sources, directory string) (version, error) {
	v := version{name: name, manager: filepath.Join(directory, "manager")}
	// As for an image, so that most of it is in Go's cache.
	if _, err := run(sources, "env", "CGO_ENABLED=0", "go", "build", "-trimpath", "-buildvcs=false", "-o", v.manager, "./cmd/manager"); err != nil {
		return version{}, err
	}
	kustomize, err := run(environment.Root(), "go", "tool", "-n", "-modfile=go.install.mod", "kustomize")
	if err != nil {
		return version{}, err
	}
	rendered, err := run(sources, kustomize, "build", filepath.Join("config", "default"))
	if err != nil {
		return version{}, err
	}
	v.manifests, err = decode(rendered)
	return v, err
}

// decode reads manifests.
func decode(manifests string) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(manifests), 4096)
	for {
		object := &unstructured.Unstructured{}
		switch err := decoder.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, fmt.Errorf("reading manifests: %w", err)
		case len(object.Object) > 0:
			objects = append(objects, object)
		}
	}
}

// git runs git in the checkout of this test.
func git(args ...string) (string, error) { return run(environment.Root(), "git", args...) }

// run runs a program in a directory, and returns what it prints.
func run(directory, program string, args ...string) (string, error) {
	command := exec.Command(program, args...) //nolint:noctx // it ends by itself
	command.Dir = directory
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("running %s %s: %w\n%s", filepath.Base(program), strings.Join(args, " "), err, &problems)
	}
	return strings.TrimSpace(out.String()), nil
}
