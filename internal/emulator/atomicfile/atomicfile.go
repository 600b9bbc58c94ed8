// Package atomicfile replaces files so that a reader finds the old content or the new one, whenever the writer dies.
package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write replaces the file at path by one with the content and mode. The content is on the disk when Write returns, also
// should the machine fail. On an error the old file is as it was.
//
// The temporary file beside it is private until it has its mode. One that a killed writer left is never read, and named
// after the file with a dot before and a random end.
func Write(path string, content []byte, mode os.FileMode) (err error) {
	directory := filepath.Dir(path)
	temporary, err := os.CreateTemp(directory, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("making a temporary file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("writing a temporary file: %w", err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("replacing the file: %w", err)
	}
	syncDirectory(directory)
	return nil
}

// syncDirectory makes the new name of a file durable, where the file system can. The file is whole whatever comes of it.
func syncDirectory(path string) {
	directory, err := os.Open(path) //nolint:gosec // the directory of a file that the caller names
	if err != nil {
		return
	}
	_ = directory.Sync()
	_ = directory.Close()
}
