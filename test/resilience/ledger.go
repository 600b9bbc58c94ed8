package resilience

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// fingerprint stands for a token.
type fingerprint [sha256.Size]byte

// mint is a token that the tenant has issued.
type mint struct {
	token fingerprint
	// life is the number of the process that asked for it.
	life int
}

// ledger records which tokens a tenant has issued to whom, and which of them were published.
type ledger struct {
	mu        sync.Mutex
	paused    bool
	life      int
	calls     int
	underWay  int
	mints     map[string][]mint // by login name
	published map[fingerprint]bool
	// secrets are the passwords that were sent, and the tokens that were answered.
	secrets map[string]bool
}

func newLedger() *ledger {
	return &ledger{mints: map[string][]mint{}, published: map[fingerprint]bool{}, secrets: map[string]bool{}}
}

// around watches the calls to the tenant.
func (l *ledger) around(tenant http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		life, watched := l.enter()
		_, password, _ := r.BasicAuth()
		l.hear(password)
		defer l.leave()
		if !watched || !strings.HasPrefix(call(r).Name, "OAuth2/Token/") || strings.HasSuffix(r.URL.Path, "/operator-admin") {
			tenant.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		tenant.ServeHTTP(answer, r)
		l.note(life, answer.Body.Bytes())
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = io.Copy(w, bytes.NewReader(answer.Body.Bytes())) // who does not wait for the answer is dead
	})
}

func (l *ledger) enter() (life int, watched bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.underWay++
	if l.paused {
		return 0, false
	}
	l.calls++
	return l.life, true
}

func (l *ledger) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.underWay--
}

// note records an answer of a token endpoint.
func (l *ledger) note(life int, body []byte) {
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.AccessToken == "" {
		return
	}
	l.hear(answer.AccessToken)
	l.mu.Lock()
	defer l.mu.Unlock()
	name := subjectOf(answer.AccessToken)
	l.mints[name] = append(l.mints[name], mint{token: sha256.Sum256([]byte(answer.AccessToken)), life: life})
}

// hear records something that nobody else may hear; "" is nothing.
func (l *ledger) hear(secret string) {
	if secret == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets[secret] = true
}

// heard returns everything that nobody else may hear.
func (l *ledger) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.secrets))
}

// publish records a token that was seen in a Secret.
func (l *ledger) publish(token []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.published[sha256.Sum256(token)] = true
}

// isIdle says whether no call is under way.
func (l *ledger) isIdle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.underWay == 0
}

// made returns how many calls were made so far.
func (l *ledger) made() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

// next begins the life of the next process.
func (l *ledger) next() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.life++
}

// pause says whether calls are those of the test.
func (l *ledger) pause(paused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = paused
}

// account returns, for a login name, how many tokens were issued and published, and how many were issued in vain: to a process that had got another
// one in its life, which it did not publish. It could have used that.
func (l *ledger) account(name string) (published, lost, needless int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	unpublished := map[int]bool{}
	for _, m := range l.mints[name] {
		switch {
		case l.published[m.token]:
			published++
		case unpublished[m.life]:
			needless++
		default:
			lost++
			unpublished[m.life] = true
		}
	}
	return published, lost, needless
}
