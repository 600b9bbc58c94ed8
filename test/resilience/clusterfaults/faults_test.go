package clusterfaults_test

import (
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// noSpace is how kube-apiserver puts it when etcd is full.
const noSpace = "etcdserver: mvcc: database space exceeded"

// brief are the faults that each run of the tests goes through: one of each kind. RESILIENCE_LONG has all of them.
var brief = []string{"all is throttled", "every other write conflicts", "etcd is full", "every third request breaks"}

// TestAKubeAPIServerThatFailsCostsTimeAndNothingElse asks for work while kube-apiserver fails in one way, lets it fail until the operator has met that often
// enough, and looks at what comes of it: the same as without, and nothing was asked of the tenant twice.
func TestAKubeAPIServerThatFailsCostsTimeAndNothingElse(t *testing.T) {
	conflict := func(of func(*http.Request) bool) fault {
		return status(of, http.StatusConflict, metav1.StatusReasonConflict, "the object has been modified; please apply your changes to the latest version and try again")
	}
	for name, tc := range map[string]struct {
		fault fault
		// least is how many requests meet the fault before it ends.
		least int64
	}{
		"writes are throttled":           {status(writes, http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests, "too many requests", "Retry-After", "1"), 4},
		"all is throttled":               {status(always, http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests, "too many requests", "Retry-After", "1"), 4},
		"writes conflict":                {conflict(writes), 10},
		"every other write conflicts":    {conflict(every(2, writes)), 2},
		"etcd is full":                   {status(writes, http.StatusInternalServerError, metav1.StatusReasonInternalError, noSpace), 12},
		"the disk is full":               {text(writes, http.StatusInsufficientStorage), 12},
		"every other write finds it so":  {status(every(2, writes), http.StatusInternalServerError, metav1.StatusReasonInternalError, noSpace), 2},
		"a load balancer has no backend": {text(always, http.StatusServiceUnavailable), 12},
		"connections break":              {broken(always), 12},
		"every third request breaks":     {broken(every(3, always)), 4},
		"writes break":                   {broken(writes), 12},
		"watches are refused":            {status(watches, http.StatusGone, metav1.StatusReasonExpired, "too old resource version"), 0},
		"nobody may do anything":         {status(always, http.StatusForbidden, metav1.StatusReasonForbidden, "forbidden"), 12},
		"nobody is who he was":           {status(always, http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized"), 12},
	} {
		if os.Getenv("RESILIENCE_LONG") == "" && !slices.Contains(brief, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			p := newProxy(t, w)
			w.StartOperator(p.direct)
			s := newStage(t, w)
			p.set(tc.fault)
			s.ask()
			s.grows("the operator meet it", tc.least, p.met.Load)
			p.set(nil)
			s.expectDone()
		})
	}
}

// TestWatchesThatBreakMissNothing cuts all connections again and again while work is asked for.
func TestWatchesThatBreakMissNothing(t *testing.T) {
	w := server.New(t, emulator.Options{})
	p := newProxy(t, w)
	w.StartOperator(p.direct)
	s := newStage(t, w)
	var begun atomic.Int64
	p.set(func(_ http.ResponseWriter, r *http.Request) bool {
		if watches(r) {
			begun.Add(1)
		}
		return false
	})
	for range 3 {
		seen := begun.Load()
		p.server.CloseClientConnections()
		s.grows("a watch that is begun again", seen+1, begun.Load)
	}
	s.ask()
	p.server.CloseClientConnections()
	s.expectDone()
}
