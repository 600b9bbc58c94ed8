package hostile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// writer writes texts as long as can be, as many as can be.
type writer struct {
	*alphabets
	// spoiled lets each text that has to follow a pattern miss it by its last character.
	spoiled bool
}

func (w writer) write(a alphabet, number int) string {
	text := []rune(a.longest(number))
	if w.spoiled && len(a.patterns) > 0 {
		text[len(text)-1] = ' '
	}
	return string(text)
}

// list returns as many texts as a list may have.
func (w writer) list(kind, path, head string) []string {
	w.t.Helper()
	var out []string
	for i := range *w.node(kind, path).MaxItems {
		out = append(out, w.write(w.of(kind, path+"[]", head, ""), i))
	}
	return out
}

func (w writer) text(kind, path, head string) string {
	w.t.Helper()
	return w.write(w.of(kind, path, head, ""), 0)
}

// keyed returns a map with as many keys and as long values as there may be.
func keyed[V ~string](w writer, path, head string, longest int) map[string]V {
	w.t.Helper()
	out := map[string]V{}
	keys := w.ofKeys(confidentialClient, path, head, 0)
	if longest > 0 {
		keys.max = longest
	}
	for i := range *w.node(confidentialClient, path).MaxProps {
		out[w.write(keys, i)] = V(w.text(confidentialClient, path+".x", ""))
	}
	return out
}

// largest returns objects that are as large as CRDs let them be.
func (w writer) largest(world *environment.World) map[string]client.Object {
	w.t.Helper()
	tenant := world.IdentityTenant()
	tenant.Name = "largest"
	tenant.Spec.ClusterID, tenant.Spec.LoginSuffix = w.text(identityTenant, "spec.clusterID", ""), w.text(identityTenant, "spec.loginSuffix", "")
	tenant.Spec.Credentials.ApplicationID, tenant.Spec.Credentials.Scope = w.text(identityTenant, "spec.credentials.applicationID", ""), w.text(identityTenant, "spec.credentials.scope", "")
	tenant.Spec.TLS.CABundle += strings.Repeat("x", 262144-len(tenant.Spec.TLS.CABundle))
	tenant.Spec.Proxy = &v1alpha1.ProxyConfig{URL: w.text(identityTenant, "spec.proxy.url", "http://"), NoProxy: w.list(identityTenant, "spec.proxy.noProxy", "")}
	tenant.Spec.Access.AllowedScopes, tenant.Spec.Access.AllowedRoles = w.list(identityTenant, "spec.access.allowedScopes", ""), w.list(identityTenant, "spec.access.allowedRoles", "")

	application := world.OAuthClient("largest")
	application.Spec.ApplicationID = w.text(oauthClient, "spec.applicationID", "")
	application.Spec.Token = &v1alpha1.ApplicationToken{GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeAuthorizationCode}}
	application.Spec.RedirectURIs = w.list(oauthClient, "spec.redirectURIs", "https:")
	application.Spec.ClientIDType, application.Spec.AllowedClients = v1alpha1.ClientIDTypeList, w.list(oauthClient, "spec.allowedClients", "")
	application.Spec.Scopes = nil
	for i := range *w.node(oauthClient, "spec.scopes").MaxItems {
		application.Spec.Scopes = append(application.Spec.Scopes, v1alpha1.InlineScope{
			Name: w.write(w.of(oauthClient, "spec.scopes[].name", "", ""), i), Description: w.text(oauthClient, "spec.scopes[].description", ""),
		})
	}
	application.Spec.Permissions = nil
	for i := range *w.node(oauthClient, "spec.permissions").MaxItems {
		application.Spec.Permissions = append(application.Spec.Permissions, v1alpha1.Permission{Role: w.write(w.of(oauthClient, "spec.permissions[].role", "", ""), i)})
	}
	application.Spec.ClaimsScript = w.text(oauthClient, "spec.claimsScript", "")

	patterns := world.OAuthClient("patterns")
	patterns.Spec.Type, patterns.Spec.Audience = v1alpha1.ApplicationTypeOAuth2Client, ""
	patterns.Spec.Scopes = nil
	for i := range *w.node(oauthClient, "spec.scopes").MaxItems {
		var each []string
		for j := range *w.node(oauthClient, "spec.scopes[].restPatterns").MaxItems {
			each = append(each, strings.Repeat("(a+)+", 100)+fmt.Sprint(j)) // 4 bytes for each character would be too large a request
		}
		patterns.Spec.Scopes = append(patterns.Spec.Scopes, v1alpha1.InlineScope{Name: w.write(w.of(oauthClient, "spec.scopes[].name", "", ""), i), RESTPatterns: each})
	}

	scoped := world.Scope("largest", "orders", w.text(scope, "spec.name", ""))
	scoped.Spec.RESTPatterns = w.list(scope, "spec.restPatterns", "")

	consumer := world.ConfidentialClient("largest", "orders", w.list(confidentialClient, "spec.scopes", "")...)
	consumer.Spec.Identity = &v1alpha1.ClientIdentity{
		Username: w.write(w.of(confidentialClient, "spec.identity.username", "", "@x"), 0), Roles: w.list(confidentialClient, "spec.identity.roles", ""),
	}
	at := 0
	key := func() v1alpha1.SecretKey {
		at++
		return v1alpha1.SecretKey(w.write(w.ofKeys(confidentialClient, "spec.secret.keys", "abcdefghijk"[at-1:at], 253), 0))
	}
	consumer.Spec.Secret = &v1alpha1.PublishedSecret{
		Name:    w.text(confidentialClient, "spec.secret.name", ""),
		Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials, v1alpha1.DeliveryEndpoints},
		Keys: &v1alpha1.SecretKeys{
			AccessToken: key(), TokenType: key(), ExpiresAt: key(), Scope: key(), ClientID: key(), ClientSecret: key(),
			TokenURL: key(), Issuer: key(), JWKSURL: key(), ApplicationID: key(), TenantURL: key(),
		},
		Template: &v1alpha1.SecretTemplate{
			Type: w.text(confidentialClient, "spec.secret.template.type", ""), Data: keyed[v1alpha1.TemplateText](w, "spec.secret.template.data", "z", 0),
			Metadata: &v1alpha1.SecretTemplateMetadata{
				Labels:      keyed[v1alpha1.LabelText](w, "spec.secret.template.metadata.labels", "a/", 65),
				Annotations: keyed[v1alpha1.AnnotationText](w, "spec.secret.template.metadata.annotations", "a/", 65),
			},
		},
	}
	return map[string]client.Object{
		"a tenant": tenant, "an application": application, "an application with REST patterns": patterns, "a scope": scoped, "a client": consumer,
	}
}

// TestNoManifestIsTooDearToBeChecked: kube-apiserver adds up what rules cost, and refuses what costs too much, however right it is. What is as large as can be must
// be taken, once as new and once as changed, and what is wrong by the last character of each text be refused for that.
func TestNoManifestIsTooDearToBeChecked(t *testing.T) {
	world := server.New(t, emulator.Options{})
	alphabets := newAlphabets(t)
	for name, object := range (writer{alphabets: alphabets}).largest(world) {
		t.Run(name, func(t *testing.T) {
			if err := world.Client.Create(t.Context(), object.DeepCopyObject().(client.Object), client.DryRunAll); err != nil {
				t.Fatalf("it is refused: %.2000s", err)
			}
			switch err := world.Client.Create(t.Context(), object); {
			case apierrors.IsRequestEntityTooLargeError(err), err != nil && strings.Contains(err.Error(), "etcdserver: request is too large"):
				return // the rules have let it pass; etcd takes no more than 1.5 MiB
			case err != nil:
				t.Fatalf("it is refused: %.2000s", err)
			}
			object.SetAnnotations(map[string]string{"changed": "yes"})
			if err := world.Client.Update(t.Context(), object, client.DryRunAll); err != nil {
				t.Errorf("it may not be changed: %.2000s", err)
			}
		})
	}
	for name, object := range (writer{alphabets: alphabets, spoiled: true}).largest(world) {
		t.Run(name+" of which each text is wrong", func(t *testing.T) {
			object.SetName("spoiled")
			err := world.Client.Create(t.Context(), object, client.DryRunAll)
			var status apierrors.APIStatus
			if !errors.As(err, &status) || !apierrors.IsInvalid(err) {
				t.Fatalf("it is not refused as invalid: %.2000s", fmt.Sprint(err))
			}
			for _, cause := range status.Status().Details.Causes {
				if text := strings.ToLower(cause.Message); cause.Type != metav1.CauseTypeFieldValueInvalid || strings.Contains(text, "budget") || strings.Contains(text, "cost") {
					t.Errorf("%s: %.300s", cause.Field, cause.Message)
				}
			}
		})
	}
}
