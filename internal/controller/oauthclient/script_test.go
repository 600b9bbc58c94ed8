package oauthclient_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

const claimsScript = "setClaim('Department', LoginUser.Get('department'));\n"

func script(t *testing.T, tenant *emulator.Emulator, application string) any {
	t.Helper()
	found, ok := tenant.Application(application)
	if !ok {
		t.Fatalf("there is no application %q", application)
	}
	return found.Raw["OpenIDConnectScript"]
}

func TestAClaimsScriptIsSetKeptAndReset(t *testing.T) {
	d := newDrifting(t, emulator.Switches{})
	d.Update(d.application, func() { d.application.Spec.ClaimsScript = claimsScript })
	d.Ready(d.application)
	if got := script(t, d.Tenant, "orders"); got != claimsScript {
		t.Errorf("the script is %q", got)
	}

	// How lines end is no difference; another text is.
	edited := func(text string) {
		t.Helper()
		if err := d.Tenant.EditApplication(d.application.Status.ApplicationKey, func(raw map[string]any) { raw["OpenIDConnectScript"] = text }); err != nil {
			t.Fatal(err)
		}
		d.check()
	}
	changes := len(d.application.Status.Changes)
	edited("setClaim('Department', LoginUser.Get('department'));\r\n\r\n")
	if n := len(d.application.Status.Changes); n != changes {
		t.Errorf("the ends of lines were repaired: %+v", d.application.Status.Changes[0])
	}
	edited("setClaim('Department', 'Sales');")
	if got := script(t, d.Tenant, "orders"); got != claimsScript {
		t.Errorf("the script is %q", got)
	}
	if change := d.application.Status.Changes[0]; change.Kind != v1alpha1.ChangeRepaired || change.Fields[0] != "spec.claimsScript" {
		t.Errorf("the status tells of %+v", change)
	}

	d.Update(d.application, func() { d.application.Spec.ClaimsScript = "" })
	d.Ready(d.application)
	if got := script(t, d.Tenant, "orders"); got != "@oauth2" {
		t.Errorf("the script is %q", got)
	}
	// From now on it is somebody else's again.
	edited("by hand")
	if got := script(t, d.Tenant, "orders"); got != "by hand" {
		t.Errorf("a script that nothing declares is %q", got)
	}
}

func TestAClaimsScriptWhoseAnswerWasLostIsResetAllTheSame(t *testing.T) {
	w := server.New(t, emulator.Options{})
	stop := w.StartOperator()
	w.CreateTenant()
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Ready(application)
	w.Tenant.Inject(emulator.Fault{Operation: "SaasManage/UpdateApplicationDE", Kind: emulator.FaultResetAfter})
	w.Update(application, func() { application.Spec.ClaimsScript = claimsScript })
	w.Eventually("see the script on the tenant", func() error {
		if got := script(t, w.Tenant, "orders"); got != claimsScript {
			return errNotYet
		}
		return nil
	})
	stop()
	w.Tenant.ClearFaults()
	w.Update(application, func() { application.Spec.ClaimsScript = "" })
	w.StartOperator()
	w.Ready(application)
	if got := script(t, w.Tenant, "orders"); got != "@oauth2" {
		t.Errorf("the script is %q", got)
	}
}

func TestANewClaimsScriptMeansNewTokens(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	before := string(w.TokenSecret(consumer).Data["access_token"])
	w.Update(application, func() { application.Spec.ClaimsScript = claimsScript })
	w.Eventually("see another token", func() error {
		if string(w.TokenSecret(consumer).Data["access_token"]) == before {
			return errNotYet
		}
		return nil
	})
}
