// Package handle keeps things that are found by a random text that was handed out, such as authorization codes, refresh
// tokens and sessions. It keeps a hash of the text only, and forgets what has expired.
package handle

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"iter"
	"time"
)

// New returns a fresh text: 256 random bits in the alphabet of URLs.
func New() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// Store keeps things of one kind. The zero value is empty and ready for use. It is not safe for concurrent use.
type Store[T any] struct {
	entries map[[sha256.Size]byte]entry[T]
	limit   int // how many entries make the next Put look for expired ones
}

type entry[T any] struct {
	value   T
	expires time.Time
}

// minLimit is below how many entries nothing is looked for.
const minLimit = 64

// Put keeps value under text until expires. Now and then it forgets what expired before now, so that the memory is in
// proportion to what lives.
func (s *Store[T]) Put(text string, value T, expires, now time.Time) {
	if s.entries == nil {
		s.entries, s.limit = map[[sha256.Size]byte]entry[T]{}, minLimit
	}
	if len(s.entries) >= s.limit {
		for sum, old := range s.entries {
			if !now.Before(old.expires) {
				delete(s.entries, sum)
			}
		}
		s.limit = max(minLimit, 2*len(s.entries))
	}
	s.entries[sha256.Sum256([]byte(text))] = entry[T]{value: value, expires: expires}
}

// Get returns what is kept under text, unless it has expired. That texts are compared by their hashes keeps the time
// that it takes from telling how much of a guess is right.
func (s *Store[T]) Get(text string, now time.Time) (value T, ok bool) {
	found, ok := s.entries[sha256.Sum256([]byte(text))]
	if !ok || !now.Before(found.expires) {
		var none T
		return none, false
	}
	return found.value, true
}

// Delete forgets what is kept under text, if anything is.
func (s *Store[T]) Delete(text string) { delete(s.entries, sha256.Sum256([]byte(text))) }

// Clear forgets everything.
func (s *Store[T]) Clear() { clear(s.entries) }

// Len returns how many things are kept, expired ones included that have not been forgotten yet.
func (s *Store[T]) Len() int { return len(s.entries) }

// All yields what is kept with the hash of its text, in no order, expired things included that have not been forgotten yet.
func (s *Store[T]) All() iter.Seq2[[sha256.Size]byte, T] {
	return func(yield func([sha256.Size]byte, T) bool) {
		for sum, found := range s.entries {
			if !yield(sum, found.value) {
				return
			}
		}
	}
}

// Restore keeps value under the hash of a text, as All yields it.
func (s *Store[T]) Restore(sum [sha256.Size]byte, value T, expires time.Time) {
	if s.entries == nil {
		s.entries, s.limit = map[[sha256.Size]byte]entry[T]{}, minLimit
	}
	s.entries[sum] = entry[T]{value: value, expires: expires}
}
