package schedule

import (
	"math/bits"
	"time"
)

// Priorities in the work queues, besides those of tokens, which are above all of them. controller-runtime gives objects that it lists at its
// start -100.
const (
	// PriorityChanged is for objects that are new, that somebody has changed, or that something they wait for has woken.
	PriorityChanged = 0
	// PriorityRotation is for credentials that are replaced because of their age.
	PriorityRotation = -10
	// PriorityDrift is for objects that are as they were declared when they were last looked at.
	PriorityDrift = -20
)

// Ahead returns the priority of what goes before everything of a priority that no token has, and behind everything of the one above.
func Ahead(priority int) int { return priority + 1 }

const (
	// priorityStep is the shortest time left that is told apart from none.
	priorityStep = 30 * time.Second
	// priorityMost is for a token that has expired, or is about to.
	priorityMost = 16
)

// Priority returns how urgent an object is in the work queue whose token lives for left when it is its turn: the less, the higher, and never less
// than 1, so that tokens come before objects that have none. Each doubling of the time left makes a step, because the queue's metrics have a series
// for each priority.
func Priority(left time.Duration) int {
	steps := bits.Len64(uint64(max(left, 0) / priorityStep))
	return max(priorityMost-steps, 1)
}
