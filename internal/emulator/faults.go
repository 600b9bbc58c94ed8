package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// FaultKind says how a call goes wrong.
type FaultKind string

const (
	// FaultLatency delays the answer by Delay. It adds to any other fault that applies.
	FaultLatency FaultKind = "Latency"
	// FaultStatus answers with Status, RetryAfter and Body; the call has no effect.
	FaultStatus FaultKind = "Status"
	// FaultBusinessFailure answers HTTP 200 with success false and Body as the message; the call has no effect.
	FaultBusinessFailure FaultKind = "BusinessFailure"
	// FaultHTML answers with an HTML page under Status (200 when zero); the call has no effect.
	FaultHTML FaultKind = "HTML"
	// FaultResetBefore resets the connection before the call has an effect.
	FaultResetBefore FaultKind = "ResetBefore"
	// FaultResetAfter lets the call have its effect and resets the connection instead of answering.
	FaultResetAfter FaultKind = "ResetAfter"
	// FaultTruncatedJSON lets the call have its effect and answers with the first half of the body.
	FaultTruncatedJSON FaultKind = "TruncatedJSON"
	// FaultSlowBody lets the call have its effect and sends the body in pieces, so that the whole takes Delay. The
	// status and the header come at once.
	FaultSlowBody FaultKind = "SlowBody"
)

// Fault makes matching calls go wrong.
type Fault struct {
	// Operation is a canonical name as in [Counters], in any case; "*" matches all calls and a trailing "*" all names
	// that begin with what is before it, such as "SaasManage/*".
	Operation string
	// Kind says what happens.
	Kind FaultKind
	// Status is the HTTP status of FaultStatus (500 when zero) and FaultHTML (200 when zero).
	Status int
	// RetryAfter is the value of the Retry-After header of FaultStatus; none when empty.
	RetryAfter string
	// Delay is how long FaultLatency waits and how long the body of FaultSlowBody takes, in real time whatever the
	// emulator's clock.
	Delay time.Duration
	// Count is how many calls meet the fault; zero means all until it is removed.
	Count int
	// Body is the body of FaultStatus and FaultHTML and the message of FaultBusinessFailure.
	Body string
}

func (f Fault) validate() error {
	switch f.Kind {
	case FaultLatency, FaultSlowBody:
		if f.Delay <= 0 {
			return fmt.Errorf("fault %s needs a positive delay", f.Kind)
		}
	case FaultStatus, FaultHTML:
		if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
			return fmt.Errorf("fault %s has status %d, outside of 200 to 599", f.Kind, f.Status)
		}
	case FaultBusinessFailure, FaultResetBefore, FaultResetAfter, FaultTruncatedJSON:
	default:
		return fmt.Errorf("unknown kind of fault %q", f.Kind)
	}
	if f.Operation == "" {
		return fmt.Errorf("fault %s names no operation", f.Kind)
	}
	return nil
}

func (f Fault) matches(operation string) bool {
	if prefix, ok := strings.CutSuffix(f.Operation, "*"); ok {
		return strings.HasPrefix(strings.ToLower(operation), strings.ToLower(prefix))
	}
	return strings.EqualFold(f.Operation, operation)
}

// activeFault is a fault with what is left of its count. Pointers identify it for removal.
type activeFault struct {
	Fault
	left int // calls; meaningless when Count is zero
}

// Inject adds a fault and returns a function that removes it, which may be called more than once. Of several faults
// that match a call the one injected first applies. A fault with an unknown kind or without operation is a mistake of
// the caller and panics.
func (e *Emulator) Inject(f Fault) (remove func()) {
	if err := f.validate(); err != nil {
		panic(err)
	}
	active := &activeFault{Fault: f, left: f.Count}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = append(e.faults, active)
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.removeFault(active)
	}
}

// ClearFaults removes all faults.
func (e *Emulator) ClearFaults() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = nil
}

func (e *Emulator) removeFault(f *activeFault) {
	e.faults = slices.DeleteFunc(slices.Clone(e.faults), func(other *activeFault) bool { return other == f })
}

// countDown notes that a call met the fault, and removes it after the last.
func (e *Emulator) countDown(f *activeFault) {
	if f.Count == 0 {
		return
	}
	f.left--
	if f.left == 0 {
		e.removeFault(f)
	}
}

// takeFault returns the delay and the first other fault that apply to a call, and counts them down. It is called under mu.
func (e *Emulator) takeFault(operation string) (delay time.Duration, fault Fault) {
	if len(e.faults) == 0 {
		return 0, Fault{}
	}
	for _, f := range slices.Clone(e.faults) {
		if !f.matches(operation) {
			continue
		}
		switch {
		case f.Kind == FaultLatency:
			delay += f.Delay
		case fault.Kind == "":
			fault = f.Fault
		default:
			continue
		}
		e.countDown(f)
	}
	return delay, fault
}

// before returns the answer of a fault that takes the place of the call, if f is of that sort.
func (f Fault) before() (answer, bool) {
	switch f.Kind {
	case FaultStatus:
		status := f.Status
		if status == 0 {
			status = http.StatusInternalServerError
		}
		a := answer{status: status, contentType: "text/plain; charset=utf-8", body: []byte(f.Body)}
		if strings.HasPrefix(strings.TrimSpace(f.Body), "{") {
			a.contentType = contentTypeJSON
		}
		if f.RetryAfter != "" {
			a.header = map[string]string{"Retry-After": f.RetryAfter}
		}
		return a, true
	case FaultBusinessFailure:
		message := f.Body
		if message == "" {
			message = "Operation is not valid due to the current state of the object."
		}
		return failureAnswer(refuse(invalidOperation, "%s", message)), true
	case FaultHTML:
		a := htmlAnswer(http.StatusOK, "Sign in")
		if f.Status != 0 {
			a.status = f.Status
		}
		if f.Body != "" {
			a.body = []byte(f.Body)
		}
		return a, true
	case FaultResetBefore:
		return answer{reset: true}, true
	case FaultLatency, FaultResetAfter, FaultTruncatedJSON, FaultSlowBody:
	}
	return answer{}, false
}

// after changes the answer of a call that had its effect.
func (f Fault) after(a answer) answer {
	switch f.Kind {
	case FaultResetAfter:
		return answer{reset: true}
	case FaultTruncatedJSON:
		a.body = a.body[:len(a.body)/2]
	case FaultSlowBody:
		a.pace = f.Delay
	case FaultLatency, FaultStatus, FaultBusinessFailure, FaultHTML, FaultResetBefore:
	}
	return a
}
