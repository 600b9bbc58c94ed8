package clusterfaults_test

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// fault answers a request in the place of kube-apiserver; false lets it through.
type fault func(w http.ResponseWriter, r *http.Request) bool

// proxy stands between the operator and kube-apiserver. The test itself goes past it.
type proxy struct {
	server *httptest.Server
	fault  atomic.Pointer[fault]
	// met counts the requests that have met the fault.
	met atomic.Int64
}

func newProxy(t *testing.T, w *environment.World) *proxy {
	t.Helper()
	config := w.Config()
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1, // watches
		ErrorLog:      log.New(io.Discard, "", 0),
	}
	p := &proxy{}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if f := p.fault.Load(); f != nil && (*f)(rw, r) {
			p.met.Add(1)
			return
		}
		forward.ServeHTTP(rw, r)
	}))
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.Start()
	t.Cleanup(func() {
		p.server.CloseClientConnections()
		p.server.Close()
	})
	return p
}

// direct sends an operator through the proxy.
func (p *proxy) direct(config *rest.Config, _ *operator.Options) {
	config.Host, config.TLSClientConfig = p.server.URL, rest.TLSClientConfig{}
}

// set makes requests fail from now on; nil lets them through.
func (p *proxy) set(f fault) {
	if f == nil {
		p.fault.Store(nil)
		return
	}
	p.fault.Store(&f)
}

func writes(r *http.Request) bool { return r.Method != http.MethodGet }

func watches(r *http.Request) bool { return r.URL.Query().Get("watch") != "" }

func always(*http.Request) bool { return true }

// status answers with a status as kube-apiserver does.
func status(of func(*http.Request) bool, code int, reason metav1.StatusReason, message string, header ...string) fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !of(r) {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(metav1.Status{
			TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message,
		})
		return true
	}
}

// text answers with a status and no more, as a load balancer does.
func text(of func(*http.Request) bool, code int) fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !of(r) {
			return false
		}
		http.Error(w, "no", code)
		return true
	}
}

// broken ends the connection before kube-apiserver hears of a request.
func broken(of func(*http.Request) bool) fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !of(r) {
			return false
		}
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
		return true
	}
}

// every returns a filter for every n-th request of a kind.
func every(n int64, of func(*http.Request) bool) func(*http.Request) bool {
	var seen atomic.Int64
	return func(r *http.Request) bool { return of(r) && seen.Add(1)%n == 0 }
}
