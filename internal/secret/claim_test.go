package secret_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// clientWithPolicy creates a ConfidentialClient of the given name whose Secret has a creation policy.
func clientWithPolicy(w *environment.World, name string, policy v1alpha1.CreationPolicy) *v1alpha1.ConfidentialClient {
	c := w.ConfidentialClient(name, "orders", "read")
	c.Spec.Secret = &v1alpha1.PublishedSecret{CreationPolicy: policy}
	w.Create(c)
	return c
}

// theirSecret creates the Secret that somebody else makes for a client to add keys to.
func theirSecret(w *environment.World, c *v1alpha1.ConfidentialClient) *corev1.Secret {
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: c.Namespace, Name: c.Name,
			Labels:      map[string]string{v1alpha1.ManagedByLabel: "Helm"},
			Annotations: map[string]string{"theirs": "stays"},
		},
		Type: "example.com/theirs",
		Data: map[string][]byte{"theirs": []byte("stays"), v1alpha1.ScopeKey: nil},
	}
	w.Create(s)
	return s
}

func TestKeysAreAddedToASecretOfSomebodyElseAndTakenOutAgain(t *testing.T) {
	w := newWorld(t)
	c := clientWithPolicy(w, "billing", v1alpha1.CreationPolicyMerge)
	theirs := theirSecret(w, c)
	before := theirs.DeepCopy()
	observed := observe(t, w, c)
	if observed.Found() {
		t.Fatal("what somebody else has made is taken for ours")
	}
	all, layout := withCredential()
	if _, err := publisher(w, c).Publish(t.Context(), observed, all, layout); err != nil {
		t.Fatal(err)
	}
	w.Get(theirs)
	if theirs.Labels[v1alpha1.ManagedByLabel] != "Helm" || theirs.Labels[v1alpha1.WatchLabel] != "true" || theirs.Type != before.Type || len(theirs.OwnerReferences) != 0 {
		t.Errorf("labels %v, type %q, owners %v", theirs.Labels, theirs.Type, theirs.OwnerReferences)
	}
	if diff := cmp.Diff([]string{"access_token", "client_id", "client_secret", "expires_at", "scope", "theirs", "token_type"}, keysOf(theirs)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}

	for range 2 { // the second finds nothing of ours
		if err := secret.Prune(t.Context(), w.Client, w.Client, environment.Key(c), secret.ClaimOf(c)); err != nil {
			t.Fatal(err)
		}
		w.Get(theirs)
		want := before.DeepCopy()
		delete(want.Data, v1alpha1.ScopeKey) // it was free, so it was ours to use
		want.ResourceVersion, want.ManagedFields = theirs.ResourceVersion, theirs.ManagedFields
		if diff := cmp.Diff(want, theirs); diff != "" {
			t.Errorf("something of ours is left, or of theirs gone (-want +got):\n%s", diff)
		}
	}
	w.Delete(theirs)
	if err := secret.Prune(t.Context(), w.Client, w.Client, environment.Key(c), secret.ClaimOf(c)); err != nil {
		t.Errorf("there is nothing to take out of a Secret that is gone: %v", err)
	}
}

func TestAClientSecretLeavesASecretOfSomebodyElse(t *testing.T) {
	w := newWorld(t)
	c := clientWithPolicy(w, "billing", v1alpha1.CreationPolicyMerge)
	theirs := theirSecret(w, c)
	all, layout := withCredential()
	if _, err := publisher(w, c).Publish(t.Context(), observe(t, w, c), all, layout); err != nil {
		t.Fatal(err)
	}
	withheld, err := publisher(w, c).Withhold(t.Context(), observe(t, w, c), layout)
	if err != nil || withheld.HasCredential(layout) {
		t.Fatalf("the client secret is still there: %v", err)
	}
	renewed := content("second")
	if _, err := publish(t, w, c, observe(t, w, c), renewed); err != nil {
		t.Fatal(err)
	}
	if published := observe(t, w, c); !published.Holds(secret.LayoutOf(nil), nil, secret.DressOf(nil), secret.ClaimOf(c)) || published.Content.AccessToken.Reveal() != "second" {
		t.Errorf("what was published is not observed: %s", published.Layout)
	}

	if err := secret.Prune(t.Context(), w.Client, w.Client, environment.Key(c), secret.ClaimOf(c)); err != nil {
		t.Fatal(err)
	}
	w.Get(theirs)
	if diff := cmp.Diff([]string{"theirs"}, keysOf(theirs)); diff != "" || len(theirs.Annotations) != 1 {
		t.Errorf("annotations %v, keys (-want +got):\n%s", theirs.Annotations, diff)
	}
}

// withCredential returns what is published where client credentials are delivered, and how.
func withCredential() (secret.Content, secret.Layout) {
	all := content("first")
	all.Others = map[secret.Field]oauth.Secret{secret.FieldClientID: oauth.NewSecret("id"), secret.FieldClientSecret: oauth.NewSecret("client-secret")}
	return all, secret.LayoutOf(&v1alpha1.PublishedSecret{Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials}})
}

func TestAKeyThatSomebodyElseHasFilledIsNotWrittenOver(t *testing.T) {
	w := newWorld(t)
	c := clientWithPolicy(w, "billing", v1alpha1.CreationPolicyMerge)
	theirs := theirSecret(w, c)
	observed := observe(t, w, c)
	// After the look, so that only kube-apiserver can notice.
	w.Update(theirs, func() { theirs.Data[v1alpha1.AccessTokenKey] = []byte("theirs") })
	if _, err := publish(t, w, c, observed, content("first")); err == nil {
		t.Error("a key that came after the look was written over")
	}
	_, err := publish(t, w, c, observe(t, w, c), content("first"))
	var taken *secret.KeysTakenError
	want := "Secret " + environment.Key(c).String() + " has values under access_token that this object did not write; they are left untouched: " +
		"choose other keys in spec.secret, or take these out of the Secret"
	if !errors.As(err, &taken) || err.Error() != want || taken.ConditionReason() != v1alpha1.ReasonSecretConflict {
		t.Errorf("publishing over it: %v", err)
	}
	if w.Get(theirs); string(theirs.Data[v1alpha1.AccessTokenKey]) != "theirs" || len(theirs.Annotations) != 1 {
		t.Errorf("the Secret was written: %v", theirs.Annotations)
	}
}

func TestASecretToMergeIntoHasToBeThere(t *testing.T) {
	w := newWorld(t)
	c := clientWithPolicy(w, "billing", v1alpha1.CreationPolicyMerge)
	_, err := secret.Observe(t.Context(), w.Client, w.Client, environment.Key(c), secret.ClaimOf(c))
	if _, missing := errors.AsType[*secret.NotFoundError](err); !missing {
		t.Errorf("observing none: %v", err)
	}
}

func TestASecretThatStaysIsTakenOverByANamesakeOnly(t *testing.T) {
	w := newWorld(t)
	c := clientWithPolicy(w, "billing", v1alpha1.CreationPolicyOrphan)
	if _, err := publish(t, w, c, observe(t, w, c), content("first")); err != nil {
		t.Fatal(err)
	}
	if err := secret.Prune(t.Context(), w.Client, w.Client, environment.Key(c), secret.ClaimOf(c)); err != nil {
		t.Fatal(err)
	}
	if s := stored(w, c); len(s.OwnerReferences) != 0 {
		t.Errorf("an owner takes it along: %v", s.OwnerReferences)
	}
	again := secret.ClaimOf(c)
	again.UID = "another"
	published, err := secret.Observe(t.Context(), w.Client, w.Client, environment.Key(c), again)
	if err != nil || !published.Found() || published.Content.SpecHash != "" {
		t.Errorf("the object of its name does not take it over, or believes the token in it to be its own: %v", err)
	}
	taker := publisher(w, c)
	taker.Claim = again
	if _, err := taker.Publish(t.Context(), published, content("second"), secret.LayoutOf(nil)); err != nil {
		t.Fatal(err)
	}
	for name, claim := range map[string]secret.Claim{
		"the one before":           secret.ClaimOf(c),
		"one that would delete it": {Name: c.Name, UID: "third", Policy: v1alpha1.CreationPolicyOwner},
		"one of another name":      {Name: "other", UID: "third", Policy: v1alpha1.CreationPolicyOrphan},
		"one that adds to it":      {Name: "other", UID: "third", Policy: v1alpha1.CreationPolicyMerge},
	} {
		_, err := secret.Observe(t.Context(), w.Client, w.Client, environment.Key(c), claim)
		_, refused := errors.AsType[*secret.NotOwnedError](err)
		if namesake := name == "the one before"; refused == namesake {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASecretWithoutAnOwnerIsKnownAgainByWhatItHolds(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	if _, err := publish(t, w, c, secret.Published{}, content("first")); err != nil {
		t.Fatal(err)
	}
	saved := stored(w, c)
	w.Delete(saved)
	restoring := secret.ClaimOf(c)
	restoring.SpecHash = content("first").SpecHash
	for name, tc := range map[string]struct {
		claim  secret.Claim
		change func(*corev1.Secret)
		known  bool
	}{
		"as it was":                   {restoring, func(*corev1.Secret) {}, true},
		"with keys of somebody else":  {restoring, func(s *corev1.Secret) { s.Data["theirs"] = []byte("stays") }, true},
		"with its owner of then":      {restoring, func(s *corev1.Secret) { s.OwnerReferences = namesake(saved.OwnerReferences) }, false},
		"with another token":          {restoring, func(s *corev1.Secret) { s.Data[v1alpha1.AccessTokenKey] = []byte("theirs") }, false},
		"with another expiry":         {restoring, func(s *corev1.Secret) { s.Annotations[v1alpha1.ExpirationTimeAnnotation] = "2100-01-01T00:00:00Z" }, false},
		"without our label":           {restoring, func(s *corev1.Secret) { delete(s.Labels, v1alpha1.ManagedByLabel) }, false},
		"without our annotations":     {restoring, func(s *corev1.Secret) { s.Annotations = nil }, false},
		"for one who knows no hash":   {secret.ClaimOf(c), func(*corev1.Secret) {}, false},
		"for one of another spec":     {secret.Claim{Name: c.Name, UID: c.UID, Policy: v1alpha1.CreationPolicyOwner, SpecHash: "other"}, func(*corev1.Secret) {}, false},
		"for one who leaves it there": {secret.Claim{Name: c.Name, UID: c.UID, Policy: v1alpha1.CreationPolicyOrphan, SpecHash: restoring.SpecHash}, func(*corev1.Secret) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
				Namespace: saved.Namespace, Name: saved.Name, Labels: maps.Clone(saved.Labels), Annotations: maps.Clone(saved.Annotations),
			}, Type: saved.Type, Data: maps.Clone(saved.Data)}
			tc.change(object)
			w.Create(object)
			defer w.Delete(object)
			published, err := secret.Observe(t.Context(), w.Client, w.Client, environment.Key(c), tc.claim)
			if _, refused := errors.AsType[*secret.NotOwnedError](err); refused == tc.known || published.Found() != tc.known {
				t.Fatalf("it is found: %t, %v", published.Found(), err)
			}
			if !tc.known {
				return
			}
			if published.Holds(secret.LayoutOf(nil), nil, secret.DressOf(nil), tc.claim) {
				t.Error("nothing is to be written")
			}
			if _, err := publish(t, w, c, published, published.Content); err != nil {
				t.Fatal(err)
			}
			now := stored(w, c)
			if !metav1.IsControlledBy(now, c) || now.UID != object.UID || string(now.Data["theirs"]) != string(object.Data["theirs"]) {
				t.Errorf("after the next write it has the owners %v and the keys %v", now.OwnerReferences, keysOf(now))
			}
		})
	}
}

// namesake returns owner references of an object of the same name that is gone.
func namesake(references []metav1.OwnerReference) []metav1.OwnerReference {
	gone := slices.Clone(references)
	for i := range gone {
		gone[i].UID = "gone"
	}
	return gone
}

func TestTheOwnerOfASecretChangesWithThePolicy(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	var uid types.UID
	for _, policy := range []v1alpha1.CreationPolicy{v1alpha1.CreationPolicyOwner, v1alpha1.CreationPolicyOrphan, v1alpha1.CreationPolicyOwner} {
		c.Spec.Secret = &v1alpha1.PublishedSecret{CreationPolicy: policy}
		if observe(t, w, c).Holds(secret.LayoutOf(nil), nil, secret.DressOf(nil), secret.ClaimOf(c)) {
			t.Errorf("nothing is to be written for the policy %s", policy)
		}
		for range 2 {
			if _, err := publish(t, w, c, observe(t, w, c), content("token")); err != nil {
				t.Fatal(err)
			}
		}
		s := stored(w, c)
		if _, named := s.Annotations[v1alpha1.PublisherAnnotation]; metav1.IsControlledBy(s, c) == named || named != (policy == v1alpha1.CreationPolicyOrphan) {
			t.Errorf("policy %s: owners %v, annotations %v", policy, s.OwnerReferences, s.Annotations)
		}
		if !observe(t, w, c).Holds(secret.LayoutOf(nil), nil, secret.DressOf(nil), secret.ClaimOf(c)) {
			t.Errorf("something is still to be written for the policy %s", policy)
		}
		if uid != "" && uid != s.UID {
			t.Error("the Secret was made again")
		}
		uid = s.UID
	}
	c.Spec.Secret.CreationPolicy = v1alpha1.CreationPolicyOrphan // and deleted at once, before anything was published
	if err := secret.Prune(t.Context(), w.Client, w.Client, environment.Key(c), secret.ClaimOf(c)); err != nil {
		t.Fatal(err)
	}
	if s := stored(w, c); s.UID != uid || len(s.OwnerReferences) != 0 {
		t.Errorf("owners %v", s.OwnerReferences)
	}
}

func TestACredentialOfTheOperatorIsNobodysToPublishIn(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	if _, _, err := vault(w).Ensure(t.Context(), c, "billing@corp.example", ""); err != nil {
		t.Fatal(err)
	}
	key := types.NamespacedName{Namespace: vault(w).Namespace, Name: "credential-" + string(c.UID)}
	for _, policy := range []v1alpha1.CreationPolicy{v1alpha1.CreationPolicyOwner, v1alpha1.CreationPolicyMerge, v1alpha1.CreationPolicyOrphan} {
		_, err := secret.Observe(t.Context(), w.Client, w.Client, key, secret.Claim{Name: c.Name, UID: c.UID, Policy: policy})
		if _, refused := errors.AsType[*secret.NotOwnedError](err); !refused {
			t.Errorf("%s: %v", policy, err)
		}
	}
}

func TestAnImmutableSecretIsNamed(t *testing.T) {
	w := newWorld(t)
	c := client(w, "billing")
	if _, err := publish(t, w, c, secret.Published{}, content("first")); err != nil {
		t.Fatal(err)
	}
	s, immutable := stored(w, c), true
	w.Update(s, func() { s.Immutable = &immutable })
	_, err := publish(t, w, c, observe(t, w, c), content("second"))
	want := "Secret " + environment.Key(c).String() + " is immutable, so that nothing can be written to it any more: delete it, and leave its field immutable out"
	if _, is := errors.AsType[*secret.ImmutableError](err); !is || err.Error() != want {
		t.Errorf("publishing in it: %v", err)
	}
}
