package emulator

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/emulator/audit"
	"github.com/oauth-operator/oauth-operator/internal/emulator/handle"
)

// Options configure an Emulator. The zero value is a tenant of the default seed on a free loopback port.
type Options struct {
	// Address is the host and port of the HTTPS listener; "127.0.0.1:0" when empty. Addresses other than loopback are
	// refused unless AllowNonLoopback is set.
	Address string
	// AllowNonLoopback permits listeners on other than loopback addresses.
	AllowNonLoopback bool
	// ControlAddress is the host and port of the control port, which speaks plain HTTP; no control port when empty.
	ControlAddress string
	// Hosts are further names and addresses in the server certificate, which always names 127.0.0.1, ::1 and
	// localhost.
	Hosts []string
	// PublicURL is the tenant URL in issuers and discovery documents; URL() when empty.
	PublicURL string
	// Seed is what the tenant starts with; DefaultSeed() when it is empty.
	Seed Seed
	// StateFile is where the tenant is saved before each answer to a call with an effect, and where it comes from when the
	// file is there, whatever Seed says; in memory only when empty. Besides what the tenant knows the file has the private
	// keys of its signatures and of its certificate authority. What the methods of Emulator change is saved with the next
	// such call, and by Close.
	StateFile string
	// Clock is the tenant's clock before any offset; the real one when nil.
	Clock clock.PassiveClock
	// Switches choose between readings of undocumented behaviour; see also SetSwitches.
	Switches Switches
	// RateLimit bounds how many calls are served; see also SetRateLimit.
	RateLimit RateLimit
	// Keys makes signing keys; NewKeys() when nil.
	Keys KeySource
	// Logger gets one line per call, without arguments or credentials; nothing is logged when nil.
	Logger *slog.Logger
	// Audit gets one line of JSON per call: who called what with which arguments, and how it went. What may be a secret is
	// left out. Nothing is written when nil.
	Audit io.Writer
	// Around puts a handler around the one that answers calls, such as one that watches or spoils them; none when nil. See also
	// Fault.
	Around func(tenant http.Handler) http.Handler
}

// Emulator is a running tenant. Its methods may be called from several goroutines.
type Emulator struct {
	options   Options
	router    router
	authority authority
	file      *stateFile // nil without one
	keys      *keyring
	logger    *slog.Logger
	audit     *audit.Log // nil without one
	// What decides which arguments the audit log shows.
	callRedactor, queryRedactor audit.Redactor

	url        string
	publicURL  string
	control    string // URL of the control port; empty without one
	confirming []byte // key of what proves that a user saw a form
	admin      credential
	servers    []*http.Server
	serving    sync.WaitGroup
	closed     chan struct{}
	closeOnce  sync.Once
	reading    atomic.Pointer[Switches]
	limiter    atomic.Pointer[limiter]

	mu     sync.Mutex // guards what follows
	state  *state
	calls  Counters
	faults []*activeFault
	offset time.Duration
}

// credential is a login name with its password.
type credential struct{ id, secret string }

// Start starts a tenant and returns when it serves. Close it when done.
func Start(options Options) (*Emulator, error) {
	e := newEmulator(options)
	if err := errors.Join(e.SetSwitches(options.Switches), e.SetRateLimit(options.RateLimit)); err != nil {
		return nil, err
	}
	if err := e.listen(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// newEmulator returns a tenant that knows nothing and listens nowhere.
func newEmulator(options Options) *Emulator {
	e := &Emulator{
		options: options, router: newRouter(), logger: options.Logger, calls: Counters{}, closed: make(chan struct{}),
		confirming: []byte(handle.New()),
		keys:       &keyring{source: options.Keys, keys: map[string][]signingKey{}},
	}
	if options.Audit != nil {
		e.audit = audit.New(options.Audit)
		e.callRedactor, e.queryRedactor = audit.NewRedactor(), audit.NewRedactor("script")
	}
	if e.options.Address == "" {
		e.options.Address = "127.0.0.1:0"
	}
	if e.options.Clock == nil {
		e.options.Clock = clock.RealClock{}
	}
	if e.keys.source == nil {
		e.keys.source = NewKeys()
	}
	if e.logger == nil {
		e.logger = slog.New(slog.DiscardHandler)
	}
	e.reading.Store(&Switches{})
	e.limiter.Store(&limiter{})
	return e
}

// listen opens the ports, fills the tenant, whose issuers hold the port, and serves.
func (e *Emulator) listen() error {
	listener, err := openListener(e.options.Address, e.options.AllowNonLoopback)
	if err != nil {
		return err
	}
	e.url = "https://" + listener.Addr().String()
	e.publicURL = strings.TrimSuffix(e.options.PublicURL, "/")
	if e.publicURL == "" {
		e.publicURL = e.url
	}
	hosts := append([]string{"127.0.0.1", "::1", "localhost"}, e.options.Hosts...)
	slices.Sort(hosts)
	if err := e.populate(); err != nil {
		return errors.Join(err, listener.Close())
	}
	certificate, err := e.authority.serverCertificate(slices.Compact(hosts))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	var handler http.Handler = e
	if e.options.Around != nil {
		handler = e.options.Around(e)
	}
	e.serve(tls.NewListener(listener, config), handler)

	if e.options.ControlAddress != "" {
		control, err := openListener(e.options.ControlAddress, e.options.AllowNonLoopback)
		if err != nil {
			return err
		}
		e.control = "http://" + control.Addr().String()
		e.serve(control, e.controlHandler())
	}
	return nil
}

func openListener(address string, allowNonLoopback bool) (net.Listener, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("resolving %q: %w", address, err)
	}
	if !allowNonLoopback && !resolved.IP.IsLoopback() {
		return nil, fmt.Errorf("listening on %q: not a loopback address, and this is not for production; --allow-non-loopback (Options.AllowNonLoopback) permits it", address)
	}
	listener, err := net.ListenTCP("tcp", resolved)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", address, err)
	}
	return listener, nil
}

// serve runs a server on the listener. HTTP/2 stays off: a fault that resets the connection must hit one call only.
func (e *Emulator) serve(listener net.Listener, handler http.Handler) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	server := &http.Server{
		Handler: handler, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(e.logger.Handler(), slog.LevelDebug),
	}
	e.servers = append(e.servers, server)
	e.serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			e.logger.Error("Server ended", "error", err)
		}
	})
}

// Close ends the tenant with all connections. It may be called more than once.
func (e *Emulator) Close() error {
	var errs []error
	e.closeOnce.Do(func() {
		close(e.closed)
		for _, server := range e.servers {
			errs = append(errs, server.Close())
		}
		e.serving.Wait()
		errs = append(errs, e.save())
	})
	return errors.Join(errs...)
}

// URL returns the address of the tenant, such as https://127.0.0.1:41234, without a trailing slash.
func (e *Emulator) URL() string { return e.url }

// ControlURL returns the address of the control port; empty when there is none.
func (e *Emulator) ControlURL() string { return e.control }

// CABundle returns the certificate authority of the server certificate, as PEM.
func (e *Emulator) CABundle() []byte { return e.authority.bundle() }

// AdminCredential returns the client credentials of the seed's administrator; empty when the seed has no users.
func (e *Emulator) AdminCredential() (clientID, clientSecret string) {
	return e.admin.id, e.admin.secret
}

// SetClockOffset sets the tenant's clock ahead of Options.Clock by d, or behind it for a negative d. Date headers,
// the times in tokens and the check of their expiry follow.
func (e *Emulator) SetClockOffset(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.offset = d
}

func (e *Emulator) now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.options.Clock.Now().Add(e.offset)
}
