//go:build race

package template_test

// raced says that the race detector is on, which makes fmt allocate many times as much.
const raced = true
