package secret_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

func TestAnAdminCredentialIsKeptAndForgotten(t *testing.T) {
	w := newWorld(t)
	v, tenant := vault(w), w.IdentityTenant()
	w.Create(tenant)
	if _, found, err := v.Admin(t.Context(), tenant.UID); found || err != nil {
		t.Fatalf("before it is kept: %v, %v", found, err)
	}
	if err := v.ForgetAdmin(t.Context(), tenant.UID); err != nil {
		t.Errorf("forgetting what is not there: %v", err)
	}
	for _, password := range []string{"first", "second", "second"} {
		want := oauth.Credential{ClientID: "admin@corp.example", ClientSecret: oauth.NewSecret(password)}
		if err := v.KeepAdmin(t.Context(), tenant, want); err != nil {
			t.Fatal(err)
		}
		got, found, err := v.Admin(t.Context(), tenant.UID)
		if err != nil || !found || got.ClientID != want.ClientID || !got.ClientSecret.Equal(want.ClientSecret) {
			t.Errorf("after %q was kept: %+v, %v, %v", password, got, found, err)
		}
	}
	if err := v.ForgetAdmin(t.Context(), tenant.UID); err != nil {
		t.Fatal(err)
	}
	if _, found, err := v.Admin(t.Context(), tenant.UID); found || err != nil {
		t.Errorf("after it was forgotten: %v, %v", found, err)
	}
}
