// Package narration tells people what a long command does, and since when.
package narration

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Narrator tells what happens, with the time that has passed.
type Narrator struct {
	out   io.Writer
	start time.Time
}

// New returns a Narrator that writes to out. The time begins now.
func New(out io.Writer) *Narrator { return &Narrator{out: out, start: time.Now()} }

// Heading begins a part.
func (n *Narrator) Heading(format string, args ...any) {
	fmt.Fprintf(n.out, "\n%s%s\n", n.elapsed(), fmt.Sprintf(format, args...))
}

// Say tells one thing.
func (n *Narrator) Say(format string, args ...any) {
	fmt.Fprintf(n.out, "%s  %s\n", n.elapsed(), fmt.Sprintf(format, args...))
}

// Quote shows text of several lines beneath what was said.
func (n *Narrator) Quote(text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		fmt.Fprintf(n.out, "%10s    %s\n", "", strings.TrimRight(line, "\n"))
	}
}

// Print prints text as it is, such as a table.
func (n *Narrator) Print(text string) { fmt.Fprintln(n.out, text) }

// Elapsed returns how much time has passed.
func (n *Narrator) Elapsed() time.Duration { return time.Since(n.start) }

func (n *Narrator) elapsed() string { return fmt.Sprintf("%6.1f s  ", n.Elapsed().Seconds()) }
