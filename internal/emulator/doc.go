// Package emulator is a small, faithful stand-in for a CyberArk Identity tenant, for tests, demos and development.
// It is not for production.
//
// An [Emulator] serves HTTPS under a certificate authority of its own and answers the admin calls (applications,
// grants, users, roles, queries) and the OAuth endpoints (tokens, introspection, revocation, keys, discovery) the way
// the service does: paths and JSON keys in any case, business errors as HTTP 200 with success false, and a set of
// defaults that is wrong for machines. It enforces what the service enforces: flows, scopes and their REST patterns,
// grants, client flags, administrative rights, account states and lifetimes.
//
// Where the behaviour of the service is not known, [Switches] choose between the readings. [Fault] makes a tenant
// misbehave, [RateLimit] makes it refuse calls, [Counters] and an audit log tell what a client called, and the methods
// that change state directly play the part of an administrator who works beside the client under test. A tenant lives in
// memory, or in a file that survives the process.
//
// The package shares no code with the clients that are tested against it, so that a misunderstanding of the wire cannot
// hide on both sides.
package emulator
