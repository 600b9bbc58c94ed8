package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// controlOffset is the text form of a clock offset, a Go duration such as -90s.
type controlOffset struct {
	Offset string `json:"offset"`
}

// controlHandler serves the control port: counters, faults, switches, the rate limit, the clock, the certificate authority,
// and health. It asks for no credentials, so pages of other sites must not reach it through a browser on this machine.
func (e *Emulator) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", e.show(func() answer {
		return answer{status: http.StatusOK, contentType: "text/plain; charset=utf-8", body: []byte("ok\n")}
	}))
	mux.HandleFunc("GET /ca.pem", e.show(func() answer {
		return answer{status: http.StatusOK, contentType: "application/x-pem-file", body: e.CABundle()}
	}))
	mux.HandleFunc("GET /calls", e.show(func() answer { return jsonAnswer(http.StatusOK, e.Calls()) }))
	mux.HandleFunc("DELETE /calls", e.do(func(*http.Request) error { e.ResetCalls(); return nil }))
	mux.HandleFunc("GET /faults", e.show(func() answer { return jsonAnswer(http.StatusOK, e.controlFaults()) }))
	mux.HandleFunc("POST /faults", e.do(setting(e.controlInject)))
	mux.HandleFunc("DELETE /faults", e.do(func(*http.Request) error { e.ClearFaults(); return nil }))
	mux.HandleFunc("GET /switches", e.show(func() answer { return jsonAnswer(http.StatusOK, e.Switches()) }))
	mux.HandleFunc("PUT /switches", e.do(setting(e.SetSwitches)))
	mux.HandleFunc("GET /rate-limit", e.show(func() answer { return jsonAnswer(http.StatusOK, e.RateLimit()) }))
	mux.HandleFunc("PUT /rate-limit", e.do(setting(e.SetRateLimit)))
	mux.HandleFunc("POST /clock-offset", e.do(setting(func(sent controlOffset) error {
		offset, err := time.ParseDuration(sent.Offset)
		if err != nil {
			return fmt.Errorf("reading offset: %w", err)
		}
		e.SetClockOffset(offset)
		return nil
	})))
	return http.NewCrossOriginProtection().Handler(mux)
}

// show serves what makes an answer.
func (e *Emulator) show(what func() answer) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := what().write(w, e.now()); err != nil {
			e.logger.Debug("Control answer not delivered")
		}
	}
}

// do serves an act: success without content, or the error as text.
func (e *Emulator) do(act func(*http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := act(r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// setting makes an act of a function that takes the body of a call.
func setting[T any](set func(T) error) func(*http.Request) error {
	return func(r *http.Request) error {
		var sent T
		decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&sent); err != nil {
			return fmt.Errorf("reading body: %w", err)
		}
		if decoder.More() {
			return errors.New("reading body: more than one value")
		}
		return set(sent)
	}
}

// controlFault is the text form of a Fault. The delay is a Go duration such as 1.5s.
type controlFault struct {
	Operation  string    `json:"operation"`
	Kind       FaultKind `json:"kind"`
	Status     int       `json:"status,omitempty"`
	RetryAfter string    `json:"retryAfter,omitempty"`
	Delay      string    `json:"delay,omitempty"`
	Count      int       `json:"count,omitempty"`
	Body       string    `json:"body,omitempty"`
}

func (e *Emulator) controlInject(sent controlFault) error {
	fault := Fault{
		Operation: sent.Operation, Kind: sent.Kind, Status: sent.Status, RetryAfter: sent.RetryAfter,
		Count: sent.Count, Body: sent.Body,
	}
	if sent.Delay != "" {
		delay, err := time.ParseDuration(sent.Delay)
		if err != nil {
			return fmt.Errorf("reading delay: %w", err)
		}
		fault.Delay = delay
	}
	if err := fault.validate(); err != nil {
		return err
	}
	e.Inject(fault)
	return nil
}

// controlFaults lists the faults in force; their counts are what is left.
func (e *Emulator) controlFaults() []controlFault {
	e.mu.Lock()
	defer e.mu.Unlock()
	faults := []controlFault{}
	for _, f := range e.faults {
		text := controlFault{
			Operation: f.Operation, Kind: f.Kind, Status: f.Status, RetryAfter: f.RetryAfter, Count: f.left, Body: f.Body,
		}
		if f.Delay > 0 {
			text.Delay = f.Delay.String()
		}
		faults = append(faults, text)
	}
	return faults
}
