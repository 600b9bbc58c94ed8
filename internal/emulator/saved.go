package emulator

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// savedVersion is the version of the form in which a tenant is saved.
const savedVersion = 1

// saved is a tenant as it is written to a file: what it knows, what it has issued, and the keys with which clients
// recognize it. What lives for minutes only is left out: logins under way and authorization codes.
type saved struct {
	Version        int                   `json:"version"`
	Warning        string                `json:"warning"`
	Suffixes       []string              `json:"suffixes"`
	Sequence       int                   `json:"sequence"`
	Administrator  savedCredential       `json:"administrator"`
	Authority      savedKey              `json:"authority"`
	Applications   []savedApplication    `json:"applications"`
	Users          []savedUser           `json:"users"`
	Roles          []savedRole           `json:"roles"`
	UserAttributes []attribute           `json:"userAttributes,omitempty"`
	RoleAttributes []attribute           `json:"roleAttributes,omitempty"`
	Keys           map[string][]savedKey `json:"keys,omitempty"` // by row key of the application
	Authorizations []savedAuthorization  `json:"authorizations,omitempty"`
	Tokens         []savedToken          `json:"tokens,omitempty"`
	RefreshTokens  []savedRefreshToken   `json:"refreshTokens,omitempty"`
	Sessions       []savedSession        `json:"sessions,omitempty"`
	Consents       []savedConsent        `json:"consents,omitempty"`
}

// savedSum is the SHA-256 hash of a text that was handed out.
type savedSum []byte

type savedCredential struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

type savedApplication struct {
	Key      string         `json:"key"`
	Fields   map[string]any `json:"fields"`
	Grants   []savedGrant   `json:"grants,omitempty"`
	Owner    string         `json:"owner,omitempty"`
	Sequence int            `json:"sequence"`
}

type savedGrant struct {
	PrincipalType string `json:"principalType"`
	PrincipalID   string `json:"principalID"`
	Mask          int64  `json:"mask"`
}

type savedUser struct {
	ID                      string         `json:"id"`
	Name                    string         `json:"name"`
	DisplayName             string         `json:"displayName,omitempty"`
	Mail                    string         `json:"mail,omitempty"`
	Mobile                  string         `json:"mobile,omitempty"`
	Description             string         `json:"description,omitempty"`
	Password                savedSum       `json:"password"`
	OauthClient             bool           `json:"oauthClient,omitempty"`
	ServiceUser             bool           `json:"serviceUser,omitempty"`
	InEverybodyRole         bool           `json:"inEverybodyRole,omitempty"`
	PasswordNeverExpire     bool           `json:"passwordNeverExpire,omitempty"`
	ForcePasswordChangeNext bool           `json:"forcePasswordChangeNext,omitempty"`
	State                   string         `json:"state"`
	Extra                   map[string]any `json:"extra,omitempty"`
	Columns                 map[string]any `json:"columns,omitempty"`
	Created                 time.Time      `json:"created"`
	LastLogin               time.Time      `json:"lastLogin"`
	PasswordChanged         time.Time      `json:"passwordChanged"`
	Version                 int            `json:"version"`
	Sequence                int            `json:"sequence"`
}

type savedRole struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Type        string            `json:"type"`
	BuiltIn     bool              `json:"builtIn,omitempty"`
	Script      string            `json:"script,omitempty"`
	Users       map[string]int    `json:"users,omitempty"`
	Roles       map[string]int    `json:"roles,omitempty"`
	Rights      map[string]bool   `json:"rights,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
	Sequence    int               `json:"sequence"`
}

// savedKey is a private key in PKCS #8, with its key ID or its certificate.
type savedKey struct {
	ID          string `json:"id,omitempty"`
	Certificate []byte `json:"certificate,omitempty"`
	Key         []byte `json:"key"`
}

type savedAuthorization struct {
	Application string    `json:"application"`
	Client      string    `json:"client"`
	User        string    `json:"user"`
	Scopes      []string  `json:"scopes,omitempty"`
	Nonce       string    `json:"nonce,omitempty"`
	AuthTime    time.Time `json:"authTime"`
	Revoked     bool      `json:"revoked,omitempty"`
}

// savedToken refers to its authorization by its place in the list of them.
type savedToken struct {
	Sum           savedSum  `json:"sum"`
	Authorization int       `json:"authorization"`
	ID            string    `json:"id"`
	Scopes        []string  `json:"scopes,omitempty"`
	Opaque        bool      `json:"opaque,omitempty"`
	Issuer        string    `json:"issuer"`
	Audience      string    `json:"audience"`
	Issued        time.Time `json:"issued"`
	Expires       time.Time `json:"expires"`
	Withdrawn     bool      `json:"withdrawn,omitempty"`
}

type savedRefreshToken struct {
	Sum           savedSum  `json:"sum"`
	Authorization int       `json:"authorization"`
	Issued        time.Time `json:"issued"`
	Expires       time.Time `json:"expires"`
	Spent         bool      `json:"spent,omitempty"`
}

type savedSession struct {
	Sum      savedSum  `json:"sum"`
	User     string    `json:"user"`
	AuthTime time.Time `json:"authTime"`
	Expires  time.Time `json:"expires"`
}

type savedConsent struct {
	User        string          `json:"user"`
	Application string          `json:"application"`
	Client      string          `json:"client"`
	Scopes      map[string]bool `json:"scopes"`
}

// sum returns the hash in the form in which it is looked for.
func (s savedSum) sum() (sum [sha256.Size]byte, err error) {
	if len(s) != len(sum) {
		return sum, fmt.Errorf("a hash has %d bytes", len(s))
	}
	copy(sum[:], s)
	return sum, nil
}

// parseSaved reads what a file holds.
func parseSaved(text []byte) (saved, error) {
	var s saved
	if err := json.Unmarshal(text, &s); err != nil {
		return saved{}, fmt.Errorf("reading the saved state: %w", err)
	}
	if s.Version != savedVersion {
		return saved{}, fmt.Errorf("reading the saved state: version %d is not %d", s.Version, savedVersion)
	}
	for _, application := range s.Applications {
		if application.Key == "" || application.Fields == nil {
			return saved{}, errors.New("reading the saved state: an application has no key or no fields")
		}
	}
	return s, nil
}
