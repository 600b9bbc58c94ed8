// Package connect has an HTTP proxy for tests: it passes TLS connections on (CONNECT), asks for basic authentication, and can be told to refuse.
package connect

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Proxy is a running proxy. Whatever host it is asked for, it connects to that port of this machine: a loopback address never goes through a
// proxy, so tenants that are reached through one have other names.
type Proxy struct {
	server *httptest.Server

	mu                 sync.Mutex
	username, password string
	status             int
	targets            []string
	attempts           int
}

// Start starts a proxy that asks for credentials; for none if username is empty.
func Start(t *testing.T, username, password string) *Proxy {
	t.Helper()
	p := &Proxy{username: username, password: password}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.Start()
	t.Cleanup(p.Close)
	return p
}

// URL returns the address of the proxy.
func (p *Proxy) URL() string { return p.server.URL }

// Close ends the proxy. The connections that it has passed on live on.
func (p *Proxy) Close() { p.server.Close() }

// SetPassword changes what the proxy asks for.
func (p *Proxy) SetPassword(password string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.password = password
}

// SetStatus lets the proxy answer with a status instead of connecting; 0 for no more.
func (p *Proxy) SetStatus(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

// Targets returns to what the proxy has connected, as host and port.
func (p *Proxy) Targets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.targets...)
}

// Attempts returns how many connections were asked for.
func (p *Proxy) Attempts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.attempts
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	if status := p.judge(r); status != http.StatusOK {
		w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
		http.Error(w, "not through here: "+r.Header.Get("Proxy-Authorization"), status) // clients must not repeat it
		return
	}
	_, port, _ := net.SplitHostPort(r.Host)
	upstream, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		http.Error(w, "no connection", http.StatusBadGateway)
		return
	}
	downstream, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = upstream.Close()
		return
	}
	_, _ = io.WriteString(downstream, "HTTP/1.1 200 Connection established\r\n\r\n")
	go pass(upstream, downstream)
	go pass(downstream, upstream)
}

// judge returns the status of the answer.
func (p *Proxy) judge(r *http.Request) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempts++
	// Go reads basic authentication from the header for servers only.
	authorization := &http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	username, password, _ := authorization.BasicAuth()
	switch {
	case r.Method != http.MethodConnect:
		return http.StatusMethodNotAllowed
	case p.status != 0:
		return p.status
	case p.username != "" && (username != p.username || password != p.password):
		return http.StatusProxyAuthRequired
	}
	p.targets = append(p.targets, strings.ToLower(r.Host))
	return http.StatusOK
}

// pass copies from one connection to another until either ends.
func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
}
