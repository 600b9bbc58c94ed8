// Package load measures how fast the local tenant serves, against what the same machine does at the same time without it:
// signing alone, and answering HTTPS alone. `make emulator-load` runs it; the figures are ratios, so that they mean the same
// on a slow machine and on a busy one.
package load
