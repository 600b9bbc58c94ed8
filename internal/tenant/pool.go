package tenant

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Pool hands out Sessions by name. It is safe for concurrent use.
type Pool struct {
	clock   clock.Clock
	observe Observer

	mu       sync.Mutex
	sessions map[string]*Session
	gates    map[string]*gate // by tenant URL
}

// NewPool returns an empty Pool. observe may be nil.
func NewPool(clock clock.Clock, observe Observer) *Pool {
	if observe == nil {
		observe = func(string, string, time.Duration) {}
	}
	return &Pool{clock: clock, observe: observe, sessions: map[string]*Session{}, gates: map[string]*gate{}}
}

// Session returns the Session of this name. As long as the settings stay the same it is the same Session, with its
// connections and its login; only settings.Credential is replaced each time. Other settings make a new one, and
// calls under way on the old one end undisturbed.
//
// The error tells a user what is wrong with the URL or the CA bundle.
func (p *Pool) Session(name string, settings Settings) (*Session, error) {
	settings, err := settings.complete()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.sessions[name]
	if old != nil && old.settings.equal(settings) {
		old.login.setCredential(settings.Credential)
		return old, nil
	}
	roots, err := trustedRoots(settings.CABundle)
	if err != nil {
		return nil, err
	}
	g := p.gates[settings.URL]
	if g == nil {
		g = newGate(p.clock)
		p.gates[settings.URL] = g
	}
	session := newSession(settings, g, roots, p.clock, p.observe)
	p.sessions[name] = session
	p.settle(old, session)
	return session, nil
}

// Forget drops the Session of this name, if there is one.
func (p *Pool) Forget(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.sessions[name]
	delete(p.sessions, name)
	p.settle(old, nil)
}

// settle cleans up after old has been replaced by current, or by nothing: gates belong to URLs and outlive Sessions
// as long as there is another one for the URL.
func (p *Pool) settle(old, current *Session) {
	if old != nil {
		old.transport.CloseIdleConnections()
		p.settleGate(old.settings.URL)
	}
	if current != nil && (old == nil || old.settings.URL != current.settings.URL) {
		p.settleGate(current.settings.URL)
	}
}

func (p *Pool) settleGate(url string) {
	var limits []Settings
	for _, s := range p.sessions {
		if s.settings.URL == url {
			limits = append(limits, s.settings)
		}
	}
	if len(limits) == 0 {
		delete(p.gates, url)
		return
	}
	rate, burst := limits[0].RequestsPerSecond, limits[0].Burst
	for _, l := range limits[1:] {
		rate, burst = min(rate, l.RequestsPerSecond), min(burst, l.Burst)
	}
	p.gates[url].limit(rate, burst)
}
