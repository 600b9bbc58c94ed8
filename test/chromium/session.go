package chromium

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// message is one of the DevTools protocol: a command, its answer, or an event.
type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// session sends commands and finds their answers.
type session struct {
	write io.WriteCloser
	read  io.ReadCloser

	mu      sync.Mutex // guards what follows, and writing
	last    int
	waiting map[int]chan message
	log     []string
	ended   error
}

func newSession(write io.WriteCloser, read io.ReadCloser) *session {
	s := &session{write: write, read: read, waiting: map[int]chan message{}}
	go s.receive()
	return s
}

func (s *session) close() error { return errors.Join(s.write.Close(), s.read.Close()) }

func (s *session) complaints() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// receive hands out what the browser says until it ends. Messages end in a zero byte.
func (s *session) receive() {
	reader := bufio.NewReader(s.read)
	for {
		text, err := reader.ReadBytes(0)
		if err != nil {
			s.end(err)
			return
		}
		var m message
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			s.end(err)
			return
		}
		s.take(m)
	}
}

func (s *session) take(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answers := s.waiting[m.ID]; answers != nil {
		delete(s.waiting, m.ID)
		answers <- m
		return
	}
	if m.Method == "Log.entryAdded" {
		var event struct {
			Entry struct{ Source, Level, Text, URL string }
		}
		if err := json.Unmarshal(m.Params, &event); err == nil {
			s.log = append(s.log, event.Entry.Source+": "+event.Entry.Text+" "+event.Entry.URL)
		}
	}
}

// end wakes all who wait.
func (s *session) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = fmt.Errorf("the browser has ended: %w", err)
	for id, answers := range s.waiting {
		delete(s.waiting, id)
		close(answers)
	}
}

// call sends a command and reads the answer into result, unless that is nil.
func (s *session) call(ctx context.Context, id, method string, params, result any) error {
	answers, err := s.send(id, method, params)
	if err != nil {
		return fmt.Errorf("calling %s: %w", method, err)
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("calling %s: %w", method, ctx.Err())
	case m, ok := <-answers:
		switch {
		case !ok:
			return fmt.Errorf("calling %s: the browser has ended", method)
		case m.Error != nil:
			return fmt.Errorf("calling %s: %s", method, m.Error.Message)
		case result == nil:
			return nil
		}
		if err := json.Unmarshal(m.Result, result); err != nil {
			return fmt.Errorf("reading the answer of %s: %w", method, err)
		}
		return nil
	}
}

func (s *session) send(id, method string, params any) (chan message, error) {
	if params == nil {
		params = map[string]any{}
	}
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return nil, s.ended
	}
	s.last++
	text, err := json.Marshal(message{ID: s.last, SessionID: id, Method: method, Params: raw})
	if err != nil {
		return nil, err
	}
	answers := make(chan message, 1)
	s.waiting[s.last] = answers
	if _, err := s.write.Write(append(text, 0)); err != nil {
		delete(s.waiting, s.last)
		return nil, err
	}
	return answers, nil
}
