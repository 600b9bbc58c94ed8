package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// user that the image runs as: nobody in particular, and not root.
const user = "65532:65532"

// epoch is when everything in an image was made, so that the same content is the same image.
func epoch() time.Time { return time.Unix(0, 0).UTC() }

// newIndex returns an image for each platform with nothing in it but the binary that is built for it, at /COMMAND.
func newIndex(command, version string, binaries map[string]string) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, platform := range slices.Sorted(maps.Keys(binaries)) {
		system, architecture, _ := strings.Cut(platform, "/")
		image, err := newImage(command, version, system, architecture, binaries[platform])
		if err != nil {
			return nil, fmt.Errorf("making the image for %s: %w", platform, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: system, Architecture: architecture}},
		})
	}
	return index, nil
}

func newImage(command, version, system, architecture, binary string) (v1.Image, error) {
	content, err := os.ReadFile(binary) //nolint:gosec // what was built a moment ago
	if err != nil {
		return nil, fmt.Errorf("reading the binary: %w", err)
	}
	layer, err := newLayer(command, content)
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(base, mutate.Addendum{
		Layer: layer, MediaType: types.OCILayer, History: v1.History{Created: v1.Time{Time: epoch()}, CreatedBy: "hack/image"},
	})
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Created = system, architecture, v1.Time{Time: epoch()}
	file.Config = v1.Config{
		User: user, Entrypoint: []string{"/" + command}, WorkingDir: "/",
		Labels: map[string]string{
			"org.opencontainers.image.title":    command,
			"org.opencontainers.image.version":  version,
			"org.opencontainers.image.source":   "https://github.com/oauth-operator/oauth-operator",
			"org.opencontainers.image.licenses": "Apache-2.0",
		},
	}
	return mutate.ConfigFile(image, file)
}

// newLayer returns a layer with one program.
func newLayer(command string, content []byte) (v1.Layer, error) {
	var files bytes.Buffer
	writer := tar.NewWriter(&files)
	header := &tar.Header{Name: command, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content)), ModTime: epoch(), Format: tar.FormatPAX}
	if err := writer.WriteHeader(header); err != nil {
		return nil, fmt.Errorf("writing a layer: %w", err)
	}
	if _, err := writer.Write(content); err != nil {
		return nil, fmt.Errorf("writing a layer: %w", err)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("writing a layer: %w", err)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer))
}
