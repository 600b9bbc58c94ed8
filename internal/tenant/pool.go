package tenant

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Pool hands out Sessions by name. It is safe for concurrent use.
type Pool struct {
	clock    clock.Clock
	observer Observer

	mu       sync.Mutex
	sessions map[string]*Session
	gates    map[string]*gate // by tenant URL
	watchers map[int]func(name string)
	watches  int // so far, which numbers them
}

// NewPool returns an empty Pool. observer may be nil.
func NewPool(clock clock.Clock, observer Observer) *Pool {
	if observer == nil {
		observer = nobody{}
	}
	return &Pool{
		clock: clock, observer: observer,
		sessions: map[string]*Session{}, gates: map[string]*gate{}, watchers: map[int]func(string){},
	}
}

// Session returns the Session of this name. As long as the settings stay the same it is the same Session, with its
// connections and its login; only settings.Credential is replaced each time. Other settings make a new one, and
// calls under way on the old one end undisturbed.
//
// The error tells a user what is wrong with the URL, the CA bundle or the proxy.
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
	session := newSession(settings, p.circuit(settings), g, roots, p.clock, p.observer)
	p.sessions[name] = session
	p.settle(old, session)
	return session, nil
}

// circuit returns the circuit of the Sessions that take the same way to the tenant, a new one if there are none: whoever mends the way, such as
// by another CA bundle, does not wait for the circuit that the old one has opened.
func (p *Pool) circuit(settings Settings) *circuit {
	for _, s := range p.sessions {
		if s.settings.sameWay(settings) {
			return s.circuit
		}
	}
	c := newCircuit(p.clock)
	c.changed = func() { p.tell(c) }
	return c
}

// Watch lets tell know the names of the Sessions whose circuit has opened or closed, until stop is called. tell must not block, and must not
// call the Pool.
func (p *Pool) Watch(tell func(name string)) (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watches++
	number := p.watches
	p.watchers[number] = tell
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, number)
	}
}

func (p *Pool) tell(c *circuit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, s := range p.sessions {
		if s.circuit != c {
			continue
		}
		for _, tell := range p.watchers {
			tell(name)
		}
	}
}

// State is what the calls through a Session have taught about its tenant.
type State struct {
	// Name of the Session.
	Name string
	// Circuit of the way to the tenant.
	Circuit Circuit
	// ClockOffset of the tenant; nil while it is unknown.
	ClockOffset *time.Duration
}

// States returns the state of each Session, in no order.
func (p *Pool) States() []State {
	p.mu.Lock()
	defer p.mu.Unlock()
	states := make([]State, 0, len(p.sessions))
	for name, s := range p.sessions {
		state := State{Name: name, Circuit: s.Circuit()}
		if offset, known := s.ClockOffset(); known {
			state.ClockOffset = &offset
		}
		states = append(states, state)
	}
	return states
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
