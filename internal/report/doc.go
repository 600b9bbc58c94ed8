// Package report turns what a pass found into conditions, reasons and events.
//
// It holds what the controllers share of reporting; which condition speaks of what is each controller's own.
package report
