package oauthclient

import (
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/identity"
)

// surveyAge is for how long imports go by the same list of the applications that were there before them. It is a guess: many applications that are made at
// once, of which each would list all, are made within seconds.
const surveyAge = 5 * time.Second

// Surveys remembers which applications without a name tenants had a moment ago, so that imports that follow each other need one list of them
// (decision 57). Whoever uses it has the lock of Session.Serialize. It is a cache: after a restart nothing is known.
type Surveys struct {
	clock clock.PassiveClock

	mu    sync.Mutex
	known map[surveyed]survey
}

// surveyed is what a survey is of: another user, or another URL, may see other applications.
type surveyed struct {
	tenant     types.UID
	generation int64
}

// surveyed returns of what a survey of this pass is.
func (p *pass) surveyed() surveyed { return surveyed{p.tenant.UID, p.tenant.Generation} }

// survey is a list of the applications without a name, of all templates.
type survey struct {
	time    time.Time
	unnamed []identity.ApplicationSummary
}

// NewSurveys returns Surveys that know of no tenant.
func NewSurveys(clock clock.PassiveClock) *Surveys {
	return &Surveys{clock: clock, known: map[surveyed]survey{}}
}

// get returns the applications without a name that a tenant had a moment ago, and whether that is known.
func (s *Surveys) get(of surveyed) ([]identity.ApplicationSummary, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, found := s.known[of]
	if age := s.clock.Since(last.time); !found || age < 0 || age >= surveyAge {
		return nil, false
	}
	return last.unnamed, true
}

// put notes what a tenant had at a time, and drops what is too old to be of use.
func (s *Surveys) put(of surveyed, unnamed []identity.ApplicationSummary, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.known, func(_ surveyed, old survey) bool { return at.Sub(old.time).Abs() >= surveyAge })
	s.known[of] = survey{time: at, unnamed: slices.Clip(slices.Clone(unnamed))}
}

// forget drops everything: an import has been made of which nobody knows, or has stored, what came of it.
func (s *Surveys) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.known)
}
