package secret_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// everything asks for all that can be delivered.
func everything(keys v1alpha1.SecretKeys) *v1alpha1.PublishedSecret {
	return &v1alpha1.PublishedSecret{
		Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials, v1alpha1.DeliveryEndpoints}, Keys: &keys,
	}
}

func fullContent() secret.Content {
	full := content("token")
	full.Others = map[secret.Field]oauth.Secret{}
	for _, field := range []secret.Field{
		secret.FieldClientID, secret.FieldClientSecret, secret.FieldTokenURL, secret.FieldIssuer, secret.FieldJWKSURL,
		secret.FieldApplicationID, secret.FieldTenantURL,
	} {
		full.Others[field] = oauth.NewSecret("the " + string(field))
	}
	return full
}

// stored reads a Secret past everything.
func stored(w *environment.World, c *v1alpha1.ConfidentialClient) *corev1.Secret {
	object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Name}}
	w.Get(object)
	return object
}

func keysOf(s *corev1.Secret) []string { return slices.Sorted(maps.Keys(s.Data)) }

func TestLayoutOfHasTheKeysThatAreDelivered(t *testing.T) {
	for name, tc := range map[string]struct {
		spec *v1alpha1.PublishedSecret
		want string
	}{
		"nothing said": {nil, "accessToken=access_token,expiresAt=expires_at,scope=scope,tokenType=token_type"},
		"another name": {&v1alpha1.PublishedSecret{Name: "x"}, "accessToken=access_token,expiresAt=expires_at,scope=scope,tokenType=token_type"},
		"credentials":  {&v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryClientCredentials}}, "clientID=client_id,clientSecret=client_secret"},
		"endpoints":    {&v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryEndpoints}}, "applicationID=application_id,issuer=issuer,jwksURL=jwks_url,tenantURL=tenant_url,tokenURL=token_url"},
		"every other key": {everything(v1alpha1.SecretKeys{
			AccessToken: "a", TokenType: "b", ExpiresAt: "c", Scope: "d", ClientID: "e", ClientSecret: "f", TokenURL: "g", Issuer: "h", JWKSURL: "i", ApplicationID: "j", TenantURL: "k",
		}), "accessToken=a,applicationID=j,clientID=e,clientSecret=f,expiresAt=c,issuer=h,jwksURL=i,scope=d,tenantURL=k,tokenType=b,tokenURL=g"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := secret.LayoutOf(tc.spec).String(); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// only returns of full what a layout publishes.
func only(full secret.Content, layout secret.Layout) secret.Content {
	if !layout.HoldsToken() {
		full.AccessToken, full.TokenType, full.Scope, full.ExpirationTime, full.TenantExpirationTime = oauth.Secret{}, "", "", time.Time{}, time.Time{}
	}
	full.Others = maps.Clone(full.Others)
	maps.DeleteFunc(full.Others, func(field secret.Field, _ oauth.Secret) bool { return layout[field] == "" })
	return full
}

// TestKeysComeAndGoWhileForeignOnesStay goes through layouts one after the other, over a Secret that a create made: that is why keys
// have to be removed by name.
func TestKeysComeAndGoWhileForeignOnesStay(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	publishAs := func(spec *v1alpha1.PublishedSecret, keys ...string) {
		layout := secret.LayoutOf(spec)
		want := only(fullContent(), layout)
		written, err := publisher(w, c).Publish(t.Context(), observe(t, w, c), want, layout)
		if err != nil {
			t.Fatal(err)
		}
		object := stored(w, c)
		if diff := cmp.Diff(keys, keysOf(object)); diff != "" {
			t.Errorf("keys of %s (-want +got):\n%s", layout, diff)
		}
		for field, value := range want.Others {
			if string(object.Data[layout[field]]) != value.Reveal() {
				t.Errorf("%s is not under key %s", field, layout[field])
			}
		}
		for what, published := range map[string]secret.Published{"written": written, "observed": observe(t, w, c)} {
			if !published.Intact || !published.Holds(layout, want.Others, secret.DressOf(nil), secret.ClaimOf(c)) || !published.Content.ExpirationTime.Equal(want.ExpirationTime) {
				t.Errorf("what was %s is not what was published: %s, expiry %v", what, published.Layout, published.Content.ExpirationTime)
			}
		}
	}
	publishAs(nil, "access_token", "expires_at", "scope", "token_type")
	object := stored(w, c)
	w.Update(object, func() { object.Data["theirs"], object.Annotations["theirs"] = []byte("x"), "x" })
	publishAs(everything(v1alpha1.SecretKeys{AccessToken: "token"}),
		"application_id", "client_id", "client_secret", "expires_at", "issuer", "jwks_url", "scope", "tenant_url", "theirs", "token", "token_type", "token_url")
	publishAs(everything(v1alpha1.SecretKeys{ClientID: "client_secret", ClientSecret: "client_id"}), // two keys change places
		"access_token", "application_id", "client_id", "client_secret", "expires_at", "issuer", "jwks_url", "scope", "tenant_url", "theirs", "token_type", "token_url")
	publishAs(&v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryClientCredentials}}, "client_id", "client_secret", "theirs")
	publishAs(nil, "access_token", "expires_at", "scope", "theirs", "token_type")
	if w.Get(object); object.Annotations["theirs"] != "x" || !metav1.IsControlledBy(object, c) || object.Labels[v1alpha1.WatchLabel] != "true" {
		t.Errorf("annotations %v, labels %v, owners %v", object.Annotations, object.Labels, object.OwnerReferences)
	}
}

func TestATokenExpiryThatIsNotKnownAnyMoreDoesNotStay(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	if _, err := publish(t, w, c, observe(t, w, c), content("first")); err != nil {
		t.Fatal(err)
	}
	silent := content("second")
	silent.TenantExpirationTime = time.Time{}
	if _, err := publish(t, w, c, observe(t, w, c), silent); err != nil {
		t.Fatal(err)
	}
	if published := observe(t, w, c); !published.Intact || !published.Content.TenantExpirationTime.IsZero() {
		t.Errorf("intact %v, expiry by the tenant's clock %v", published.Intact, published.Content.TenantExpirationTime)
	}
}

func TestWithholdTakesTheClientSecretAndNothingElse(t *testing.T) {
	for name, tc := range map[string]struct {
		edit   func(*corev1.Secret)
		intact bool
		keys   []string
	}{
		"as it was published": {func(*corev1.Secret) {}, true, []string{"access_token", "expires_at", "issuer", "scope", "theirs", "token_type"}},
		"after somebody edited the token": {
			func(s *corev1.Secret) { s.Data["access_token"] = []byte("x") }, false,
			[]string{"access_token", "expires_at", "issuer", "scope", "theirs", "token_type"},
		},
		"after somebody took away what says which keys are whose": {
			func(s *corev1.Secret) { s.Annotations = nil }, false,
			[]string{"access_token", "expires_at", "issuer", "scope", "theirs", "token_type"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := client(w, "billing")
			layout := secret.LayoutOf(&v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials}})
			layout[secret.FieldIssuer] = "issuer"
			if _, err := publisher(w, c).Publish(t.Context(), observe(t, w, c), fullContent(), layout); err != nil {
				t.Fatal(err)
			}
			object := stored(w, c)
			w.Update(object, func() {
				object.Data["theirs"] = []byte("x")
				tc.edit(object)
			})
			for range 2 {
				after, err := publisher(w, c).Withhold(t.Context(), observe(t, w, c), layout)
				if err != nil {
					t.Fatal(err)
				}
				if after.HasCredential(layout) || after.Holds(layout, nil, secret.DressOf(nil), secret.ClaimOf(c)) || after.Intact != tc.intact {
					t.Errorf("after it: intact %v, layout %s", after.Intact, after.Layout)
				}
				if diff := cmp.Diff(tc.keys, keysOf(stored(w, c))); diff != "" {
					t.Errorf("keys (-want +got):\n%s", diff)
				}
			}
			if tc.intact && !observe(t, w, c).OthersIntact {
				t.Error("what is left counts as edited")
			}
		})
	}
}

func TestAKeyThatSomebodyNamesInOurAnnotationIsNotTaken(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	if _, err := publish(t, w, c, observe(t, w, c), content("first")); err != nil {
		t.Fatal(err)
	}
	object := stored(w, c)
	w.Update(object, func() {
		object.Data["theirs"] = []byte("x")
		object.Annotations[v1alpha1.KeysAnnotation] += ",issuer=theirs"
	})
	if _, err := publish(t, w, c, observe(t, w, c), content("second")); err != nil {
		t.Fatal(err)
	}
	if string(stored(w, c).Data["theirs"]) != "x" {
		t.Error("somebody else's key is gone")
	}
}

func TestAnotherCredentialIsSeen(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	full := fullContent()
	published, err := publisher(w, c).Publish(t.Context(), observe(t, w, c), full, secret.LayoutOf(everything(v1alpha1.SecretKeys{})))
	if err != nil {
		t.Fatal(err)
	}
	other := maps.Clone(full.Others)
	other[secret.FieldIssuer] = oauth.NewSecret("https://elsewhere")
	if published.CredentialDiffers(full.Others) || published.CredentialDiffers(other) || published.CredentialDiffers(nil) {
		t.Error("the same credential counts as another one")
	}
	other[secret.FieldClientSecret] = oauth.NewSecret("another")
	if !published.CredentialDiffers(other) || published.Holds(published.Layout, other, secret.DressOf(nil), secret.ClaimOf(c)) {
		t.Error("another credential counts as the same")
	}
}
