package secret

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

var issued = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func content() Content {
	return Content{
		AccessToken: oauth.NewSecret("token-value"), TokenType: "Bearer", Scope: "read write",
		IssueTime: issued, ExpirationTime: issued.Add(5 * time.Hour), TenantExpirationTime: issued.Add(5*time.Hour + 3*time.Second),
		SpecHash: "abc",
	}
}

func TestRender(t *testing.T) {
	west := content()
	west.ExpirationTime = west.ExpirationTime.In(time.FixedZone("west", -3600)).Add(999 * time.Millisecond)
	silent := content()
	silent.TenantExpirationTime = time.Time{}
	for name, tc := range map[string]struct {
		content Content
		absent  string
	}{
		"a token":                                {content(), ""},
		"times are written in UTC and seconds":   {west, ""},
		"a tenant that tells no time of its own": {silent, v1alpha1.TenantExpirationTimeAnnotation},
	} {
		t.Run(name, func(t *testing.T) {
			data, annotations := render(tc.content, LayoutOf(nil))
			wantData := map[string][]byte{
				"access_token": []byte("token-value"), "token_type": []byte("Bearer"), "expires_at": []byte("2026-11-21T17:00:00Z"), "scope": []byte("read write"),
			}
			if diff := cmp.Diff(wantData, data); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
			wantAnnotations := map[string]string{
				"oauth-operator.dev/issue-time":             "2026-11-21T12:00:00Z",
				"oauth-operator.dev/expiration-time":        "2026-11-21T17:00:00Z",
				"oauth-operator.dev/tenant-expiration-time": "2026-11-21T17:00:03Z",
				"oauth-operator.dev/token-spec-hash":        "abc",
				"oauth-operator.dev/keys":                   "accessToken=access_token,expiresAt=expires_at,scope=scope,tokenType=token_type",
				"oauth-operator.dev/fingerprint":            annotations[v1alpha1.FingerprintAnnotation],
			}
			delete(wantAnnotations, tc.absent)
			if diff := cmp.Diff(wantAnnotations, annotations); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
			for key, value := range annotations {
				if strings.Contains(value, "token-value") {
					t.Errorf("annotation %s has the token", key)
				}
			}
		})
	}
}

func TestReadNoticesWhatSomebodyChanged(t *testing.T) {
	type change func(s *corev1.Secret)
	for name, tc := range map[string]struct {
		change   change
		intact   bool
		labelled bool
	}{
		"nothing":                                {func(*corev1.Secret) {}, true, true},
		"a further key":                          {func(s *corev1.Secret) { s.Data["mine"] = []byte("x") }, true, true},
		"a further annotation":                   {func(s *corev1.Secret) { s.Annotations["mine"] = "x" }, true, true},
		"another token":                          {func(s *corev1.Secret) { s.Data["access_token"] = []byte("x") }, false, true},
		"a token that is cut":                    {func(s *corev1.Secret) { s.Data["access_token"] = []byte("token-valu") }, false, true},
		"an empty token":                         {func(s *corev1.Secret) { s.Data["access_token"] = nil }, false, true},
		"no token":                               {func(s *corev1.Secret) { delete(s.Data, "access_token") }, false, true},
		"no data":                                {func(s *corev1.Secret) { s.Data = nil }, false, true},
		"another scope":                          {func(s *corev1.Secret) { s.Data["scope"] = []byte("admin") }, false, true},
		"a key less":                             {func(s *corev1.Secret) { delete(s.Data, "token_type") }, false, true},
		"an expiry that workloads would believe": {func(s *corev1.Secret) { s.Data["expires_at"] = []byte("2030-01-01T00:00:00Z") }, false, true},
		"an expiry that the operator would believe": {
			func(s *corev1.Secret) { s.Annotations[v1alpha1.ExpirationTimeAnnotation] = "2030-01-01T00:00:00Z" }, false, true,
		},
		"the tenant's expiry":    {func(s *corev1.Secret) { delete(s.Annotations, v1alpha1.TenantExpirationTimeAnnotation) }, false, true},
		"the issue time":         {func(s *corev1.Secret) { s.Annotations[v1alpha1.IssueTimeAnnotation] = "2026-11-21T11:00:00Z" }, false, true},
		"an unreadable time":     {func(s *corev1.Secret) { s.Annotations[v1alpha1.IssueTimeAnnotation] = "yesterday" }, false, true},
		"the hash of the spec":   {func(s *corev1.Secret) { s.Annotations[v1alpha1.TokenSpecHashAnnotation] = "def" }, false, true},
		"the names of the keys":  {func(s *corev1.Secret) { s.Annotations[v1alpha1.KeysAnnotation] += ",issuer=mine" }, false, true},
		"the fingerprint":        {func(s *corev1.Secret) { s.Annotations[v1alpha1.FingerprintAnnotation] = "0" }, false, true},
		"no annotations":         {func(s *corev1.Secret) { s.Annotations = nil }, false, true},
		"the label of the cache": {func(s *corev1.Secret) { delete(s.Labels, v1alpha1.WatchLabel) }, true, false},
		"another value of it":    {func(s *corev1.Secret) { s.Labels[v1alpha1.WatchLabel] = "false" }, true, false},
		"the label of the owner": {func(s *corev1.Secret) { s.Labels[v1alpha1.ManagedByLabel] = "Helm" }, true, false},
		"what two keys held swapped": {func(s *corev1.Secret) {
			s.Data["scope"], s.Data["token_type"] = s.Data["token_type"], s.Data["scope"]
		}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			data, annotations := render(content(), LayoutOf(nil))
			s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
				UID: "1", Annotations: annotations,
				Labels: map[string]string{v1alpha1.WatchLabel: "true", v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue},
			}, Data: data}
			tc.change(s)
			got := read(s)
			labelled := got.isLabelled(Claim{Policy: v1alpha1.CreationPolicyOwner})
			if got.Intact != tc.intact || labelled != tc.labelled {
				t.Errorf("intact %v, labelled %v", got.Intact, labelled)
			}
			if !got.Found() {
				t.Error("the Secret is not found")
			}
			if got.Intact {
				same := cmp.Comparer(func(a, b oauth.Secret) bool { return a.Equal(b) })
				if diff := cmp.Diff(content(), got.Content, same); diff != "" {
					t.Errorf("content (-published +read):\n%s", diff)
				}
			}
		})
	}
}

// TestFingerprintTellsContentsApart: bytes that move from one part to the next must not go unnoticed.
func TestFingerprintTellsContentsApart(t *testing.T) {
	seen := map[string]string{}
	for name, tc := range map[string]struct {
		data        map[string][]byte
		annotations map[string]string
	}{
		"nothing":                  {},
		"a key":                    {data: map[string][]byte{"a": []byte("bc")}},
		"its value moved to it":    {data: map[string][]byte{"ab": []byte("c")}},
		"a key without a value":    {data: map[string][]byte{"abc": nil}},
		"two keys":                 {data: map[string][]byte{"a": []byte("b"), "c": nil}},
		"a value that is a key":    {data: map[string][]byte{"a": []byte("b\x00\x00\x00\x01c")}},
		"an annotation":            {annotations: map[string]string{v1alpha1.IssueTimeAnnotation: "x"}},
		"the same in another":      {annotations: map[string]string{v1alpha1.ExpirationTimeAnnotation: "x"}},
		"the same as a key's name": {data: map[string][]byte{"x": nil}},
	} {
		got := fingerprint(tc.data, tc.annotations)
		if other, taken := seen[got]; taken {
			t.Errorf("%q and %q have one fingerprint", name, other)
		}
		seen[got] = name
		if again := fingerprint(maps.Clone(tc.data), maps.Clone(tc.annotations)); again != got {
			t.Errorf("%q has two fingerprints", name)
		}
		if len(got) != 32 {
			t.Errorf("%q has the fingerprint %q", name, got)
		}
	}
}

// TestGenerate checks the tenant's rule for passwords: 8 to 64 characters of every class.
func TestGenerate(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		password := generate()
		if len(password) < 8 || len(password) > 64 {
			t.Fatalf("it has %d characters", len(password))
		}
		for _, class := range []string{"0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "-"} {
			if !strings.ContainsAny(password, class) {
				t.Fatalf("it has none of %s", class)
			}
		}
		if seen[password] {
			t.Fatal("it was generated before")
		}
		seen[password] = true
	}
}

func BenchmarkRender(b *testing.B) {
	c := content()
	c.AccessToken = oauth.NewSecret(strings.Repeat("x", 1200)) // about the length of a JWT
	b.ReportAllocs()
	for b.Loop() {
		_, _ = render(c, LayoutOf(nil))
	}
}

func BenchmarkFingerprint(b *testing.B) {
	c := content()
	c.AccessToken = oauth.NewSecret(strings.Repeat("x", 1200))
	data, annotations := render(c, LayoutOf(nil))
	b.ReportAllocs()
	for b.Loop() {
		_ = fingerprint(data, annotations)
	}
}

// BenchmarkConfiguration is what is sent to kube-apiserver for one refresh, made and encoded.
func BenchmarkConfiguration(b *testing.B) {
	c := content()
	c.AccessToken = oauth.NewSecret(strings.Repeat("x", 1200))
	p := Publisher{
		Key:   types.NamespacedName{Namespace: "billing", Name: "billing-token"},
		Claim: Claim{Name: "billing", UID: "3f8a7c1e-5d0b-4a43-9c2b-6f2f8f3f2f11", Policy: v1alpha1.CreationPolicyOwner},
		Dress: DressOf(nil),
	}
	b.ReportAllocs()
	for b.Loop() {
		data, annotations := render(c, LayoutOf(nil))
		if _, err := json.Marshal(p.configuration("0c0ffee0", data, annotations)); err != nil {
			b.Fatal(err)
		}
	}
}
