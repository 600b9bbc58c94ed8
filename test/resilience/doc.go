// Package resilience breaks the operator at every place at which it does something to the world, and looks at what comes of it.
//
// A [Scenario] is a part of the life of some objects. It is gone through undisturbed first: that gives its boundaries, which are its [Effect]s in
// order, and a [Picture] of how it ends. Then it is gone through once for each boundary and each [Fault], in a fresh [World]: the operator is
// broken there, started again if that ended it, and left alone until it has nothing to do. It must end with the same picture.
//
// The operator is that of internal/operator, all controllers of it, with a cache that shows what the last pass has left, and can be held back. What
// runs it here instead of controller-runtime makes one pass at a time, under a clock that nobody else moves, so that a run can be
// repeated.
package resilience
