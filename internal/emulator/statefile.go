package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"github.com/oauth-operator/oauth-operator/internal/emulator/atomicfile"
)

// stateFile is where a tenant is saved.
type stateFile struct {
	path string
	// effects counts the calls that may have had an effect.
	effects atomic.Int64

	mu      sync.Mutex // guards what follows, and writing
	covered int64      // how many effects the file has
	content []byte     // what was written last
}

// populate fills the tenant: from its file where there is one, else from the seed. A tenant that can't be filled has no
// file, so that none is overwritten.
func (e *Emulator) populate() error {
	if e.options.StateFile == "" {
		return e.begin()
	}
	file := &stateFile{path: e.options.StateFile}
	text, err := os.ReadFile(file.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = e.begin()
	case err != nil:
		return fmt.Errorf("reading the saved state: %w", err)
	default:
		err = e.resume(text)
	}
	if err != nil {
		return err
	}
	e.file = file
	return e.save()
}

// begin fills the tenant from the seed, under a certificate authority of its own.
func (e *Emulator) begin() (err error) {
	if e.authority, err = newAuthority(); err != nil {
		return err
	}
	return e.plant(e.options.Seed)
}

// resume fills the tenant with what was saved.
func (e *Emulator) resume(text []byte) error {
	from, err := parseSaved(text)
	if err != nil {
		return err
	}
	return e.restore(from)
}

// saveAfter saves the tenant after a call, where it has a file. The answer waits for it: what a client has been told has
// happened. Calls that come together share one write.
func (e *Emulator) saveAfter(op operation, a answer) answer {
	if e.file == nil || op.reads {
		return a
	}
	if err := e.save(); err != nil {
		e.logger.Error("State not saved", "error", err)
		return htmlAnswer(http.StatusInternalServerError, "The state could not be saved")
	}
	return a
}

// save brings the file up to date. It does nothing without one.
func (e *Emulator) save() error {
	if e.file == nil {
		return nil
	}
	f := e.file
	mine := f.effects.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.covered >= mine {
		return nil // somebody else's write came after this call's effect
	}
	covers := f.effects.Load()
	text, err := e.snapshot(e.now())
	if err != nil {
		return err
	}
	if !bytes.Equal(text, f.content) {
		if err := atomicfile.Write(f.path, text, 0o600); err != nil {
			return fmt.Errorf("saving the state: %w", err)
		}
		f.content = text
	}
	f.covered = covers
	return nil
}
