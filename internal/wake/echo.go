package wake

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// echo is how long after a change of an object its owner is looked at: mostly it was the owner's own pass that has written the object, and the status
// after it.
const echo = 200 * time.Millisecond

// Echoes knows what this process has written last, so that the events of it can be told from those of others, and a cache that shows it from one that lags
// behind. It is a cache itself: after a restart everything is taken for that of others.
type Echoes struct {
	clock clock.Clock

	mu       sync.Mutex
	versions map[types.UID]string
}

// NewEchoes returns an Echoes that knows of no write.
func NewEchoes(clock clock.Clock) *Echoes {
	return &Echoes{clock: clock, versions: map[types.UID]string{}}
}

// Wrote notes the resource version that an own write has given an object. On a nil Echoes it does nothing.
func (e *Echoes) Wrote(object types.UID, version string) {
	if e == nil || version == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.versions[object] = version
}

// Last says whether a resource version of an object is that of the last own write. On a nil Echoes none is.
func (e *Echoes) Last(object types.UID, version string) bool {
	if e == nil || version == "" {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.versions[object] == version
}

func (e *Echoes) forget(o client.Object) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.versions, o.GetUID())
}
