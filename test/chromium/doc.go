// Package chromium drives a headless Chromium as a person does: it opens pages, types and presses keys, and reads what is there.
//
// It speaks the DevTools protocol over two pipes, of which it needs a handful of calls, so that the project has no library for it.
package chromium
