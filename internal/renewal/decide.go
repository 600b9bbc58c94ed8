package renewal

import "time"

// Reason says why a token is replaced.
type Reason string

const (
	// SecretMissing says that no Secret holds a token.
	SecretMissing Reason = "SecretMissing"
	// TokenTampered says that the Secret's token is not the one that was published.
	TokenTampered Reason = "TokenTampered"
	// SpecChanged says that something that the token depends on has changed.
	SpecChanged Reason = "SpecChanged"
	// CredentialChanged says that the client credentials that are published beside the token are not the present ones: a token that they
	// were good for proves the new ones before they are published.
	CredentialChanged Reason = "CredentialChanged"
	// CredentialProved says that a token was requested already, to prove a new credential.
	CredentialProved Reason = "CredentialProved" //nolint:gosec // a reason, no credential
	// RenewalRequested says that somebody asks for a new token.
	RenewalRequested Reason = "RenewalRequested"
	// RenewalDue says that the renewal time has passed.
	RenewalDue Reason = "RenewalDue"
)

// Input is everything a decision depends on.
type Input struct {
	// Found says that a Secret of ours holds a token with its times.
	Found bool
	// Intact says that the token in it is the one that was published.
	Intact bool
	// PublishedSpecHash is the hash of the token-relevant spec with which the token was requested.
	PublishedSpecHash string
	// WantedSpecHash is the present one.
	WantedSpecHash string
	// CredentialChanged says that other client credentials are published than the present ones.
	CredentialChanged bool
	// CredentialProved says that there is a token already that was requested with a new credential.
	CredentialProved bool
	// Requested says that somebody asks for a new token who has not got one yet.
	Requested bool
	// Token that is published; meaningless unless Found. One without an expiration time was requested to try the credential and is not
	// published: it is never due, and stays usable.
	Token Token
	// Policy for its renewal.
	Policy Policy
}

// Decision says whether to replace the published token.
type Decision struct {
	// Reason to replace it; empty to keep it.
	Reason Reason
	// RenewalTime of the published token; zero without one, or with one that is never due.
	RenewalTime time.Time
	// Before is how long before its expiration the token is replaced at the latest, and Adjusted says that the policy asks for something
	// else, which does not fit the lifetime.
	Before   time.Duration
	Adjusted bool
	// ExpirationTime of the published token by the local clock; zero without one.
	ExpirationTime time.Time
	// Usable says that the published token is intact and has not expired, whatever spec it stems from.
	Usable bool
}

// Renew says whether the token is to be replaced.
func (d Decision) Renew() bool { return d.Reason != "" }

// Decide says whether the published token must be replaced at now, and why. The reasons are looked at in the order in which
// they are declared; the first that applies is returned.
func Decide(now time.Time, in Input) Decision {
	if !in.Found {
		return Decision{Reason: SecretMissing}
	}
	if !in.Intact {
		return Decision{Reason: TokenTampered}
	}
	d := Decision{Usable: true}
	due := false
	if !in.Token.ExpirationTime.IsZero() {
		d.RenewalTime, d.ExpirationTime = Time(in.Token, in.Policy), Expiration(in.Token, in.Policy.ClockOffset)
		d.Before, d.Adjusted = Before(in.Token.ExpirationTime.Sub(in.Token.IssueTime), in.Policy)
		d.Usable, due = now.Before(d.ExpirationTime), !now.Before(d.RenewalTime)
	}
	switch {
	case in.PublishedSpecHash != in.WantedSpecHash:
		d.Reason = SpecChanged
	case in.CredentialChanged:
		d.Reason = CredentialChanged
	case in.CredentialProved:
		d.Reason = CredentialProved
	case in.Requested:
		d.Reason = RenewalRequested
	case due:
		d.Reason = RenewalDue
	}
	return d
}
