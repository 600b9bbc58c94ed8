package main

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// archive writes an index as an OCI image layout, in a tar archive, under a name.
func archive(index v1.ImageIndex, image, output string) (err error) {
	annotations, err := names(image)
	if err != nil {
		return err
	}
	directory, err := os.MkdirTemp("", "layout-")
	if err != nil {
		return fmt.Errorf("making a directory for the layout: %w", err)
	}
	defer os.RemoveAll(directory)
	path, err := layout.Write(directory, empty.Index)
	if err != nil {
		return fmt.Errorf("writing the layout: %w", err)
	}
	if err := path.AppendIndex(index, layout.WithAnnotations(annotations)); err != nil {
		return fmt.Errorf("writing the layout: %w", err)
	}
	file, err := os.Create(output) //nolint:gosec // the caller names it
	if err != nil {
		return fmt.Errorf("creating the archive: %w", err)
	}
	if err := pack(os.DirFS(directory), file); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(output), err)
	}
	return file.Close()
}

// names returns the annotations by which an image is known once it is imported: to containerd by its full name, as a kubelet asks for it, to others
// by its tag.
func names(image string) (map[string]string, error) {
	tag, err := name.NewTag(image)
	if err != nil {
		return nil, fmt.Errorf("reading the name of the image: %w", err)
	}
	return map[string]string{
		"io.containerd.image.name":          strings.Replace(tag.Name(), name.DefaultRegistry, "docker.io", 1),
		"org.opencontainers.image.ref.name": tag.TagStr(),
	}, nil
}

// pack writes files to a tar archive, in the order of their names, with no times and no owners.
func pack(files fs.FS, to io.Writer) error {
	writer := tar.NewWriter(to)
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: path, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content)), ModTime: epoch(), Format: tar.FormatPAX}
		if err := writer.WriteHeader(header); err != nil {
			return err
		}
		_, err = writer.Write(content)
		return err
	})
	if err != nil {
		return err
	}
	return writer.Close()
}
