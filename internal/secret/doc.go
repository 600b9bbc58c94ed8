// Package secret reads Secrets that users refer to, and writes the Secrets that the operator manages.
//
// It never returns a value in an error, and never writes a Secret whose controller is another object.
package secret
