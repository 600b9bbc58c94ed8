// Package pkce holds the proof key for code exchange (RFC 7636) as an authorization server checks it.
package pkce

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"regexp"
)

// The code challenge methods.
const (
	S256  = "S256"
	Plain = "plain"
)

// Challenge is what an authorization request says about the key. The zero value is the challenge of a request without
// one, which nothing proves.
type Challenge struct {
	method string
	value  string
}

// unreserved is the form of verifiers and plain challenges (RFC 7636 section 4.1), and of S256 challenges as well,
// which have 43 characters.
var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// Parse reads the parameters code_challenge and code_challenge_method. Both empty is the zero Challenge; a challenge
// without a method is plain (RFC 7636 section 4.3).
func Parse(challenge, method string) (Challenge, error) {
	switch {
	case challenge == "" && method == "":
		return Challenge{}, nil
	case challenge == "":
		return Challenge{}, errors.New("code_challenge is missing")
	case !unreserved.MatchString(challenge):
		return Challenge{}, errors.New("code_challenge must have 43 to 128 unreserved characters")
	}
	switch method {
	case "", Plain:
		return Challenge{method: Plain, value: challenge}, nil
	case S256:
		if sum, err := base64.RawURLEncoding.Strict().DecodeString(challenge); err != nil || len(sum) != sha256.Size {
			return Challenge{}, errors.New("code_challenge is no hash")
		}
		return Challenge{method: S256, value: challenge}, nil
	}
	return Challenge{}, errors.New("code_challenge_method must be S256 or plain")
}

// IsZero tells a request without a challenge.
func (c Challenge) IsZero() bool { return c.method == "" }

// Proves tells whether the verifier is the one that the challenge was made from, in time that does not depend on it.
func (c Challenge) Proves(verifier string) bool {
	if c.IsZero() || !unreserved.MatchString(verifier) {
		return false
	}
	if c.method == S256 {
		sum := sha256.Sum256([]byte(verifier))
		verifier = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return subtle.ConstantTimeCompare([]byte(verifier), []byte(c.value)) == 1
}
