// Package template renders the keys of a published Secret from Go templates that application teams write.
//
// It is pure: a template sees the values that it is given and functions that neither read a clock, randomness, the environment or the
// network, nor run for long. Nothing that it is given is ever part of an error.
package template
