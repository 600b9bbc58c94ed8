package atomicfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator/atomicfile"
)

func TestReadersFindOneContentOrTheOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	contents := []string{strings.Repeat("a", 1<<16), strings.Repeat("b", 1<<17)}
	if err := atomicfile.Write(path, []byte(contents[0]), 0o640); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		var err error
		for i := range 100 {
			if err = atomicfile.Write(path, []byte(contents[i%2]), 0o640); err != nil {
				break
			}
		}
		done <- err
	}()
	for finished := false; !finished; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			finished = true
		default:
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != contents[0] && string(text) != contents[1] {
			t.Fatalf("a reader found %d bytes", len(text))
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
}

func TestAWriteThatFailsLeavesNothing(t *testing.T) {
	directory := t.TempDir()
	// A directory with something in it can't be replaced by a file.
	taken := filepath.Join(directory, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(taken, []byte("x"), 0o600); err == nil {
		t.Error("a directory was replaced")
	}
	if err := atomicfile.Write(filepath.Join(directory, "nothing", "file"), []byte("x"), 0o600); err == nil {
		t.Error("a file was written to no directory")
	}
	if left, err := os.ReadDir(directory); err != nil || len(left) != 1 {
		t.Errorf("the directory holds %v, %v", left, err)
	}
}
