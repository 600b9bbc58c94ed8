package simulation_test

import "k8s.io/apimachinery/pkg/runtime"

// discard is a recorder of events that nobody reads.
type discard struct{}

// Eventf drops an event.
func (discard) Eventf(_, _ runtime.Object, _, _, _, _ string, _ ...any) {}
