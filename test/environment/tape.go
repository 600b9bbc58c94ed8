package environment

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Tape records what an operator does to the world, in order: its calls to the tenant, which it hears of as the tenant's logger, and its writes to
// kube-apiserver, which it hears of by Wrap. It can lose the answer to one of them, so that tests can cut an operator off after any effect.
type Tape struct {
	mu      sync.Mutex
	effects []string
	loseAt  int    // the effect whose answer is lost, counted from 1; 0 for none
	kill    func() // ends the process before it misses the answer; nil when it lives on
}

var errAnswerLost = errors.New("the answer was lost")

// record begins anew. It loses the answer to effect number loseAt, and calls kill then unless that is nil.
func (t *Tape) record(loseAt int, kill func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.effects, t.loseAt, t.kill = nil, loseAt, kill
}

// Recorded returns the effects of the process that was run last.
func (t *Tape) Recorded() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.effects)
}

// note records an effect that has happened, and says whether its answer is lost.
func (t *Tape) note(effect string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.effects = append(t.effects, effect)
	if len(t.effects) != t.loseAt {
		return false
	}
	if t.kill != nil {
		t.kill()
	}
	return true
}

// Wrap watches the requests to kube-apiserver.
func (t *Tape) Wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		answer, err := next.RoundTrip(r)
		if r.Method == http.MethodGet || err != nil {
			return answer, err
		}
		parts := strings.Split(r.URL.Path, "/")
		if t.note(r.Method + " " + strings.Join(parts[max(0, len(parts)-2):], "/")) {
			return nil, errors.Join(errAnswerLost, answer.Body.Close())
		}
		return answer, nil
	})
}

// Handle implements slog.Handler: the tenant logs every call once it has had its effect, and before it answers. The panic makes its server
// drop the connection.
func (t *Tape) Handle(_ context.Context, record slog.Record) error {
	record.Attrs(func(a slog.Attr) bool {
		if a.Key == "operation" && t.note(a.Value.String()) {
			panic(http.ErrAbortHandler)
		}
		return a.Key != "operation"
	})
	return nil
}

// Enabled implements slog.Handler.
func (t *Tape) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// WithAttrs implements slog.Handler.
func (t *Tape) WithAttrs([]slog.Attr) slog.Handler { return t }

// WithGroup implements slog.Handler.
func (t *Tape) WithGroup(string) slog.Handler { return t }
