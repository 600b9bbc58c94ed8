package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// narrator tells what happens, with the time that has passed.
type narrator struct {
	out   io.Writer
	start time.Time
}

// heading begins a part.
func (n *narrator) heading(format string, args ...any) {
	fmt.Fprintf(n.out, "\n%s%s\n", n.elapsed(), fmt.Sprintf(format, args...))
}

// say tells one thing.
func (n *narrator) say(format string, args ...any) {
	fmt.Fprintf(n.out, "%s  %s\n", n.elapsed(), fmt.Sprintf(format, args...))
}

// show quotes text of several lines.
func (n *narrator) show(text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		fmt.Fprintf(n.out, "%10s    %s\n", "", strings.TrimRight(line, "\n"))
	}
}

func (n *narrator) elapsed() string {
	return fmt.Sprintf("%6.1f s  ", time.Since(n.start).Seconds())
}
