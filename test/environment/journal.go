package environment

import (
	"slices"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
)

// Journal keeps what is logged, so that tests can look for what must not be in it.
type Journal struct {
	mu    sync.Mutex
	lines []string
}

// Logger returns a logger that writes everything, at the highest level, to the journal.
func (j *Journal) Logger() logr.Logger {
	const everything = 10
	return funcr.New(func(prefix, args string) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.lines = append(j.lines, prefix+" "+args)
	}, funcr.Options{Verbosity: everything})
}

// String returns all lines.
func (j *Journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "\n")
}

// Size returns about how many bytes the journal takes.
func (j *Journal) Size() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	size := cap(j.lines) * 16 // the header of a string
	for _, line := range j.lines {
		size += len(line)
	}
	return size
}

// mark returns where the journal ends now.
func (j *Journal) mark() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.lines)
}

// since returns the lines that were written after a mark.
func (j *Journal) since(mark int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines[mark:], "\n")
}

// Tail returns the last lines, for the message of a failed test.
func (j *Journal) Tail(lines int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	const widest = 400
	var tail []string
	for i := len(j.lines) - 1; i >= 0 && len(tail) < lines; i-- {
		line := j.lines[i]
		if strings.Contains(line, "workqueue_items") { // controller-runtime's own, twice a second
			continue
		}
		tail = append(tail, line[:min(len(line), widest)])
	}
	slices.Reverse(tail)
	return strings.Join(tail, "\n")
}
