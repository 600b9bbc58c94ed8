package secret

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// Field is a piece of what a published Secret holds, by its name in spec.secret.keys.
type Field string

// Fields that hold the token.
const (
	FieldAccessToken Field = "accessToken"
	FieldTokenType   Field = "tokenType"
	FieldExpiresAt   Field = "expiresAt"
	FieldScope       Field = "scope"
)

// Fields that hold the client credentials.
const (
	FieldClientID     Field = "clientID"
	FieldClientSecret Field = "clientSecret"
)

// Fields that hold the endpoints.
const (
	FieldTokenURL      Field = "tokenURL"
	FieldIssuer        Field = "issuer"
	FieldJWKSURL       Field = "jwksURL"
	FieldApplicationID Field = "applicationID"
	FieldTenantURL     Field = "tenantURL"
)

// templateField is the field that a template of the given key makes.
func templateField(key string) Field { return Field(templatePrefix + key) }

const templatePrefix = "template."

func (f Field) isTemplate() bool { return strings.HasPrefix(string(f), templatePrefix) }

func tokenFields() []Field {
	return []Field{FieldAccessToken, FieldTokenType, FieldExpiresAt, FieldScope}
}

func credentialFields() []Field { return []Field{FieldClientID, FieldClientSecret} }

// Layout says which fields a published Secret holds, and under which keys.
type Layout map[Field]string

// LayoutOf returns the layout that a ConfidentialClient asks for; s may be nil.
func LayoutOf(s *v1alpha1.PublishedSecret) Layout {
	deliver, keys := []v1alpha1.Delivery{v1alpha1.DeliveryToken}, v1alpha1.SecretKeys{}
	if s != nil && len(s.Deliver) > 0 {
		deliver = s.Deliver
	}
	if s != nil && s.Keys != nil {
		keys = *s.Keys
	}
	layout := Layout{}
	name := func(field Field, chosen v1alpha1.SecretKey, usual string) {
		layout[field] = cmp.Or(string(chosen), usual)
	}
	for _, delivery := range deliver {
		switch delivery {
		case v1alpha1.DeliveryToken:
			name(FieldAccessToken, keys.AccessToken, v1alpha1.AccessTokenKey)
			name(FieldTokenType, keys.TokenType, v1alpha1.TokenTypeKey)
			name(FieldExpiresAt, keys.ExpiresAt, v1alpha1.ExpiresAtKey)
			name(FieldScope, keys.Scope, v1alpha1.ScopeKey)
		case v1alpha1.DeliveryClientCredentials:
			name(FieldClientID, keys.ClientID, v1alpha1.ClientIDKey)
			name(FieldClientSecret, keys.ClientSecret, v1alpha1.ClientSecretKey)
		case v1alpha1.DeliveryEndpoints:
			name(FieldTokenURL, keys.TokenURL, v1alpha1.TokenURLKey)
			name(FieldIssuer, keys.Issuer, v1alpha1.IssuerKey)
			name(FieldJWKSURL, keys.JWKSURL, v1alpha1.JWKSURLKey)
			name(FieldApplicationID, keys.ApplicationID, v1alpha1.ApplicationIDKey)
			name(FieldTenantURL, keys.TenantURL, v1alpha1.TenantURLKey)
		}
	}
	if s != nil && s.Template != nil {
		for key := range s.Template.Data {
			layout[templateField(key)] = key
		}
	}
	return layout
}

// HoldsToken says whether the token is published.
func (l Layout) HoldsToken() bool { return l[FieldAccessToken] != "" }

// HoldsCredential says whether the client credentials are published.
func (l Layout) HoldsCredential() bool { return l[FieldClientSecret] != "" }

// HoldsEndpoints says whether the endpoints are published.
func (l Layout) HoldsEndpoints() bool { return l[FieldTokenURL] != "" }

// Equal says whether both hold the same fields under the same keys.
func (l Layout) Equal(other Layout) bool { return maps.Equal(l, other) }

// secretive returns the fields that hold the client secret or may hold it: templates see it, too.
func (l Layout) secretive() []Field {
	if !l.HoldsCredential() {
		return nil
	}
	fields := credentialFields()
	for field := range l {
		if field.isTemplate() {
			fields = append(fields, field)
		}
	}
	return fields
}

// withoutCredential returns the layout without the client credentials.
func (l Layout) withoutCredential() Layout {
	rest := maps.Clone(l)
	for _, field := range l.secretive() {
		delete(rest, field)
	}
	return rest
}

// has says whether a key belongs to the layout.
func (l Layout) has(key string) bool {
	for _, ours := range l {
		if ours == key {
			return true
		}
	}
	return false
}

// String returns the layout as an annotation has it. Keys of Secrets have none of the characters that delimit them.
func (l Layout) String() string {
	var pairs []string
	for _, field := range slices.Sorted(maps.Keys(l)) {
		pairs = append(pairs, string(field)+"="+l[field])
	}
	return strings.Join(pairs, ",")
}

// parseLayout reads what String wrote. What it cannot read is left out: the fingerprint tells that somebody has edited it.
func parseLayout(s string) Layout {
	layout := Layout{}
	for pair := range strings.SplitSeq(s, ",") {
		if field, key, ok := strings.Cut(pair, "="); ok {
			layout[Field(field)] = key
		}
	}
	return layout
}
