package schedule

import (
	"math/bits"
	"time"
)

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
