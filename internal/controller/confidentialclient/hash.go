package confidentialclient

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// hashSeparator stands between the part of a token's spec hash that comes from the ConfidentialClient, and the part that comes from
// the application and the identity on the tenant. The first is known even when the second cannot be looked up.
const hashSeparator = "-"

// specHash identifies everything that a token depends on.
func (p *pass) specHash() string { return p.localHash() + hashSeparator + p.remoteHash() }

// localHash covers what the ConfidentialClient says of its token: whose it is, which application, which scopes, which identity. Names of keys,
// labels, and the times of renewal are no part of it. The name of the client never changes; it tells a Secret that a backup brought back from a copy
// of somebody else's.
func (p *pass) localHash() string {
	spec := &p.obj.Spec
	scopes := slices.Sorted(slices.Values(spec.Scopes))
	var credential string
	if spec.Credential != nil && spec.Credential.SecretRef != nil {
		credential = spec.Credential.SecretRef.Name
	}
	return digest(struct {
		Client      string
		OAuthClient *v1alpha1.OAuthClientReference
		Application *v1alpha1.ExternalApplication
		Scopes      []string
		Credential  string
	}{p.obj.Namespace + "/" + p.obj.Name, spec.OAuthClientRef, spec.Application, scopes, credential})
}

// remoteHash covers what the token depends on elsewhere: the application that issues it, as it was last applied and not as it is asked
// for, and the user it speaks for.
func (p *pass) remoteHash() string {
	var v struct{ Tenant, Application, UserID string }
	v.Tenant = p.tenant.Spec.URL
	if p.oauthClient != nil {
		v.Application = p.oauthClient.Status.TokenHash
	}
	if p.obj.Status.ActiveIdentity() != nil {
		v.UserID = p.obj.Status.ActiveIdentity().UserID
	}
	return digest(v)
}

func digest(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and slices of them always have a JSON form
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}
