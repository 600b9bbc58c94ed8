package emulator

import (
	"regexp"
	"slices"
	"strings"
)

// parsedFields is what is often asked of an application's fields, in a form that is quick to read.
type parsedFields struct {
	serviceName  string
	templateName string
	profile      Profile
	covered      map[string][]*regexp.Regexp // REST patterns by scope
}

func parseFields(fields map[string]any) parsedFields {
	p := parsedFields{
		serviceName: scalarText(fields["ServiceName"]), templateName: scalarText(fields["TemplateName"]),
		covered: map[string][]*regexp.Regexp{},
	}
	stored, _ := fields["OAuthProfile"].(map[string]any)
	p.profile = parseProfile(stored)
	for _, scope := range p.profile.KnownScopes {
		for _, pattern := range scope.AllowedRest {
			// A pattern that does not compile covers nothing.
			if expression, err := regexp.Compile("(?i)" + pattern); err == nil {
				p.covered[scope.Scope] = append(p.covered[scope.Scope], expression)
			}
		}
	}
	return p
}

// covers tells whether a REST pattern of the scopes covers the path, by the application's present definitions. A pattern
// may match anywhere in the path, in any case, with and without the leading slash: they are written in all of these ways.
func (p parsedFields) covers(scopes []string, path string) bool {
	bare := strings.TrimPrefix(path, "/")
	return slices.ContainsFunc(scopes, func(scope string) bool {
		return slices.ContainsFunc(p.covered[scope], func(expression *regexp.Regexp) bool {
			return expression.MatchString(path) || expression.MatchString(bare)
		})
	})
}

// newApplication returns an application with fields, which no tenant has yet.
func newApplication(key string, fields map[string]any) *application {
	return &application{key: key, raw: fields, parsed: parseFields(fields)}
}

// addApplication makes the application one of the tenant's.
func (s *state) addApplication(app *application) {
	s.applications[app.key] = app
	if name := app.serviceName(); name != "" {
		s.serviceNames[strings.ToLower(name)] = app
	}
}

// removeApplication takes the application off the tenant.
func (s *state) removeApplication(app *application) {
	delete(s.applications, app.key)
	if name := strings.ToLower(app.serviceName()); s.serviceNames[name] == app {
		delete(s.serviceNames, name)
	}
}

// setFields gives an application of the tenant other fields. They must not be changed afterwards.
func (s *state) setFields(app *application, fields map[string]any) {
	s.removeApplication(app)
	app.raw, app.parsed, app.rendered = fields, parseFields(fields), nil
	s.addApplication(app)
}

func (app *application) serviceName() string  { return app.parsed.serviceName }
func (app *application) templateName() string { return app.parsed.templateName }

// profile returns the OAuth profile. Its lists are not to be changed.
func (app *application) profile() Profile { return app.parsed.profile }
