package secret

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// covered are the annotations that the fingerprint covers: who moves the expiry of a token tampers with it.
func covered() []string {
	return []string{
		v1alpha1.ExpirationTimeAnnotation,
		v1alpha1.TenantExpirationTimeAnnotation,
		v1alpha1.IssueTimeAnnotation,
		v1alpha1.TokenSpecHashAnnotation,
		v1alpha1.KeysAnnotation,
	}
}

// fingerprint covers the given keys of data and the annotations that describe the token. Each part is written with its length, so
// that no two contents look alike.
func fingerprint(data map[string][]byte, annotations map[string]string) string {
	h := sha256.New()
	part := func(s string) {
		_, _ = fmt.Fprintf(h, "%d:%s", len(s), s) // a hash takes every write
	}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		part(key)
		part(string(data[key]))
	}
	for _, key := range covered() {
		part(annotations[key])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// deliveryFingerprint covers what is published beside the token; it is empty when that is nothing.
func deliveryFingerprint(data map[string][]byte) string {
	if len(data) == 0 {
		return ""
	}
	return fingerprint(data, nil)
}
