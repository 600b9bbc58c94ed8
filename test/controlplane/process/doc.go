// Package process runs other programs for a demo or an end-to-end test, and makes sure that they end when it ends.
//
// A test that panics, or a demo that is killed, has no chance to stop what it has started. So a Guard runs a few lines of
// shell as a watchdog: it waits on a pipe that breaks when the guarded process is gone, however it went, and then kills
// whatever is left.
package process
