package verification

import (
	"context"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/failure"
)

const (
	// refreshLeast is how often at most a key set is read again because it does not fit a token.
	refreshLeast = 5 * time.Minute
	// absentLeast is how often at most keys are asked for that the tenant does not have. Some tenants publish none, and a renewal is to
	// cost one call.
	absentLeast = 24 * time.Hour
)

// keySet holds the keys of one application. The turn must be taken before anything else is looked at.
type keySet struct {
	clock clock.PassiveClock
	turn  chan struct{}

	keys jose.JSONWebKeySet
	// reads counts the times that the keys were read.
	reads int
	// err is why there are no keys; nil when there are.
	err error
	// next is when they may be read again.
	next time.Time
}

func newKeySet(clock clock.PassiveClock) *keySet {
	return &keySet{clock: clock, turn: make(chan struct{}, 1)}
}

// known are keys as they were at one moment.
type known struct {
	jose.JSONWebKeySet
	// reads is how often they had been read by then.
	reads int
	// fresh says that they were read for whoever asked.
	fresh bool
}

func (k known) newer(than known) bool { return k.reads > than.reads }

// get returns the keys, which are read if nobody has read them. seen is how often they had been read when the caller found that they do not
// fit its token: then they are read again, if that may be. Who comes while they are read waits for the outcome.
func (s *keySet) get(ctx context.Context, seen int, read func(context.Context) (jose.JSONWebKeySet, error)) (known, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return known{}, ctx.Err()
	}
	now := s.clock.Now()
	due := s.wanted(seen) && s.mayRead(now)
	if due {
		keys, err := read(ctx)
		if ctx.Err() != nil {
			return known{}, ctx.Err() // says nothing about the tenant
		}
		s.note(now, keys, err)
	}
	return known{s.keys, s.reads, due}, s.err
}

func (s *keySet) wanted(seen int) bool { return s.err != nil || s.reads <= seen }

// mayRead is true as well when the clock was set back by more than any wait.
func (s *keySet) mayRead(now time.Time) bool {
	left := s.next.Sub(now)
	return left <= 0 || left > absentLeast
}

// note keeps the outcome of a read. Keys that are there stay when they cannot be read again.
func (s *keySet) note(now time.Time, keys jose.JSONWebKeySet, err error) {
	s.next = now.Add(refreshLeast)
	switch {
	case err == nil:
		s.keys, s.err = keys, nil
		s.reads++
	case s.reads > 0:
	default:
		s.err = err
		if isAbsence(err) {
			s.next = now.Add(absentLeast)
		}
	}
}

// isAbsence says whether an answer means that there are no keys to be had, and not that the tenant cannot answer now.
func isAbsence(err error) bool {
	var answered interface{ FailureClass() failure.Class }
	if !errors.As(err, &answered) {
		return false
	}
	class := answered.FailureClass()
	return class == failure.Rejected || class == failure.Unauthorized || class == failure.Unexpected
}
