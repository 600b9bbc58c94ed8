package readings_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// otherValues are the values of the switches that are more than on and off.
func otherValues(kind reflect.Type) []reflect.Value {
	switch kind {
	case reflect.TypeFor[bool]():
		return []reflect.Value{reflect.ValueOf(true)}
	case reflect.TypeFor[emulator.Refusal]():
		return []reflect.Value{
			reflect.ValueOf(emulator.RefusalForbidden), reflect.ValueOf(emulator.RefusalUnauthorized), reflect.ValueOf(emulator.RefusalFailure),
		}
	case reflect.TypeFor[emulator.ScriptField]():
		return []reflect.Value{reflect.ValueOf(emulator.ScriptFieldScript), reflect.ValueOf(emulator.ScriptFieldOpenIDConnectScript)}
	}
	return nil
}

// readings has each switch flipped alone, so that a switch that is added is tried without anybody thinking of it, and all of them
// together.
func readings(t *testing.T) map[string]emulator.Switches {
	t.Helper()
	all := map[string]emulator.Switches{"as it is": {}}
	var every emulator.Switches
	for field := range reflect.TypeFor[emulator.Switches]().Fields() {
		values := otherValues(field.Type)
		if len(values) == 0 {
			t.Errorf("nobody has said which values %s has", field.Name)
		}
		for _, value := range values {
			var flipped emulator.Switches
			reflect.ValueOf(&flipped).Elem().FieldByIndex(field.Index).Set(value)
			all[fmt.Sprintf("%s %v", field.Name, value)] = flipped
			reflect.ValueOf(&every).Elem().FieldByIndex(field.Index).Set(value)
		}
	}
	all["everything else"] = every
	return all
}

// residents is what the tenant has besides what it was seeded with, by name.
func residents(tenant *emulator.Emulator) []string {
	var names []string
	for _, application := range tenant.Applications() {
		names = append(names, "application "+application.ServiceName)
	}
	for _, user := range tenant.Users() {
		names = append(names, "user "+user.Name)
	}
	for _, role := range tenant.Roles() {
		names = append(names, "role "+role.Name)
	}
	return names
}

func TestTheOperatorWorksUnderEveryReading(t *testing.T) {
	for name, switches := range readings(t) {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{Switches: switches})
			if _, err := w.Tenant.AddRole(emulator.SeedRole{Name: "Auditors"}); err != nil {
				t.Fatal(err)
			}
			before := residents(w.Tenant)
			w.StartOperator()
			tenant, application, client := w.CreateTenant(), w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
			application.Spec.Permissions = []v1alpha1.Permission{{Role: "Auditors", Rights: []v1alpha1.ApplicationRight{"View", "Admin"}}}
			application.Spec.ClaimsScript = "setClaim('team', 'orders');"
			w.Create(application, client)
			w.Ready(tenant, application, client)
			expectProvisioned(t, w)

			token := accessToken(w, client)
			w.Update(client, func() { client.Annotations = map[string]string{v1alpha1.RenewRequestAnnotation: "now"} })
			w.Eventually("see another token", func() error {
				if accessToken(w, client) == token {
					return errors.New("it is the same")
				}
				return nil
			})
			w.Ready(client)

			w.Update(application, func() {
				application.Spec.Audience = "https://changed.example.com"
				application.Spec.Permissions = nil
			})
			w.Ready(application, client)
			expectChanged(t, w)

			w.Quiet()
			calls := w.Tenant.Calls()
			w.Update(application, func() { application.Labels = map[string]string{"changes": "nothing"} })
			w.Quiet()
			expectNoWrites(t, w.Tenant.Calls().Sub(calls))

			w.Delete(client)
			w.Gone(client)
			w.Delete(application)
			w.Gone(application)
			if diff := cmp.Diff(before, residents(w.Tenant)); diff != "" {
				t.Errorf("what is left on the tenant (-before +after):\n%s", diff)
			}
		})
	}
}

func accessToken(w *environment.World, client *v1alpha1.ConfidentialClient) string {
	return string(w.TokenSecret(client).Data[v1alpha1.AccessTokenKey])
}

func expectProvisioned(t *testing.T, w *environment.World) {
	t.Helper()
	found, ok := w.Tenant.Application("orders")
	if !ok || found.Profile.Audience != "https://orders.example.com" || found.Raw["OpenIDConnectScript"] != "setClaim('team', 'orders');" {
		t.Errorf("the application is there %v, with audience %q and script %v", ok, found.Profile.Audience, found.Raw["OpenIDConnectScript"])
	}
	if len(found.Grants) != 2 {
		t.Errorf("the application has grants %v", found.Grants)
	}
}

func expectChanged(t *testing.T, w *environment.World) {
	t.Helper()
	found, _ := w.Tenant.Application("orders")
	if found.Profile.Audience != "https://changed.example.com" {
		t.Errorf("the application has audience %q", found.Profile.Audience)
	}
	if rights := rightsOf(found, "Auditors"); len(rights) != 0 {
		t.Errorf("the auditors have rights %v", rights)
	}
	if rights := rightsOf(found, "orders clients"); len(rights) == 0 {
		t.Error("the clients have no rights any more")
	}
}

func rightsOf(application emulator.Application, principal string) []string {
	for _, grant := range application.Grants {
		if grant.PrincipalName == principal {
			return grant.Rights
		}
	}
	return nil
}

// expectNoWrites fails where the tenant was changed, as by an operator that takes a spelling for a difference.
func expectNoWrites(t *testing.T, made emulator.Counters) {
	t.Helper()
	for _, operation := range []string{"SaasManage/UpdateApplicationDE", "SaasManage/SetApplicationPermissions", "CDirectoryService/ChangeUser", "Roles/UpdateRole"} {
		if made[operation] > 0 {
			t.Errorf("%s was called, though nothing had changed", operation)
		}
	}
}
