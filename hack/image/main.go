// Command image builds a command of this project and puts it into an OCI image, for several platforms, without a container engine and without a
// registry. The same sources give the same image, wherever and whenever it is built.
//
//	go run . --root=../.. --package=./cmd/manager --name=oauth-operator:latest --version=v1.2.3 --output=../../bin/oauth-operator.tar
//
// The output is an OCI image layout in a tar archive, which `ctr image import`, `kind load image-archive`, `docker load`, `podman load`, `skopeo` and
// `crane push` read. Standard output has the digest of its index. It is a module of its own, so that the operator has nothing of what it needs.
package main

import (
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	root := flags.String("root", ".", "root of the checkout")
	command := flags.String("package", "./cmd/manager", "package of the command to build, from the root")
	name := flags.String("name", "oauth-operator:latest", "name of the image")
	version := flags.String("version", "", "version that the command tells")
	platforms := flags.String("platforms", "linux/amd64,linux/arm64", "platforms, separated by commas")
	output := flags.String("output", "", "file to write the archive to; only the digest is printed when empty")
	if err := flags.Parse(args); err != nil {
		return err
	}
	binaries, err := os.MkdirTemp("", "image-")
	if err != nil {
		return fmt.Errorf("making a directory for the binaries: %w", err)
	}
	defer os.RemoveAll(binaries)
	content := map[string]string{}
	for platform := range strings.SplitSeq(*platforms, ",") {
		binary := filepath.Join(binaries, strings.ReplaceAll(platform, "/", "-"))
		if err := compile(*root, *command, *version, platform, binary); err != nil {
			return err
		}
		content[platform] = binary
	}
	index, err := newIndex(path.Base(*command), *version, content)
	if err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return fmt.Errorf("computing the digest: %w", err)
	}
	if *output != "" {
		if err := archive(index, *name, *output); err != nil {
			return err
		}
	}
	fmt.Println(digest)
	return nil
}
