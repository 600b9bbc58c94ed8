package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

const keyBits = 2048

// KeySource makes a key that signs tokens. It is called when an application first needs one, and at each rotation.
type KeySource func() (*rsa.PrivateKey, error)

// NewKeys returns a source that makes a fresh key at every call.
func NewKeys() KeySource {
	return func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }
}

// SharedKey returns a source that makes one key and gives it out at every call. Applications still have key IDs of
// their own, but a verifier that ignores the key ID takes the token of one for that of another. Making keys is slow
// under the race detector; suites that start many emulators share one source between them.
func SharedKey() KeySource { return sync.OnceValues(NewKeys()) }

// signingKey is a key of one application under its key ID.
type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

// keyring holds the signing keys of all applications, the newest of each last.
type keyring struct {
	source KeySource

	mu   sync.Mutex
	keys map[string][]signingKey // by row key
}

// of returns the keys of an application; it makes the first.
func (k *keyring) of(application string) ([]signingKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys[application]) == 0 {
		if err := k.add(application); err != nil {
			return nil, err
		}
	}
	return k.keys[application], nil
}

// rotate makes a new key, with which the application signs from now on. The older keys stay published.
func (k *keyring) rotate(application string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.add(application)
}

func (k *keyring) add(application string) error {
	key, err := k.source()
	if err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	sum := sha256.Sum256([]byte(application + "/" + strconv.Itoa(len(k.keys[application]))))
	k.keys[application] = append(k.keys[application], signingKey{id: hex.EncodeToString(sum[:10]), key: key})
	return nil
}

// sign returns a JSON Web Token over claims, which are JSON, in compact form.
func (k *keyring) sign(application string, claims []byte) (string, error) {
	keys, err := k.of(application)
	if err != nil {
		return "", err
	}
	newest := keys[len(keys)-1]
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: newest.key, KeyID: newest.id}},
		(&jose.SignerOptions{}).WithType("JWT"),
	)
	if err != nil {
		return "", fmt.Errorf("making a signer: %w", err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed.CompactSerialize()
}

// verify returns what the application signed, with any of its keys.
func (k *keyring) verify(application string, signed *jose.JSONWebSignature) ([]byte, error) {
	keys, err := k.of(application)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if key.id == signed.Signatures[0].Header.KeyID {
			return signed.Verify(key.key.Public())
		}
	}
	return nil, errors.New("verifying a token: no key of the application has its key ID")
}

// serveKeys answers the public keys of an application as a JSON Web Key Set (RFC 7517 section 5).
func (e *Emulator) serveKeys(c *call) answer {
	app := e.addressedApplication(c)
	if app == nil || e.switches().KeysAbsent {
		return notFoundAnswer()
	}
	keys, err := e.keys.of(app.key)
	if err != nil {
		return oauthError(http.StatusInternalServerError, "server_error", "The keys are not available.")
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, key := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{
			Key: key.key.Public(), KeyID: key.id, Algorithm: string(jose.RS256), Use: "sig",
		})
	}
	return jsonAnswer(http.StatusOK, set)
}

// RotateSigningKey makes the application sign with a new key under a new key ID. The older keys stay in its key set.
func (e *Emulator) RotateSigningKey(key string) error {
	e.mu.Lock()
	app := e.state.applications[key]
	e.mu.Unlock()
	if app == nil {
		return fmt.Errorf("rotating the signing key: no application has row key %q", key)
	}
	return e.keys.rotate(key)
}
