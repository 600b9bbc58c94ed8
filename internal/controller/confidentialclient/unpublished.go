package confidentialclient

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/verification"
)

const (
	// unpublishedPart and unpublishedMost bound how old a token may get that waits for its Secret: a tenth of its lifetime, and ten minutes.
	unpublishedPart = 10
	unpublishedMost = 10 * time.Minute
)

// Unpublished keeps tokens that were requested and could not be written, because kube-apiserver failed meanwhile: the next pass would request another one,
// and so would each until the cluster is back. It is a cache: after a restart there is one more request. A nil Unpublished keeps none.
type Unpublished struct {
	clock clock.PassiveClock

	mu     sync.Mutex
	tokens map[types.UID]unpublished
}

// order is what a token was requested for. One that was requested for something else is of no use.
type order struct {
	specHash, renewRequest string
	credential             oauth.Credential
}

func (o order) same(other order) bool {
	return o.specHash == other.specHash && o.renewRequest == other.renewRequest && o.credential.ClientID == other.credential.ClientID &&
		o.credential.ClientSecret.Equal(other.credential.ClientSecret)
}

type unpublished struct {
	order order
	token oauth.Token
	// finding is what the check of the token came to; nil when none was checked.
	finding *verification.Finding
}

// fresh says whether a token is still as good as a new one.
func (u unpublished) fresh(now time.Time) bool {
	age := now.Sub(u.token.RequestTime)
	return age >= 0 && age <= min(u.token.Lifetime/unpublishedPart, unpublishedMost)
}

// NewUnpublished returns an Unpublished without tokens.
func NewUnpublished(clock clock.PassiveClock) *Unpublished {
	return &Unpublished{clock: clock, tokens: map[types.UID]unpublished{}}
}

// keep keeps the token of a ConfidentialClient, and drops those of others that have got too old.
func (u *Unpublished) keep(owner types.UID, waiting unpublished) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.clock.Now()
	for other, kept := range u.tokens {
		if !kept.fresh(now) {
			delete(u.tokens, other)
		}
	}
	u.tokens[owner] = waiting
}

// find returns the token that was requested for the same, if there is one, and it is as good as a new one.
func (u *Unpublished) find(owner types.UID, o order) (waiting unpublished, found bool) {
	if u == nil {
		return unpublished{}, false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	waiting, found = u.tokens[owner]
	return waiting, found && waiting.order.same(o) && waiting.fresh(u.clock.Now())
}

// forget drops the token of a ConfidentialClient.
func (u *Unpublished) forget(owner types.UID) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.tokens, owner)
}
