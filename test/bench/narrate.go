package main

import (
	"fmt"
	"io"
	"time"
)

// narrator tells what happens, with the time that has passed.
type narrator struct {
	out   io.Writer
	start time.Time
}

// heading begins a scenario.
func (n *narrator) heading(format string, args ...any) {
	fmt.Fprintf(n.out, "\n%s%s\n", n.elapsed(), fmt.Sprintf(format, args...))
}

// say tells one thing.
func (n *narrator) say(format string, args ...any) {
	fmt.Fprintf(n.out, "%s  %s\n", n.elapsed(), fmt.Sprintf(format, args...))
}

// show prints text as it is.
func (n *narrator) show(text string) { fmt.Fprintln(n.out, text) }

func (n *narrator) elapsed() string { return fmt.Sprintf("%6.1f s  ", time.Since(n.start).Seconds()) }
