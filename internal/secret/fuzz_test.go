package secret

import (
	"maps"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// annotations are those that a published Secret may have.
func annotations() []string { return append(ours(), v1alpha1.MetadataAnnotation) }

// fuzzed returns a Secret with everything in it, as it was published.
func fuzzed() *corev1.Secret {
	layout := LayoutOf(&v1alpha1.PublishedSecret{
		Deliver:  []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials},
		Template: &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateText{"auth.header": ""}},
	})
	issued := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	content := Content{
		AccessToken: oauth.NewSecret("token"), TokenType: "Bearer", Scope: "read", SpecHash: "abc", Rollout: "r", RenewRequest: "1",
		IssueTime: issued, ExpirationTime: issued.Add(time.Hour), TenantExpirationTime: issued.Add(time.Hour),
		Others: map[Field]oauth.Secret{
			FieldClientID: oauth.NewSecret("billing"), FieldClientSecret: oauth.NewSecret("password"), templateField("auth.header"): oauth.NewSecret("Bearer token"),
		},
	}
	data, notes := render(content, layout)
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "billing", UID: "1", Annotations: notes}, Data: data}
}

// FuzzPublished: whatever somebody writes into an annotation and a key of a published Secret, it can be looked at; and it counts as intact only if what the
// operator goes by is what it has written.
func FuzzPublished(f *testing.F) {
	before := fuzzed()
	original := read(before)
	if !original.Intact || !original.OthersIntact {
		f.Fatal("what was published does not count as intact")
	}
	for i, name := range annotations() {
		f.Add(uint8(i), before.Annotations[name], "", []byte(nil), false)
		f.Add(uint8(i), "", v1alpha1.AccessTokenKey, []byte("other"), true)
	}
	keys := uint8(slices.Index(annotations(), v1alpha1.KeysAnnotation))
	for _, layout := range []string{
		"accessToken=scope,scope=access_token", "accessToken=,=,==", "template.=x,template.x=", before.Annotations[v1alpha1.KeysAnnotation] + ",accessToken=other",
		"clientSecret=access_token", before.Annotations[v1alpha1.KeysAnnotation] + ",",
	} {
		f.Add(keys, layout, "other", []byte("x"), false)
	}
	f.Add(uint8(0), "9999-12-31T23:59:59+23:59", "", []byte(nil), false)
	f.Fuzz(func(t *testing.T, which uint8, value, key string, data []byte, twice bool) {
		s := before.DeepCopy()
		all := annotations()
		s.Annotations[all[int(which)%len(all)]] = value
		if twice { // as who copies one annotation over another does
			s.Annotations[all[int(which/16)%len(all)]] = value
		}
		if key != "" {
			s.Data[key] = data
		}
		p := read(s)
		lookAt(p)
		if p.Intact {
			expectTheSame(t, original, p, s)
		}
		if p.Intact && p.OthersIntact {
			for _, field := range slices.Sorted(maps.Keys(original.Layout)) {
				if ours := original.Layout[field]; string(s.Data[ours]) != string(before.Data[ours]) {
					t.Errorf("key %q has another value, and nobody has noticed", ours)
				}
			}
		}
	})
}

// lookAt asks a Secret for everything that passes ask.
func lookAt(p Published) {
	claim := Claim{Name: "billing", UID: "2", Policy: v1alpha1.CreationPolicyMerge, SpecHash: "abc"}
	_ = p.Writable(claim, LayoutOf(nil))
	_ = p.credentialKeys(LayoutOf(nil))
	_ = p.Holds(LayoutOf(nil), nil, DressOf(nil), claim)
	_ = p.drops(nil, nil)
	_ = claim.isOn(p.object)
	_, _ = claim.look(p.object)
	undress(p.object.DeepCopy())
	_, _ = render(p.Content, p.Layout)
}

// expectTheSame fails unless what the operator goes by is what was published.
func expectTheSame(t *testing.T, original, p Published, s *corev1.Secret) {
	t.Helper()
	was, is := original.Content, p.Content
	if !is.AccessToken.Equal(was.AccessToken) || is.TokenType != was.TokenType || is.Scope != was.Scope || is.SpecHash != was.SpecHash {
		t.Errorf("it counts as intact with another token: annotations %q", s.Annotations)
	}
	if !is.IssueTime.Equal(was.IssueTime) || !is.ExpirationTime.Equal(was.ExpirationTime) || !is.TenantExpirationTime.Equal(was.TenantExpirationTime) {
		t.Errorf("it counts as intact with other times: annotations %q", s.Annotations)
	}
	if !p.Layout.Equal(original.Layout) {
		t.Errorf("it counts as intact with another layout: %q", p.Layout)
	}
}
