package emulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestAttributesOfUsersLiveThroughTheirCalls(t *testing.T) {
	s := newStage(t, emulator.Switches{})
	column := object{"Type": "Text", "Title": "Cost centre", "Description": "who pays", "UserEditable": true}
	s.must(t, s.token, "ExtData/UpdateSchema", object{"Table": "users", "Columns": object{"cost": column, "floor": object{"Type": "Text"}}})
	schema, _ := s.must(t, s.token, "ExtData/GetSchema", object{"Table": "Users"}).(object)
	check(t, any([]any{
		object{"Name": "cost", "Title": "Cost centre", "Type": "Text", "Description": "who pays", "UserEditable": true},
		object{"Name": "floor", "Title": "", "Type": "Text", "Description": "", "UserEditable": false},
	}), schema["Columns"])

	values := func() any { return s.must(t, s.token, "ExtData/GetColumns", object{"Table": "users", "ID": s.user}) }
	set := func(columns object) []any {
		return s.ask(t, "ExtData/SetColumns", object{"Table": "users", "ID": s.user, "Columns": columns})
	}
	check(t, succeeded(nil), set(object{"cost": "4711", "floor": "2"}))
	check(t, any(object{"cost": "4711", "floor": "2"}), values())
	check(t, succeeded(nil), set(object{"cost": "4712", "floor": ""}))
	check(t, any(object{"cost": "4712"}), values())
	check(t, refused(), set(object{"shoe": "44"}))
	check(t, refused(), s.ask(t, "ExtData/GetColumns", object{"Table": "devices", "ID": s.user}))
	check(t, refused(), s.ask(t, "ExtData/UpdateSchema", object{"Table": "users", "Columns": object{"x": object{}}}))

	s.must(t, s.token, "ExtData/UpdateSchema", object{"Table": "users", "Columns": object{"floor": object{"Type": "Text"}}})
	check(t, any(object{}), values())
}

func TestAttributesOfRolesLiveThroughTheirCalls(t *testing.T) {
	s := newStage(t, emulator.Switches{})
	s.must(t, s.token, "RoleAttributes/AddAttributes", object{"Attributes": []object{{"Name": "Tier", "Type": "Text"}}})
	schema := s.call(t, s.token, "RoleAttributes/GetAttributes", object{}).fields
	check(t, any(1.0), schema["Total"])
	list, _ := schema["Attributes"].([]any)
	attribute, _ := list[0].(object)
	id, _ := attribute["ID"].(string)
	check(t, object{"ID": id, "Name": "Tier", "Type": "Text", "Description": ""}, attribute)
	check(t, refused(), s.ask(t, "RoleAttributes/AddAttributes", object{"Attributes": []object{{"Name": "Tier"}}}))

	s.must(t, s.token, "RoleAttributes/UpdateAttribute?attributeid="+id, object{"Description": "how much it matters"})
	schema = s.call(t, s.token, "RoleAttributes/GetAttributes", object{}).fields
	list, _ = schema["Attributes"].([]any)
	attribute, _ = list[0].(object)
	check(t, any("how much it matters"), attribute["Description"])

	values := func() []object {
		r := s.send(t, http.MethodGet, "/RoleAttributes/GetRoleAttributes?roleId="+s.role, "",
			map[string]string{"Authorization": "Bearer " + s.token})
		var records []object
		if err := json.Unmarshal([]byte(r.text), &records); err != nil {
			t.Fatalf("%v in %s", err, r.text)
		}
		return records
	}
	set := func(value string) []any {
		return s.ask(t, "RoleAttributes/UpdateAttributesByRole",
			object{"RoleId": s.role, "Attributes": []object{{"Id": id, "Name": "Tier", "Value": value}}})
	}
	check(t, succeeded(nil), set("gold"))
	check(t, []object{{
		"ID": s.role + "_" + id, "_RowKey": s.role + "_" + id, "AttributeId": id, "RoleId": s.role, "ValueText": "gold",
	}}, values())
	check(t, succeeded(nil), set(""))
	check(t, []object{}, values())

	set("gold")
	s.must(t, s.token, "RoleAttributes/DeleteAttributes", object{"AttributeIds": []string{id}})
	check(t, []object{}, values())
	r := s.call(t, s.token, "RoleAttributes/UpdateAttributesByRole", object{"Attributes": []object{}})
	if text, _ := r.fields["Message"].(string); !strings.Contains(text, "Null or empty value for attribute can not insert") {
		t.Errorf("an empty role is answered %q", text)
	}
}
