package confidentialclient_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/operator"
)

// lookups counts which objects an operator reads past its cache, by resource.
type lookups struct {
	mu    sync.Mutex
	reads map[string]int
}

func (l *lookups) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if _, path, _ := strings.Cut(request.URL.Path, "/namespaces/"); request.Method == http.MethodGet && strings.Count(path, "/") == 2 {
			l.mu.Lock()
			l.reads[strings.Split(path, "/")[1]]++
			l.mu.Unlock()
		}
		return next.RoundTrip(request)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// TestNewClientsThatWaitForAPlaceAreReadOnce creates more clients at once than may be at work on a tenant: each is to be told from a Secret of somebody
// else when it is its turn, and not when it comes in vain.
func TestNewClientsThatWaitForAPlaceAreReadOnce(t *testing.T) {
	const many = 40
	w := server.New(t, emulator.Options{})
	l := &lookups{reads: map[string]int{}}
	w.StartOperator(func(config *rest.Config, _ *operator.Options) { config.Wrap(l.wrap) })
	w.Ready(w.CreateTenant())
	o := w.OAuthClient("orders")
	w.Create(o)
	w.Ready(o)
	w.Quiet()

	l.mu.Lock()
	l.reads = map[string]int{}
	l.mu.Unlock()
	calls := w.Tenant.Calls()
	var all []client.Object
	for i := range many {
		all = append(all, w.ConfidentialClient(fmt.Sprint("client-", i), "orders", "read"))
	}
	w.Create(all...)
	w.Ready(all...)
	if made := w.Tenant.Calls().Sub(calls); made.Total()-made["OAuth2/Keys"] != 4*many {
		t.Errorf("the tenant was called %d times for %d clients:\n%s", made.Total(), many, made)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	// A pass may still have to give up, as when somebody else has written the object.
	if all := l.reads["secrets"] + l.reads["confidentialclients"]; all < many || all > many*3/2 {
		t.Errorf("%d clients made these reads: %v", many, l.reads)
	}
}
