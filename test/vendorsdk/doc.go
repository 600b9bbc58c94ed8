// Package vendorsdk lets CyberArk's own SDK for Go work on the local tenant, as it is published and without a change: it logs
// in, and makes, reads, changes and removes applications, permissions, users, roles and attributes. `make emulator-sdk` runs it.
package vendorsdk
