package application

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
)

// Ids of the vendor's templates. They are named the other way round than one would think: OAuth2ServerClient is the client
// template.
const (
	templateServer = "OAuth2Server"
	templateClient = "OAuth2ServerClient"
)

// The vendor's own defaults.
const (
	// DefaultTokenLifetime of access tokens.
	DefaultTokenLifetime = 5 * time.Hour
	// DefaultRefreshLifetime of refresh tokens.
	DefaultRefreshLifetime = 365 * 24 * time.Hour
)

// Desired is what an application on the tenant is to look like.
type Desired struct {
	ApplicationID string                   `json:"applicationID"`
	Name          string                   `json:"name"`
	Description   string                   `json:"description"`
	Type          v1alpha1.ApplicationType `json:"type"`
	Issuer        string                   `json:"issuer,omitempty"`
	Audience      string                   `json:"audience,omitempty"`
	ClientIDType  v1alpha1.ClientIDType    `json:"clientIDType"`
	// AllowedClients are the public clients of ClientIDType List.
	AllowedClients []string `json:"allowedClients,omitempty"`
	// MustBeOAuthClient is only true with ClientIDType Confidential.
	MustBeOAuthClient bool                 `json:"mustBeOAuthClient"`
	RedirectURIs      []string             `json:"redirectURIs,omitempty"`
	GrantTypes        []v1alpha1.GrantType `json:"grantTypes"`
	// RefreshLifetime of refresh tokens; zero for none.
	RefreshLifetime     time.Duration      `json:"refreshLifetime"`
	ConsentRequired     bool               `json:"consentRequired"`
	AllowScopeSelection bool               `json:"allowScopeSelection"`
	TokenType           v1alpha1.TokenType `json:"tokenType"`
	TokenLifetime       time.Duration      `json:"tokenLifetime"`
	Scopes              []Scope            `json:"scopes"`
	// Retained are scopes that stay as the tenant has them.
	Retained []string `json:"retained,omitempty"`
	// ClaimsScript adds claims to tokens; empty leaves the script on the tenant alone.
	ClaimsScript string `json:"claimsScript,omitempty"`
	// Permissions of further roles and users.
	Permissions []Permission `json:"permissions,omitempty"`
	// ClientRole is the name of the role that the operator keeps for the clients; empty for none. It is granted the application.
	ClientRole string `json:"clientRole,omitempty"`
	// Observed says that the state is compared with the tenant and never applied.
	Observed bool `json:"observed,omitempty"`
}

// DesiredOf returns what an OAuthClient asks for, with the mark of its owner and the merged scopes. What is only observed is not marked.
func DesiredOf(oauthClient *v1alpha1.OAuthClient, mark ownership.Mark, merged Merged) Desired {
	spec := &oauthClient.Spec
	d := Desired{
		ApplicationID: spec.ApplicationID,
		Name:          cmp.Or(spec.DisplayName, spec.ApplicationID),
		Description:   mark.Describe(spec.Description),
		Type:          spec.Type,
		Issuer:        spec.Issuer,
		Audience:      spec.Audience,
		TokenType:     v1alpha1.TokenTypeJWT,
		TokenLifetime: TokenLifetime(oauthClient),
		Scopes:        merged.Scopes,
		Retained:      merged.Retained,
		ClaimsScript:  spec.ClaimsScript,
	}
	if spec.ManagementPolicy == v1alpha1.ManagementPolicyObserve {
		d.Observed = true
		d.Description = spec.Description
	}
	if spec.Token != nil && spec.Token.Type != "" {
		d.TokenType = spec.Token.Type
	}
	d.ClientIDType = cmp.Or(spec.ClientIDType, v1alpha1.ClientIDTypeConfidential)
	d.AllowedClients = slices.Sorted(slices.Values(spec.AllowedClients))
	d.MustBeOAuthClient = d.ClientIDType == v1alpha1.ClientIDTypeConfidential && (spec.MustBeOAuthClient == nil || *spec.MustBeOAuthClient)
	d.RedirectURIs = slices.Sorted(slices.Values(spec.RedirectURIs))
	d.GrantTypes = GrantTypes(oauthClient)
	d.RefreshLifetime = refreshLifetime(spec.Token)
	if consent := spec.UserConsent; consent != nil {
		d.ConsentRequired, d.AllowScopeSelection = consent.Required, consent.AllowScopeSelection
	}
	d.Permissions = permissions(spec.Permissions)
	if spec.ClientRole != v1alpha1.ClientRoleNone {
		d.ClientRole = ClientRoleName(spec.ApplicationID)
	}
	return d
}

// TokenLifetime returns the lifetime that an OAuthClient asks for, in whole seconds.
func TokenLifetime(oauthClient *v1alpha1.OAuthClient) time.Duration {
	if t := oauthClient.Spec.Token; t != nil && t.Lifetime != nil {
		return t.Lifetime.Truncate(time.Second)
	}
	return DefaultTokenLifetime
}

// GrantTypes returns the grant types that an OAuthClient asks for, sorted.
func GrantTypes(oauthClient *v1alpha1.OAuthClient) []v1alpha1.GrantType {
	if t := oauthClient.Spec.Token; t != nil && len(t.GrantTypes) > 0 {
		return slices.Sorted(slices.Values(t.GrantTypes))
	}
	return []v1alpha1.GrantType{v1alpha1.GrantTypeClientCredentials}
}

// IssuesToConfidentialClients says whether an OAuthClient's application issues tokens to ConfidentialClients: they have a secret, and use the
// client credentials grant.
func IssuesToConfidentialClients(oauthClient *v1alpha1.OAuthClient) bool {
	return IsForConfidentialClients(oauthClient) && slices.Contains(GrantTypes(oauthClient), v1alpha1.GrantTypeClientCredentials)
}

// IsForConfidentialClients says whether clients of an OAuthClient's application have a secret, whichever grant they use.
func IsForConfidentialClients(oauthClient *v1alpha1.OAuthClient) bool {
	kind := oauthClient.Spec.ClientIDType
	return kind == "" || kind == v1alpha1.ClientIDTypeConfidential
}

// WasSeenToIssueNone says whether the application was last seen to issue no tokens to ConfidentialClients, whatever its OAuthClient declares by
// now. Of an application that nothing was noted of, it says no.
func WasSeenToIssueNone(oauthClient *v1alpha1.OAuthClient) bool {
	seen := oauthClient.Status
	return len(seen.GrantTypes) > 0 &&
		(seen.ClientIDType != v1alpha1.ClientIDTypeConfidential || !slices.Contains(seen.GrantTypes, v1alpha1.GrantTypeClientCredentials))
}

// refreshLifetime returns the lifetime of refresh tokens in whole seconds, zero for none.
func refreshLifetime(t *v1alpha1.ApplicationToken) time.Duration {
	switch {
	case t == nil || t.RefreshToken == nil:
		return 0
	case t.RefreshToken.Lifetime == nil:
		return DefaultRefreshLifetime
	}
	return t.RefreshToken.Lifetime.Truncate(time.Second)
}

// ClientRoleName returns the name of the role that the operator keeps for the clients of an application.
func ClientRoleName(applicationID string) string { return applicationID + " clients" }

// Template returns the id of the vendor's template for the type of application.
func (d Desired) Template() string {
	if d.Type == v1alpha1.ApplicationTypeOAuth2Client {
		return templateClient
	}
	return templateServer
}

// Hash identifies the desired state. It is stored once the state was applied and read back.
func (d Desired) Hash() string { return hash(d) }

// TokenHash identifies what the tokens of the application say, and the application that signs them: another application under the same ID
// has other keys.
func (d Desired) TokenHash(applicationKey string) string {
	return hash(struct {
		Key, TokenType, Issuer, Audience string
		ClaimsScript                     string `json:",omitempty"`
	}{applicationKey, string(d.TokenType), d.Issuer, d.Audience, d.ClaimsScript})[:16]
}

// TokensAsDeclared says whether the application was last seen to issue tokens as its OAuthClient declares them now.
func TokensAsDeclared(oauthClient *v1alpha1.OAuthClient) bool {
	known := oauthClient.Status
	return known.TokenHash != "" && known.TokenHash == DesiredOf(oauthClient, ownership.Mark{}, Merged{}).TokenHash(known.ApplicationKey)
}

// Hash identifies the definition of a scope.
func (s Scope) Hash() string { return hash(s)[:8] }

func hash(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers and slices of them always have a JSON form
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}
