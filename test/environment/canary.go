package environment

import (
	"crypto/rand"
	"fmt"
	"maps"
	"sync"
)

// texts are collected in the course of a test, also by its subtests.
type texts struct {
	// name of those that come without one.
	name string

	mu  sync.Mutex
	all map[string]string
	n   int
}

// add adds a text under a name; "" for the name that all have, with a number.
func (c *texts) add(name, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]string{}
	}
	if c.n++; name == "" {
		name = fmt.Sprintf("%s %d", c.name, c.n)
	}
	c.all[name] += text
}

// named returns all texts by name.
func (c *texts) named() map[string]string {
	out := map[string]string{}
	c.addTo(out)
	return out
}

// addTo adds all texts to others.
func (c *texts) addTo(others map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(others, c.all)
}

// Canary returns a text to put into the tenant's answers. After the test, nothing that people can read may have it.
func (w *World) Canary() string {
	canary := "canary-" + rand.Text()
	w.Forbid(canary)
	return canary
}

// Forbid names a text that nothing that people can read may have after the test.
func (w *World) Forbid(text string) { w.forbidden.add("", text) }

// Saw names a text that people can read, besides what each world has, such as the log of a program. Nothing secret may be in it.
func (w *World) Saw(where, text string) { w.seen.add(where, text+"\n") }
