package confidentialclient_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/operator"
)

// lookups counts which objects an operator reads past its cache, by resource.
type lookups struct {
	mu    sync.Mutex
	reads map[string]int
}

// begin counts anew.
func (l *lookups) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads = map[string]int{}
}

func (l *lookups) soFar() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.reads)
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

	l.begin()
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
	reads := l.soFar()
	// A pass may still have to give up, as when somebody else has written the object.
	if all := reads["secrets"] + reads["confidentialclients"]; all < many || all > many*3/2 {
		t.Errorf("%d clients made these reads: %v", many, reads)
	}
}

// TestARenewalReadsItsCredentialAndNothingElse: the Secret in the cache is as this process has written it.
func TestARenewalReadsItsCredentialAndNothingElse(t *testing.T) {
	w := server.New(t, emulator.Options{})
	l := &lookups{reads: map[string]int{}}
	w.StartOperator(func(config *rest.Config, _ *operator.Options) { config.Wrap(l.wrap) })
	_, c := w.Provisioned("orders", "billing")
	for _, request := range []string{"first", "second"} {
		w.Quiet()
		l.begin()
		w.Update(c, func() { metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RenewRequestAnnotation, request) })
		w.Eventually("the token is renewed", func() error {
			if got := w.TokenSecret(c).Annotations[v1alpha1.HandledRenewRequestAnnotation]; got != request {
				return fmt.Errorf("the last request that was handled is %q", got)
			}
			return nil
		})
		w.Quiet()
		if diff := cmp.Diff(map[string]int{"secrets": 1}, l.soFar()); diff != "" {
			t.Errorf("reads past the cache (-want +got):\n%s", diff)
		}
	}
	w.Quiet()
	l.begin()
	edited := w.TokenSecret(c)
	w.Update(edited, func() { delete(edited.Data, v1alpha1.AccessTokenKey) })
	w.Eventually("the Secret is repaired", func() error {
		if len(w.TokenSecret(c).Data[v1alpha1.AccessTokenKey]) == 0 {
			return errors.New("it has no token")
		}
		return nil
	})
	w.Quiet()
	if reads := l.soFar(); reads["secrets"] != 2 {
		t.Errorf("when somebody else has written the Secret, it is not looked at past the cache: %v", reads)
	}
}
