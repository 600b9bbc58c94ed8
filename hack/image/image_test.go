package main

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// binaries stand in for what compile makes: their content, and when and how the files were written.
func binaries(t *testing.T, content string, mode os.FileMode, written time.Time) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		file := filepath.Join(t.TempDir(), "binary")
		if err := os.WriteFile(file, []byte(content+platform), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, written, written); err != nil {
			t.Fatal(err)
		}
		files[platform] = file
	}
	return files
}

func indexOf(t *testing.T, version string, files map[string]string) (v1.ImageIndex, v1.Hash) {
	t.Helper()
	index, err := newIndex("manager", version, files)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return index, digest
}

func TestTheDigestDependsOnContentAndVersionOnly(t *testing.T) {
	now := time.Now()
	_, first := indexOf(t, "v1", binaries(t, "content", 0o700, now))
	if _, again := indexOf(t, "v1", binaries(t, "content", 0o640, now.Add(-time.Hour))); again != first {
		t.Errorf("files of other times and modes make %s, not %s", again, first)
	}
	if _, other := indexOf(t, "v1", binaries(t, "contents", 0o700, now)); other == first {
		t.Error("another binary makes the same image")
	}
	if _, other := indexOf(t, "v2", binaries(t, "content", 0o700, now)); other == first {
		t.Error("another version makes the same image")
	}
}

func TestImagesHoldOneProgramForNobody(t *testing.T) {
	index, _ := indexOf(t, "v1", binaries(t, "content", 0o700, time.Now()))
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var architectures []string
	for _, descriptor := range manifest.Manifests {
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		file, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if descriptor.Platform.Architecture != file.Architecture || file.OS != "linux" {
			t.Errorf("the index names %v, the image %s/%s", descriptor.Platform, file.OS, file.Architecture)
		}
		architectures = append(architectures, file.Architecture)
		if file.Config.User != user || len(file.Config.Entrypoint) != 1 || file.Config.Entrypoint[0] != "/manager" {
			t.Errorf("it runs %q as %q", file.Config.Entrypoint, file.Config.User)
		}
		holdsOnly(t, image, "content"+"linux/"+file.Architecture)
	}
	if len(architectures) != 2 || architectures[0] == architectures[1] {
		t.Errorf("there are images for %v", architectures)
	}
}

// holdsOnly checks that an image has one file: /manager with the given content, for all to run.
func holdsOnly(t *testing.T, image v1.Image, content string) {
	t.Helper()
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	files, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	reader := tar.NewReader(files)
	header, err := reader.Next()
	if err != nil {
		t.Fatal(err)
	}
	found, err := io.ReadAll(reader)
	if err != nil || string(found) != content || header.Name != "manager" || header.Mode != 0o755 || header.Uid != 0 {
		t.Errorf("%s has mode %o and content %q, %v", header.Name, header.Mode, found, err)
	}
	if _, err := reader.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("there is more than the program, or %v", err)
	}
}

func TestTheArchiveIsALayoutWithTheNamesThatItIsFoundBy(t *testing.T) {
	index, digest := indexOf(t, "v1", binaries(t, "content", 0o700, time.Now()))
	for image, full := range map[string]string{
		"oauth-operator:v1":                   "docker.io/library/oauth-operator:v1",
		"registry.example.com/a/operator:v1":  "registry.example.com/a/operator:v1",
		"registry.example.com:5000/operator":  "registry.example.com:5000/operator:latest",
		"docker.io/somebody/oauth-operator:x": "docker.io/somebody/oauth-operator:x",
	} {
		file := filepath.Join(t.TempDir(), "image.tar")
		if err := archive(index, image, file); err != nil {
			t.Fatal(err)
		}
		stored, err := layout.ImageIndexFromPath(unpack(t, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Index(stored); err != nil {
			t.Error(err)
		}
		manifest, err := stored.IndexManifest()
		if err != nil {
			t.Fatal(err)
		}
		if len(manifest.Manifests) != 1 || manifest.Manifests[0].Digest != digest {
			t.Fatalf("%s: the layout has %v, not %s", image, manifest.Manifests, digest)
		}
		if name := manifest.Manifests[0].Annotations["io.containerd.image.name"]; name != full {
			t.Errorf("%s is known as %s, not %s", image, name, full)
		}
	}
	if err := archive(index, "Not A Name", filepath.Join(t.TempDir(), "image.tar")); err == nil {
		t.Error("a name that is none is taken")
	}
}

// unpack returns a directory with the content of an archive.
func unpack(t *testing.T, file string) string {
	t.Helper()
	directory := t.TempDir()
	from, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	reader := tar.NewReader(from)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return directory
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(directory, filepath.FromSlash(header.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
