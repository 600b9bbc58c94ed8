package report

import (
	"errors"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/tenant"
)

// brief is the longest wait for a turn that is not worth a word. It is a guess, and many objects that are made at once should not cost a write each for it.
const brief = time.Minute

// AwaitsTurn says whether a pass ended only because calls of others go first: not by the tenant's word, but by the operator's own limits. That is
// no news to anybody who reads a status while what was promised before holds, which is for the caller to know, or where the wait is brief.
func AwaitsTurn(err error, holds bool) bool {
	gate, found := errors.AsType[*tenant.GateError](err)
	return found && !gate.Asked && (holds || gate.RetryAfter() < brief)
}
