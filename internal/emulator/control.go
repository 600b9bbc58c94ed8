package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// controlFault is the text form of a Fault. The delay is a Go duration such as 1.5s.
type controlFault struct {
	Operation  string    `json:"operation"`
	Kind       FaultKind `json:"kind"`
	Status     int       `json:"status"`
	RetryAfter string    `json:"retryAfter"`
	Delay      string    `json:"delay"`
	Count      int       `json:"count"`
	Body       string    `json:"body"`
}

// controlOffset is the text form of a clock offset, a Go duration such as -90s.
type controlOffset struct {
	Offset string `json:"offset"`
}

// controlHandler serves the control port: counters, faults, the clock, the certificate authority, and health.
func (e *Emulator) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		e.respond(w, answer{status: http.StatusOK, contentType: "text/plain; charset=utf-8", body: []byte("ok\n")})
	})
	mux.HandleFunc("GET /ca.pem", func(w http.ResponseWriter, _ *http.Request) {
		e.respond(w, answer{status: http.StatusOK, contentType: "application/x-pem-file", body: e.CABundle()})
	})
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, _ *http.Request) {
		e.respond(w, jsonAnswer(http.StatusOK, e.Calls()))
	})
	mux.HandleFunc("DELETE /calls", func(w http.ResponseWriter, _ *http.Request) {
		e.ResetCalls()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		e.control204(w, e.controlInject(r))
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		e.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /clock-offset", func(w http.ResponseWriter, r *http.Request) {
		e.control204(w, e.controlClock(r))
	})
	return mux
}

func (e *Emulator) respond(w http.ResponseWriter, a answer) {
	if err := a.write(w, e.now()); err != nil {
		e.logger.Debug("Control answer not delivered")
	}
}

// control204 answers success without content, or the error as text.
func (e *Emulator) control204(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (e *Emulator) controlInject(r *http.Request) error {
	var sent controlFault
	if err := decodeControl(r, &sent); err != nil {
		return err
	}
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

func (e *Emulator) controlClock(r *http.Request) error {
	var sent controlOffset
	if err := decodeControl(r, &sent); err != nil {
		return err
	}
	offset, err := time.ParseDuration(sent.Offset)
	if err != nil {
		return fmt.Errorf("reading offset: %w", err)
	}
	e.SetClockOffset(offset)
	return nil
}

func decodeControl(r *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("reading body: %w", err)
	}
	if decoder.More() {
		return errors.New("reading body: more than one value")
	}
	return nil
}
