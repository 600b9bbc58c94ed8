package hostile_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's tests.
var server *environment.Server

func TestMain(m *testing.M) { environment.Main(m, func(s *environment.Server) { server = s }) }

// spoiler stands between the tenant and the operator.
type spoiler struct {
	spoil atomic.Pointer[spoil]
}

// spoil answers a call, or lets the tenant answer it.
type spoil func(w http.ResponseWriter, r *http.Request, tenant http.Handler)

// set spoils all calls from now on; nil lets the tenant answer again.
func (s *spoiler) set(f spoil) {
	if f == nil {
		s.spoil.Store(nil)
		return
	}
	s.spoil.Store(&f)
}

func (s *spoiler) around(tenant http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := s.spoil.Load(); f != nil {
			(*f)(w, r, tenant)
			return
		}
		tenant.ServeHTTP(w, r)
	})
}

// newWorld returns a world with a spoiler before its tenant.
func newWorld(t *testing.T) (*environment.World, *spoiler) {
	t.Helper()
	s := &spoiler{}
	return server.New(t, emulator.Options{Around: s.around}), s
}
