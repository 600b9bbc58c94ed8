package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/google/uuid"
)

// The templates from which applications are imported. The names are the reverse of what one expects: tokens of
// OAuth2ServerClient open the tenant's own API, tokens of OAuth2Server are for the APIs of others.
const (
	TemplateOAuth2Server       = "OAuth2Server"
	TemplateOAuth2ServerClient = "OAuth2ServerClient"
)

// builtInScript refers to the script that every OAuth application has until it gets one of its own.
const builtInScript = "@oauth2"

// newApplicationFields returns the fields of a freshly imported application, or false for an unknown template.
func (e *Emulator) newApplicationFields(template string) (map[string]any, bool) {
	var display string
	switch template {
	case TemplateOAuth2Server:
		display = "OAuth2 Server"
	case TemplateOAuth2ServerClient:
		display = "OAuth2 Client"
	default:
		return nil, false
	}
	profile := map[string]any{
		"TargetIsUs":            template == TemplateOAuth2ServerClient,
		"ClientIDType":          float64(clientIDTypeAnything),
		"AllowPublic":           true,
		"MustBeOauthClient":     false,
		"TokenType":             tokenTypeJWT,
		"AllowedAuth":           strings.Join([]string{flowAuthorization, flowImplicit, flowClient, flowResourceOwner}, ","),
		"TokenLifetimeString":   formatTimeSpan(defaultTokenLifetime),
		"AllowRefresh":          false,
		"RefreshLifetimeString": formatTimeSpan(defaultRefreshLifetime),
		"Confirm":               false,
		"AllowScopeSelect":      false,
		"KnownScopes":           []any{},
	}
	if e.switches().TenantIssuer {
		profile["Issuer"] = e.publicURL
	}
	return map[string]any{
		"Name":                  display,
		"DisplayName":           display,
		"Description":           "",
		"ServiceName":           nil,
		"TemplateName":          template,
		"AppType":               "Web",
		"AppTypeDisplayName":    "Web - Other Type",
		"WebAppType":            "OAuth",
		"WebAppTypeDisplayName": "OAuth",
		"Category":              "_I18N_AppCategory_Other",
		"AdminTag":              "_I18N_AppCategory_Other",
		"State":                 "Active",
		"DefaultAuthProfile":    "AlwaysAllowed",
		"WebAppLoginType":       "AuthenticationRule",
		"ShowInUP":              false,
		"Generic":               true,
		"IsSwsEnabled":          false,
		"IsScaEnabled":          false,
		"UserNameStrategy":      "ADAttribute",
		"UserNameArg":           "userprincipalname",
		"OpenIDConnectScript":   builtInScript,
		"Icon":                  "/vfslow/lib/application/icons/oauth",
		"AuthRules": map[string]any{
			"_UniqueKey": "Condition", "_Value": []any{}, "Enabled": true, "_Type": "RowSet",
		},
		"OAuthProfile": profile,
	}, true
}

// renderApplication returns an application as GetApplication answers it. Objects are left out rather than null: the
// official SDK panics on null there.
func (e *Emulator) renderApplication(app *application) map[string]any {
	fields := cloneObject(app.raw)
	fields["_RowKey"] = app.key
	if profile, ok := app.raw["OAuthProfile"].(map[string]any); ok {
		fields["OAuthProfile"] = e.switches().renderProfile(profile)
	} else {
		delete(fields, "OAuthProfile")
	}
	if fields["AuthRules"] == nil {
		delete(fields, "AuthRules")
	}
	return fields
}

// importApplications creates one application per template. A body of the wrong shape succeeds and creates nothing,
// as on the service.
func (e *Emulator) importApplications(c *call) (any, error) {
	list, _ := c.args.value("ID").([]any)
	templates := asTexts(list)
	for _, template := range templates {
		if _, ok := e.newApplicationFields(template); !ok {
			return nil, refuse(notFound, "Application template '%s' not found.", template)
		}
	}
	imported := make([]any, 0, len(templates))
	for _, template := range templates {
		fields, _ := e.newApplicationFields(template)
		app := newApplication(uuid.NewString(), fields)
		app.owner, app.sequence = c.caller.user.id, e.state.next()
		e.state.addApplication(app)
		imported = append(imported, map[string]any{
			"_RowKey": app.key, "Name": fields["Name"], "DisplayName": fields["DisplayName"],
			"AppType": fields["AppType"], "WebAppType": fields["WebAppType"], "TemplateName": template,
		})
	}
	return imported, nil
}

func (e *Emulator) getApplication(c *call) (any, error) {
	app := e.state.findApplication(c.args.text("_RowKey"))
	if app == nil {
		return e.missingApplication(c.args.text("_RowKey"))
	}
	return e.renderedApplication(app)
}

// renderedApplication returns the text of an application as GetApplication answers it. It is made anew when the fields or
// the readings change.
func (e *Emulator) renderedApplication(app *application) (json.RawMessage, error) {
	if reading := e.switches(); app.rendered == nil || app.renderedUnder != reading {
		text, err := encodeJSON(e.renderApplication(app))
		if err != nil {
			return nil, fmt.Errorf("encoding an application: %w", err)
		}
		app.rendered, app.renderedUnder = text, reading
	}
	return app.rendered, nil
}

func (e *Emulator) missingApplication(name string) (any, error) {
	if e.switches().NullForMissingApplication {
		return nil, nil // a null Result is one reading of the service
	}
	return nil, refuse(notFound, "Application '%s' not found.", name)
}

func (e *Emulator) getApplicationIDByServiceName(c *call) (any, error) {
	app := e.state.applicationByServiceName(c.args.text("Name"))
	if app == nil {
		return e.missingApplication(c.args.text("Name"))
	}
	return app.key, nil
}

// updateApplication merges the sent fields into the application; OAuthProfile is replaced unless the switch says
// otherwise. ID and PVID, which the portal sends too, do not address it.
func (e *Emulator) updateApplication(c *call) (any, error) {
	key := c.args.text("_RowKey")
	app := e.state.applications[key]
	if app == nil {
		return nil, refuse(invalidArgument, "The provided RowKey %s is not valid.", key)
	}
	fields, err := e.updatedFields(app.raw, c.args)
	if err != nil {
		return nil, err
	}
	name := scalarText(fields["ServiceName"])
	if other := e.state.applicationByServiceName(name); other != nil && other != app {
		return e.duplicated("An application with the Application ID '%s' already exists.", name)
	}
	if app.serviceName() != "" && app.serviceName() != name && e.switches().FixedServiceName {
		return nil, refuse(invalidOperation, "The Application ID of '%s' can't be changed.", app.serviceName())
	}
	e.state.setFields(app, fields)
	return map[string]any{"State": 0}, nil
}

// duplicated is the answer to a name that something else has.
func (e *Emulator) duplicated(format, name string) (any, error) {
	if e.switches().DuplicateAsState {
		return map[string]any{"State": 1}, nil
	}
	return nil, refuse(duplicate, format, name)
}

// updatedFields returns fields after an update, and leaves those that it was given as they are.
func (e *Emulator) updatedFields(old map[string]any, args arguments) (map[string]any, error) {
	fields := cloneObject(old)
	spelling := map[string]string{"servicename": "ServiceName", "oauthprofile": "OAuthProfile"}
	for name := range fields {
		spelling[strings.ToLower(name)] = name
	}
	for _, lower := range args.names() {
		value := cloneValue(args.value(lower))
		switch lower {
		case "_rowkey", "id", "pvid", "rowkey", "state", "templatename", "apptype", "webapptype":
			// Addresses and what the template decides.
		case "script":
			if value != nil && e.switches().ScriptField != ScriptFieldOpenIDConnectScript {
				fields["OpenIDConnectScript"] = value
			}
		case "openidconnectscript":
			if value != nil && e.switches().ScriptField != ScriptFieldScript {
				fields["OpenIDConnectScript"] = value
			}
		case "oauthprofile":
			profile, ok := value.(map[string]any)
			if !ok {
				continue
			}
			stored, err := e.updatedProfile(fields, profile)
			if err != nil {
				return nil, err
			}
			fields["OAuthProfile"] = stored
		default:
			name, known := spelling[lower]
			if !known {
				name = args.spelled[lower]
			}
			fields[name] = value
		}
	}
	if args.has("Name") {
		fields["DisplayName"] = fields["Name"]
	}
	return fields, checkNames(fields)
}

func (e *Emulator) updatedProfile(fields, sent map[string]any) (map[string]any, error) {
	stored, err := normalizeProfile(sent)
	if err != nil {
		return nil, err
	}
	if e.switches().MergeProfile {
		merged, _ := fields["OAuthProfile"].(map[string]any)
		merged = cloneObject(merged)
		maps.Copy(merged, stored)
		return merged, nil
	}
	return stored, nil
}

func checkNames(fields map[string]any) error {
	if scalarText(fields["Name"]) == "" {
		return refuse(invalidArgument, "The application needs a name.")
	}
	if name := scalarText(fields["ServiceName"]); strings.ContainsAny(name, " \t\r\n/?#%") {
		return refuse(invalidArgument, "The Application ID '%s' is not valid.", name)
	}
	return nil
}

// resetScript gives an application the built-in script back.
func (e *Emulator) resetScript(c *call) (any, error) {
	key := c.args.text("_RowKey")
	app := e.state.applications[key]
	if app == nil {
		return nil, refuse(invalidArgument, "The provided RowKey %s is not valid.", key)
	}
	fields := cloneObject(app.raw)
	fields["OpenIDConnectScript"] = builtInScript
	e.state.setFields(app, fields)
	return nil, nil
}

// deleteApplication takes the official array form of _RowKey, a single one, and ID. It deletes all or nothing.
func (e *Emulator) deleteApplication(c *call) (any, error) {
	keys := c.args.texts("_RowKey")
	if len(keys) == 0 {
		keys = c.args.texts("ID")
	}
	if len(keys) == 0 {
		return nil, refuse(invalidArgument, "The provided RowKey  is not valid.")
	}
	for _, key := range keys {
		if e.state.applications[key] == nil && !e.switches().MissingDeleteSucceeds {
			return nil, refuse(notFound, "Application '%s' not found.", key)
		}
	}
	for _, key := range keys {
		if app := e.state.applications[key]; app != nil {
			e.state.removeApplication(app)
		}
	}
	return toList(keys), nil
}
