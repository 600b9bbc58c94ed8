package verification

import "fmt"

// Verdict says what a check came to.
type Verdict string

const (
	// Verified says that everything that can be checked is right.
	Verified Verdict = "Verified"
	// Unverified says that something could not be checked, and that nothing is known to be wrong.
	Unverified Verdict = "Unverified"
	// Refuted says that something is wrong for certain.
	Refuted Verdict = "Refuted"
)

// Reason says why. Its values are those of the reasons of the condition TokenVerified.
type Reason string

const (
	// AllRight says that the token is what was asked for.
	AllRight Reason = "Verified"
	// SignatureInvalid says that the key that the token names did not sign it.
	SignatureInvalid Reason = "SignatureInvalid"
	// IssuerMismatch says that the token has another issuer than is asked for.
	IssuerMismatch Reason = "IssuerMismatch"
	// AudienceMismatch says that the token is not for the audience that is asked for.
	AudienceMismatch Reason = "AudienceMismatch"
	// Expired says that the token has expired already.
	Expired Reason = "TokenExpired"
	// Inactive says that the tenant does not take the token for a good one.
	Inactive Reason = "TokenInactive"
	// KeysUnavailable says that there is nothing to check the signature with.
	KeysUnavailable Reason = "KeysUnavailable"
	// KeyUnknown says that the token was signed by a key that the tenant does not publish.
	KeyUnknown Reason = "KeyUnknown"
	// IssuerUnknown says that the token has an issuer of which nobody knows whether it is right.
	IssuerUnknown Reason = "IssuerUnknown"
	// IntrospectionUnavailable says that the token is opaque and that the tenant does not answer about it.
	IntrospectionUnavailable Reason = "IntrospectionUnavailable"
)

// Finding is what a check came to, and why.
type Finding struct {
	Verdict Verdict
	Reason  Reason
	// Message for people. It has no word of the token.
	Message string
}

func verified(message string) Finding { return Finding{Verified, AllRight, message} }

func unverified(reason Reason, format string, args ...any) Finding {
	return Finding{Unverified, reason, fmt.Sprintf(format, args...)}
}

func refuted(reason Reason, format string, args ...any) Finding {
	return Finding{Refuted, reason, fmt.Sprintf(format, args...)}
}
