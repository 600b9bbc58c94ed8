package oauthclient_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestAnApplicationForPublicClientsIsAsDeclaredAndChangesItsKind(t *testing.T) {
	for name, switches := range readings {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{Switches: switches})
			w.StartOperator()
			w.CreateTenant()
			application := w.OAuthClient("shop")
			application.Spec.ClientIDType, application.Spec.AllowedClients = v1alpha1.ClientIDTypeList, []string{"phone", "desktop"}
			application.Spec.RedirectURIs = []string{"com.example.shop:/callback", "https://shop.example.com/callback"}
			application.Spec.UserConsent = &v1alpha1.UserConsent{Required: true, AllowScopeSelection: true}
			application.Spec.Token = &v1alpha1.ApplicationToken{
				GrantTypes:   []v1alpha1.GrantType{v1alpha1.GrantTypeImplicit, v1alpha1.GrantTypeAuthorizationCode},
				RefreshToken: &v1alpha1.RefreshToken{Lifetime: &metav1.Duration{Duration: 720 * time.Hour}},
			}
			w.Create(application)
			w.Ready(application)
			want := emulator.Profile{
				ClientIDType: 0, AllowPublic: true, AllowedClients: []string{"desktop", "phone"}, TokenType: "JwtRS256",
				AllowedAuth: []string{"AuthorizationCode", "Implicit"}, Redirects: []string{"com.example.shop:/callback", "https://shop.example.com/callback"},
				Audience: "https://shop.example.com", TokenLifetime: 5 * time.Hour, AllowRefresh: true, RefreshLifetime: 720 * time.Hour,
				Confirm: true, AllowScopeSelect: true, KnownScopes: []emulator.ProfileScope{{Scope: "read", Description: "Read"}},
			}
			profile := func() emulator.Profile {
				found, _ := w.Tenant.Application("shop")
				found.Profile.Issuer = "" // the tenant's own default
				return found.Profile
			}
			if diff := cmp.Diff(want, profile()); diff != "" {
				t.Errorf("profile (-want +got):\n%s", diff)
			}

			// What is taken away in the manifest is taken away on the tenant.
			w.Update(application, func() {
				application.Spec.ClientIDType, application.Spec.AllowedClients, application.Spec.RedirectURIs = "", nil, nil
				application.Spec.UserConsent, application.Spec.Token = nil, nil
			})
			w.Ready(application)
			got := profile()
			if got.ClientIDType != 1 || got.AllowPublic || !got.MustBeOauthClient || len(got.AllowedClients)+len(got.Redirects) != 0 ||
				got.AllowRefresh || got.Confirm || got.AllowScopeSelect || len(got.AllowedAuth) != 1 {
				t.Errorf("something is left of what was taken away: %+v", got)
			}
		})
	}
}

func TestAClientOfAnApplicationThatIssuesNoTokensToItSaysSo(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.CreateTenant()
	application := w.OAuthClient("shop")
	application.Spec.RedirectURIs = []string{"https://shop.example.com/callback"}
	application.Spec.Token = &v1alpha1.ApplicationToken{GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeAuthorizationCode}}
	consumer := w.ConfidentialClient("billing", "shop", "read")
	w.Create(application, consumer)
	w.Ready(application)
	c := w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec)
	if !strings.Contains(c.Message, "ClientCredentials in token.grantTypes") {
		t.Errorf("the message does not say what to do: %s", c.Message)
	}
	if n := w.Tenant.Calls()["OAuth2/Token/shop"]; n != 0 {
		t.Errorf("%d tokens were asked for", n)
	}

	// What is declared is not what the application does: while the tenant does not take the change, there is nothing to ask for.
	w.Tenant.Inject(emulator.Fault{Operation: "SaasManage/UpdateApplicationDE", Kind: emulator.FaultStatus, Status: 403})
	w.Update(application, func() {
		application.Spec.Token.GrantTypes = append(application.Spec.Token.GrantTypes, v1alpha1.GrantTypeClientCredentials)
	})
	w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonUnauthorized)
	w.Condition(consumer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonOAuthClientNotReady)
	w.Tenant.ClearFaults()
	w.Update(application, func() { application.Annotations = map[string]string{v1alpha1.ReconcileRequestAnnotation: "now"} })
	w.Ready(application, consumer)
	if n := w.Tenant.Calls()["OAuth2/Token/shop"]; n != 1 {
		t.Errorf("%d tokens were asked for, not the one that the application issues from now on", n)
	}
}
