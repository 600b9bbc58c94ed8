package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a value that must not be seen: a client secret, a password, a token. Every formatter and encoder
// prints it as "[redacted]"; Reveal is the only way to the value. The zero Secret is empty.
//
// Secrets are compared with Equal; == does not compile, and reflect.DeepEqual finds any two of them different.
type Secret struct {
	// A function, because fmt calls no methods on unexported fields of other types and would print a string there,
	// and because whatever walks values by reflection, as cmp.Diff and dumpers do, can't look into one.
	reveal func() string
}

// Credential is what a confidential client authenticates with (RFC 6749 section 2.3.1). On the tenant the client
// ID is a login name and the client secret its password.
type Credential struct {
	ClientID     string
	ClientSecret Secret
}

// NewSecret returns a Secret that holds value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return value }}
}

// Reveal returns the value. Each use is a place to look at in a review.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether the value is empty.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal reports whether both values are the same, in a time that depends on their lengths only.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// Fingerprint returns the first 16 bytes of the value's SHA-256 in hexadecimal: enough to tell whether a stored
// value is still the same one. It is not fit to protect values that can be guessed.
func (s Secret) Fingerprint() string {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return hex.EncodeToString(sum[:16])
}

// String implements fmt.Stringer.
func (s Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return redacted }

// Format implements fmt.Formatter, so that no verb and no flag gets past it.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalJSON implements json.Marshaler.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
