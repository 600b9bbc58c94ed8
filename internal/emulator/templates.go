package emulator

// The categories of the catalogue. OAuth applications have the first, a resource key that the service answers untranslated.
const categoryOther = "_I18N_AppCategory_Other"

// templateTable lists the templates from which applications can be imported. The ID of a template is its name.
func (e *Emulator) templateTable() table {
	t := table{columns: []string{
		"ID", "Name", "DisplayName", "Description", "AppType", "AppTypeDisplayName", "WebAppType", "WebAppTypeDisplayName",
		"Category", "TemplateName", "WebAppLoginType", "Generic", "IsSwsEnabled", "IsScaEnabled",
	}}
	for _, name := range []string{TemplateOAuth2Server, TemplateOAuth2ServerClient} {
		fields, _ := e.newApplicationFields(name)
		values := map[string]any{}
		for _, column := range t.columns {
			values[column] = fields[column]
		}
		values["ID"], values["Name"], values["TemplateName"] = name, name, name
		t.add("AppTemplate", name, values)
	}
	return t
}

func (e *Emulator) getPaginatedTemplates(c *call) (any, error) {
	return map[string]any{"AppTemplates": e.templateTable().result(c.args.object("Args"))}, nil
}

// getCustomTemplates answers the templates that an organization made itself, of which there are none.
func (e *Emulator) getCustomTemplates(c *call) (any, error) {
	return table{columns: e.templateTable().columns}.result(c.args.object("Args")), nil
}

func (e *Emulator) getCategories(*call) (any, error) {
	return map[string]any{"Categories": []string{categoryOther}}, nil
}
