package resilience

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"k8s.io/utils/clock"
)

// wire is what a process reaches the tenant and kube-apiserver by. It records the effects, and can break one.
type wire struct {
	// clock of the tenant.
	clock clock.PassiveClock

	mu      sync.Mutex
	effects []Effect
	// at is the effect to break, counted from 1, and fault how; 0 for none.
	at    int
	fault Fault
	// end ends the process. If nil, none is running: nothing is recorded, and nothing broken.
	end func()
	// ended says that the process that was running has been ended. Nothing reaches the world from it any more.
	ended bool
	// late is the effect that happens later; nil for none. It happens when so many effects are recorded.
	late   func()
	lateAt int
	// dirty are the writes that the cache has not seen yet.
	dirty []Effect
	// stale is the write that the cache is not to see for a while; nil for none.
	stale *Effect
	// blind are the writes that would have gone over what somebody else had written meanwhile.
	blind []Effect
	// keeps says whether a password is in a Secret of the operator. unkept are the calls by which the tenant has learnt of one that is in none.
	keeps  func(password string) bool
	unkept []Effect
}

var (
	errEnded      = errors.New("the process has ended")
	errAnswerLost = errors.New("the answer was lost")
)

// begin lets a process work. The effect of number at, counted from 1, meets fault; 0 for none.
func (w *wire) begin(at int, fault Fault, end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.effects, w.at, w.fault, w.end, w.ended = nil, at, fault, end, false
}

// finish lets nothing be recorded any more, and returns what was.
func (w *wire) finish() []Effect {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end = nil
	return slices.Clone(w.effects)
}

// revive lets the tenant be called again after the end of a process.
func (w *wire) revive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = false
}

// isEnded says whether the process has been ended.
func (w *wire) isEnded() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// meet records an effect before it happens, and returns the fault that it meets; "" for none.
func (w *wire) meet(e Effect) Fault {
	w.mu.Lock()
	if w.end == nil {
		w.mu.Unlock()
		return ""
	}
	w.effects = append(w.effects, e)
	number, late := len(w.effects), w.late
	due := late != nil && number == w.lateAt
	w.mu.Unlock()
	if due {
		w.land()
	}
	if number != w.at {
		return ""
	}
	return w.fault
}

// isLate says whether an effect is still to happen.
func (w *wire) isLate() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.late != nil
}

// land lets the effect that is late happen now, if there is one.
func (w *wire) land() {
	w.mu.Lock()
	late := w.late
	w.late = nil
	w.mu.Unlock()
	if late != nil {
		late()
	}
}

// stop ends the process. later is what of it happens later; nil for nothing.
func (w *wire) stop(later func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended, w.late = true, later
	w.end()
}

// wrote tells that the cache has something to see.
func (w *wire) wrote(e Effect, stale bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dirty = append(w.dirty, e)
	if stale {
		w.stale = &e
	}
}

// take returns what the cache has not seen yet, and what it is not to see.
func (w *wire) take() (dirty []Effect, stale *Effect) {
	w.mu.Lock()
	defer w.mu.Unlock()
	dirty, stale = w.dirty, w.stale
	w.dirty, w.stale = nil, nil
	return dirty, stale
}

// aroundTenant watches the calls to the tenant.
func (w *wire) aroundTenant(tenant http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || w.isEnded() {
			panic(http.ErrAbortHandler)
		}
		happen := func(answer http.ResponseWriter) {
			r := r.Clone(context.WithoutCancel(r.Context()))
			r.Body = io.NopCloser(bytes.NewReader(body))
			tenant.ServeHTTP(answer, r)
		}
		unheard := func() { happen(httptest.NewRecorder()) }
		w.lookForPassword(call(r), body)
		switch w.meet(call(r)) {
		case CrashBefore:
			w.stop(nil)
		case LeaderLost:
			w.stop(unheard)
		case CrashAfter:
			unheard()
			w.stop(nil)
		case AnswerLost:
			unheard()
		case ErrorBefore:
			answer.Header().Set("Date", w.clock.Now().UTC().Format(http.TimeFormat)) // that of the tenant, not that of this machine
			http.Error(answer, "Service Unavailable", http.StatusServiceUnavailable)
			return
		default:
			happen(answer)
			return
		}
		panic(http.ErrAbortHandler) // the server's own way to drop a connection
	})
}

// lookForPassword notes a call by which the tenant learns of a password that nobody has kept.
func (w *wire) lookForPassword(e Effect, body []byte) {
	if e.Name != "CDirectoryService/CreateUser" && e.Name != "UserMgmt/ResetUserPassword" {
		return
	}
	var sent struct{ Password, NewPassword string }
	if json.Unmarshal(body, &sent) == nil && w.keeps(sent.Password+sent.NewPassword) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unkept = append(w.unkept, e)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// aroundPeople watches what others than the operator write to kube-apiserver.
func (w *wire) aroundPeople(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		answer, err := next.RoundTrip(r)
		if e, writes := write(r); writes && err == nil {
			w.wrote(e, false)
		}
		return answer, err
	})
}

// aroundCluster watches the requests to kube-apiserver.
func (w *wire) aroundCluster(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if w.isEnded() {
			return nil, errEnded
		}
		e, writes := write(r)
		if !writes {
			return next.RoundTrip(r)
		}
		if err := w.lookInto(r, e); err != nil {
			return nil, err
		}
		fault := w.meet(e)
		switch fault {
		case CrashBefore:
			w.stop(nil)
			return nil, errEnded
		case ErrorBefore:
			return refusal(r, http.StatusInternalServerError, "InternalError"), nil
		case Conflict:
			return refusal(r, http.StatusConflict, "Conflict"), nil
		case LeaderLost:
			late, err := w.delayed(next, r, e)
			if err != nil {
				return nil, err
			}
			w.stop(late)
			return nil, errEnded
		case CrashAfter, AnswerLost, StaleCache:
		}
		answer, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		w.wrote(e, fault == StaleCache)
		if fault != CrashAfter && fault != AnswerLost {
			return answer, nil
		}
		if fault == CrashAfter {
			w.stop(nil)
		}
		return nil, errors.Join(errAnswerLost, answer.Body.Close())
	})
}

// lookInto notes a change of an object that does not say what it rests on: the version of the object, or for an apply, which takes fields and leaves the others, the
// object itself.
func (w *wire) lookInto(r *http.Request, e Effect) error {
	if r.Method != http.MethodPatch && r.Method != http.MethodPut || e.resource != secrets && !slices.Contains(reconciled(), e.resource) {
		return nil
	}
	if e.resource == secrets && strings.HasPrefix(e.object, "admin-") {
		return nil // of the operator's own credential the last that has worked is kept, whatever was kept before
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var sent struct {
		Metadata struct{ ResourceVersion, UID string }
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		return fmt.Errorf("reading what is written by %s: %w", e, err)
	}
	applied := strings.HasPrefix(r.Header.Get("Content-Type"), "application/apply-patch")
	if sent.Metadata.ResourceVersion == "" && (!applied || sent.Metadata.UID == "") {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.blind = append(w.blind, e)
	}
	return nil
}

// takeRash returns the writes that would have gone over what somebody else had written, and the calls that told of a password before it was kept.
func (w *wire) takeRash() (blind, unkept []Effect) {
	w.mu.Lock()
	defer w.mu.Unlock()
	blind, unkept = w.blind, w.unkept
	w.blind, w.unkept = nil, nil
	return blind, unkept
}

// delayed returns what sends a request later, whoever has given up on it.
func (w *wire) delayed(next http.RoundTripper, r *http.Request, e Effect) (func(), error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	return func() {
		later := r.Clone(context.WithoutCancel(r.Context()))
		later.Body = io.NopCloser(bytes.NewReader(body))
		answer, err := next.RoundTrip(later)
		if err != nil {
			return // as little heard of as the answer
		}
		_ = answer.Body.Close()
		w.wrote(e, false)
	}, nil
}

// refusal is an answer of kube-apiserver that refuses a request.
func refusal(r *http.Request, status int, reason string) *http.Response {
	body := fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"broken by the test","reason":%q,"code":%d}`, reason, status)
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewBufferString(body)),
	}
}
