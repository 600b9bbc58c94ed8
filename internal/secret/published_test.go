package secret_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

var issued = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func content(token string) secret.Content {
	return secret.Content{
		AccessToken: oauth.NewSecret(token), TokenType: "Bearer", Scope: "read",
		IssueTime: issued, ExpirationTime: issued.Add(time.Hour), TenantExpirationTime: issued.Add(time.Hour), SpecHash: "abc",
	}
}

// sameSecret compares what is hidden.
func sameSecret() cmp.Option {
	return cmp.Comparer(func(a, b oauth.Secret) bool { return a.Equal(b) })
}

// client creates a ConfidentialClient of the given name.
func client(w *environment.World, name string) *v1alpha1.ConfidentialClient {
	c := w.ConfidentialClient(name, "orders", "read")
	w.Create(c)
	return c
}

// publish publishes a token as a client does that asks for nothing else.
func publish(t *testing.T, w *environment.World, c *v1alpha1.ConfidentialClient, observed secret.Published, content secret.Content) (secret.Published, error) {
	t.Helper()
	return publisher(w, c).Publish(t.Context(), observed, content, secret.LayoutOf(nil))
}

func publisher(w *environment.World, c *v1alpha1.ConfidentialClient) secret.Publisher {
	return secret.Publisher{Client: w.Client, Key: environment.Key(c), Claim: secret.ClaimOf(c), Dress: secret.DressOf(c.Spec.Secret)}
}

func observe(t *testing.T, w *environment.World, c *v1alpha1.ConfidentialClient) secret.Published {
	t.Helper()
	published, err := secret.Observe(t.Context(), w.Client, w.Client, environment.Key(c), secret.ClaimOf(c))
	if err != nil {
		t.Fatal(err)
	}
	return published
}

func TestWhatIsPublishedIsObservedAgain(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	if published := observe(t, w, c); published.Found() {
		t.Fatalf("there is a Secret already: %+v", published)
	}
	var uid types.UID
	for _, token := range []string{"first", "second"} {
		want := content(token)
		if _, err := publish(t, w, c, observe(t, w, c), want); err != nil {
			t.Fatal(err)
		}
		published := observe(t, w, c)
		if !published.Holds(secret.LayoutOf(nil), nil, secret.DressOf(nil), secret.ClaimOf(c)) || !published.Intact {
			t.Errorf("it is not as it was published: intact %v", published.Intact)
		}
		if diff := cmp.Diff(want, published.Content, sameSecret()); diff != "" {
			t.Errorf("(-published +observed):\n%s", diff)
		}
		if uid != "" && uid != published.UID {
			t.Error("the Secret was replaced instead of changed")
		}
		uid = published.UID
	}
}

func TestPublishingTheSameAgainWritesNothing(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	stored := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Name}}
	var versions []string
	for range 3 { // created, taken over by apply, and applied again
		if _, err := publish(t, w, c, observe(t, w, c), content("token")); err != nil {
			t.Fatal(err)
		}
		w.Get(stored)
		versions = append(versions, stored.ResourceVersion)
	}
	if versions[1] != versions[2] {
		t.Errorf("versions %v", versions)
	}
}

func TestPublishKeepsWhatOthersWrote(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	if _, err := publish(t, w, c, secret.Published{}, content("first")); err != nil {
		t.Fatal(err)
	}
	stored := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Name}}
	w.Update(stored, func() {
		stored.Data["mine"] = []byte("kept")
		stored.Labels["mine"] = "kept"
		stored.Annotations["mine"] = "kept"
		stored.Data[v1alpha1.ScopeKey] = []byte("tampered")
	})
	if _, err := publish(t, w, c, observe(t, w, c), content("second")); err != nil {
		t.Fatal(err)
	}
	w.Get(stored)
	if string(stored.Data["mine"]) != "kept" || stored.Labels["mine"] != "kept" || stored.Annotations["mine"] != "kept" {
		t.Errorf("keys %v, labels %v, annotations %v", slices.Sorted(maps.Keys(stored.Data)), stored.Labels, stored.Annotations)
	}
	if string(stored.Data[v1alpha1.AccessTokenKey]) != "second" || string(stored.Data[v1alpha1.ScopeKey]) != "read" {
		t.Error("our own keys are not as published")
	}
	if !observe(t, w, c).Intact {
		t.Error("it is not intact")
	}
}

func TestPublishRefusesASecretThatTookThePlaceOfTheObservedOne(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	if _, err := publish(t, w, c, secret.Published{}, content("first")); err != nil {
		t.Fatal(err)
	}
	observed := observe(t, w, c)
	stranger := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Name}, StringData: map[string]string{"theirs": "x"}}
	w.Delete(stranger.DeepCopy())
	w.Create(stranger)
	_, err := publish(t, w, c, observed, content("second"))
	if !apierrors.IsConflict(errors.Unwrap(err)) {
		t.Fatalf("got %v", err)
	}
	w.Get(stranger)
	if diff := cmp.Diff(map[string][]byte{"theirs": []byte("x")}, stranger.Data); diff != "" {
		t.Errorf("the stranger's Secret (-before +after):\n%s", diff)
	}
}

func TestPublishRefusesASecretThatCameAfterTheLook(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	observed := observe(t, w, c)
	stranger := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Name}, StringData: map[string]string{"theirs": "x"}}
	w.Create(stranger)
	before := stranger.DeepCopy()
	w.Get(before)
	_, err := publish(t, w, c, observed, content("first"))
	if !apierrors.IsAlreadyExists(errors.Unwrap(err)) {
		t.Fatalf("got %v", err)
	}
	w.Get(stranger)
	if stranger.ResourceVersion != before.ResourceVersion || len(stranger.Labels)+len(stranger.OwnerReferences) != 0 {
		t.Errorf("the stranger's Secret was written: %v %v", stranger.Labels, stranger.OwnerReferences)
	}
}

func TestPublishRefusesToBringBackASecretThatWasDeletedMeanwhile(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	_, err := publish(t, w, c, secret.Published{UID: "243660ba-6caa-4b97-af0b-c15db77a061b"}, content("second"))
	if !apierrors.IsConflict(errors.Unwrap(err)) {
		t.Fatalf("got %v", err)
	}
	if observe(t, w, c).Found() {
		t.Error("there is a Secret")
	}
}

func TestASecretThatIsNotOursIsNeitherObservedNorPruned(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	controller := true
	for name, tc := range map[string]struct {
		owners []metav1.OwnerReference
		says   string
	}{
		"nobody's": {
			nil, "was not made by this object",
		},
		"another object's": {
			[]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "theirs", UID: "1", Controller: &controller}}, "belongs to ConfigMap theirs",
		},
		"that of our namesake, which was deleted": {
			[]metav1.OwnerReference{{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ConfidentialClient", Name: c.Name, UID: "1", Controller: &controller}}, "belongs to ConfidentialClient billing",
		},
		"ours, but not controlled by us": {
			[]metav1.OwnerReference{{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ConfidentialClient", Name: c.Name, UID: c.UID}}, "was not made by this object",
		},
	} {
		t.Run(name, func(t *testing.T) {
			theirs := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Name, OwnerReferences: tc.owners}}
			w.Create(theirs)
			defer w.Delete(theirs)
			_, observed := secret.Observe(t.Context(), w.Client, w.Client, environment.Key(c), secret.ClaimOf(c))
			pruned := secret.Prune(t.Context(), w.Client, w.Client, environment.Key(c), secret.ClaimOf(c))
			for what, err := range map[string]error{"observing": observed, "pruning": pruned} {
				var notOwned *secret.NotOwnedError
				want := "Secret " + environment.Key(c).String() + " exists and " + tc.says + "; it is left untouched: choose another spec.secret.name, or delete that Secret"
				if !errors.As(err, &notOwned) || err.Error() != want || notOwned.ConditionReason() != v1alpha1.ReasonSecretConflict {
					t.Errorf("%s it: %v", what, err)
				}
			}
			w.Get(theirs)
		})
	}
}

func TestPruneRemovesOurSecretAndIsContentWithoutOne(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	if _, err := publish(t, w, c, secret.Published{}, content("first")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := secret.Prune(t.Context(), w.Client, w.Client, environment.Key(c), secret.ClaimOf(c)); err != nil {
			t.Fatal(err)
		}
		if observe(t, w, c).Found() {
			t.Fatal("it is still there")
		}
	}
}
