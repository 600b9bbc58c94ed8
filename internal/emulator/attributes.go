package emulator

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// attribute is a column that an administrator added to users or roles.
type attribute struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Title        string `json:"title,omitempty"`
	Type         string `json:"type"`
	Description  string `json:"description,omitempty"`
	UserEditable bool   `json:"userEditable,omitempty"`
}

// checkTable refuses tables other than that of users, which alone has custom attributes behind ExtData.
func checkTable(args arguments) error {
	if name := args.text("Table"); !strings.EqualFold(name, "users") {
		return refuse(invalidArgument, "The table '%s' has no custom attributes.", name)
	}
	return nil
}

// getSchema lists the custom attributes that users may have.
func (e *Emulator) getSchema(c *call) (any, error) {
	if err := checkTable(c.args); err != nil {
		return nil, err
	}
	columns := []any{}
	for _, a := range e.state.userAttributes {
		columns = append(columns, map[string]any{
			"Name": a.Name, "Title": a.Title, "Type": a.Type, "Description": a.Description, "UserEditable": a.UserEditable,
		})
	}
	return map[string]any{"Columns": columns}, nil
}

// updateSchema replaces the custom attributes of users by those sent, an object by name. Users lose the values of those
// that are gone.
func (e *Emulator) updateSchema(c *call) (any, error) {
	if err := checkTable(c.args); err != nil {
		return nil, err
	}
	sent, ok := c.args.value("Columns").(map[string]any)
	if !ok {
		return nil, refuse(invalidArgument, "The value of Columns is not an object.")
	}
	schema := []attribute{}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		fields, _ := sent[name].(map[string]any)
		args := newArguments(fields)
		if name == "" || args.text("Type") == "" {
			return nil, refuse(invalidArgument, "The attribute '%s' has no type.", name)
		}
		schema = append(schema, attribute{
			ID: name, Name: name, Title: args.text("Title"), Type: args.text("Type"), Description: args.text("Description"),
			UserEditable: args.flag("UserEditable", false),
		})
	}
	e.state.userAttributes = schema
	for _, u := range e.state.users {
		maps.DeleteFunc(u.columns, func(name string, _ any) bool { return findAttribute(schema, name) == nil })
	}
	return nil, nil // the service answers a null Result
}

// findAttribute finds an attribute by ID or name.
func findAttribute(schema []attribute, idOrName string) *attribute {
	for i, a := range schema {
		if a.ID == idOrName || a.Name == idOrName {
			return &schema[i]
		}
	}
	return nil
}

// getColumns answers the values of a user's custom attributes.
func (e *Emulator) getColumns(c *call) (any, error) {
	if err := checkTable(c.args); err != nil {
		return nil, err
	}
	u, err := e.addressedUser(c)
	if err != nil {
		return nil, err
	}
	return maps.Clone(u.columns), nil
}

// setColumns sets values of a user's custom attributes; the empty text removes one.
func (e *Emulator) setColumns(c *call) (any, error) {
	if err := checkTable(c.args); err != nil {
		return nil, err
	}
	u, err := e.addressedUser(c)
	if err != nil {
		return nil, err
	}
	sent, _ := c.args.value("Columns").(map[string]any)
	for name := range sent {
		if findAttribute(e.state.userAttributes, name) == nil {
			return nil, refuse(notFound, "Attribute '%s' not found.", name)
		}
	}
	for name, value := range sent {
		if scalarText(value) == "" {
			delete(u.columns, name)
		} else {
			u.columns[name] = value
		}
	}
	return nil, nil // the service answers a null Result
}

// errEmptyAttribute is what the service says to an empty name, ID or role in the calls on attributes of roles.
func errEmptyAttribute() error {
	return refuse(invalidArgument, "Null or empty value for attribute can not insert")
}

// getRoleAttributeSchema lists the attributes that roles may have, without the envelope.
func (e *Emulator) getRoleAttributeSchema(*call) (any, error) {
	list := []any{}
	for _, a := range e.state.roleAttributes {
		list = append(list, map[string]any{"ID": a.ID, "Name": a.Name, "Type": a.Type, "Description": a.Description})
	}
	return bare{map[string]any{"Attributes": list, "Total": len(list)}}, nil
}

// addRoleAttributes adds attributes that roles may have. Descriptions are not taken here, as on the service.
func (e *Emulator) addRoleAttributes(c *call) (any, error) {
	added := []attribute{}
	for _, sent := range c.args.objects("Attributes") {
		a := attribute{ID: uuid.NewString(), Name: sent.text("Name"), Type: cmp.Or(sent.text("Type"), "Text")}
		if a.Name == "" {
			return nil, errEmptyAttribute()
		}
		if findAttribute(e.state.roleAttributes, a.Name) != nil || findAttribute(added, a.Name) != nil {
			return nil, refuse(duplicate, "Attribute '%s' already exists.", a.Name)
		}
		added = append(added, a)
	}
	if len(added) == 0 {
		return nil, errEmptyAttribute()
	}
	e.state.roleAttributes = append(e.state.roleAttributes, added...)
	return nil, nil // the service answers a null Result
}

// updateRoleAttribute describes an attribute.
func (e *Emulator) updateRoleAttribute(c *call) (any, error) {
	id := c.args.first("attributeid", "ID")
	a := findAttribute(e.state.roleAttributes, id)
	if a == nil {
		return nil, refuse(notFound, "Attribute '%s' not found.", id)
	}
	a.Description = c.args.text("Description")
	return nil, nil // the service answers a null Result
}

// deleteRoleAttributes removes attributes, and the values that roles have of them; all of those named or none.
func (e *Emulator) deleteRoleAttributes(c *call) (any, error) {
	ids := c.args.texts("AttributeIds")
	if len(ids) == 0 {
		return nil, errEmptyAttribute()
	}
	for _, id := range ids {
		if findAttribute(e.state.roleAttributes, id) == nil {
			return nil, refuse(notFound, "Attribute '%s' not found.", id)
		}
	}
	e.state.roleAttributes = slices.DeleteFunc(e.state.roleAttributes, func(a attribute) bool {
		return slices.Contains(ids, a.ID) || slices.Contains(ids, a.Name)
	})
	for _, r := range e.state.roles {
		maps.DeleteFunc(r.attributes, func(id, _ string) bool { return findAttribute(e.state.roleAttributes, id) == nil })
	}
	return nil, nil // the service answers a null Result
}

// attributedRole finds the role of a call on its attributes.
func (e *Emulator) attributedRole(c *call) (*role, error) {
	id := c.args.text("roleId")
	if id == "" {
		return nil, errEmptyAttribute()
	}
	if r := e.state.roles[id]; r != nil {
		return r, nil
	}
	return nil, refuse(notFound, "Role '%s' not found.", id)
}

// getRoleAttributes answers the values of a role's attributes as an array without the envelope.
func (e *Emulator) getRoleAttributes(c *call) (any, error) {
	r, err := e.attributedRole(c)
	if err != nil {
		return nil, err
	}
	records := []any{}
	for _, a := range e.state.roleAttributes {
		if value, ok := r.attributes[a.ID]; ok {
			records = append(records, map[string]any{
				"ID": r.id + "_" + a.ID, "_RowKey": r.id + "_" + a.ID, "AttributeId": a.ID, "RoleId": r.id, "ValueText": value,
			})
		}
	}
	return bare{records}, nil
}

// updateAttributesByRole sets values of a role's attributes; the empty text removes one.
func (e *Emulator) updateAttributesByRole(c *call) (any, error) {
	r, err := e.attributedRole(c)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, sent := range c.args.objects("Attributes") {
		id := sent.first("Id", "Name")
		a := findAttribute(e.state.roleAttributes, id)
		if a == nil {
			return nil, refuse(notFound, "Attribute '%s' not found.", id)
		}
		values[a.ID] = sent.text("Value")
	}
	for id, value := range values {
		if value == "" {
			delete(r.attributes, id)
		} else {
			r.attributes[id] = value
		}
	}
	return nil, nil // the service answers a null Result
}
