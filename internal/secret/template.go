package secret

import (
	"maps"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/template"
)

// Template returns others with what templates add to them. They see the fields that a layout publishes, by their names in spec.secret.keys,
// and no other: a template is no way around what is delivered. Errors are those of package template; they have no values.
func Template(templates map[string]v1alpha1.TemplateText, token Content, others map[Field]oauth.Secret, layout Layout) (map[Field]oauth.Secret, error) {
	values := map[string]string{}
	for field, value := range fields(token, others, layout) {
		values[string(field)] = value.Reveal()
	}
	made, err := template.Render(texts(templates), values)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(others)
	for key, text := range made {
		all[templateField(key)] = oauth.NewSecret(text)
	}
	return all, nil
}

// fields returns what is published in a layout, by field, without what templates make.
func fields(token Content, others map[Field]oauth.Secret, layout Layout) map[Field]oauth.Secret {
	values := maps.Clone(others)
	if values == nil {
		values = map[Field]oauth.Secret{}
	}
	if layout.HoldsToken() {
		values[FieldAccessToken] = token.AccessToken
		values[FieldTokenType] = oauth.NewSecret(token.TokenType)
		values[FieldExpiresAt] = oauth.NewSecret(formatTime(token.ExpirationTime))
		values[FieldScope] = oauth.NewSecret(token.Scope)
	}
	maps.DeleteFunc(values, func(field Field, _ oauth.Secret) bool { return layout[field] == "" || field.isTemplate() })
	return values
}
