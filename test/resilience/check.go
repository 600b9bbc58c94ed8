package resilience

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// checkPublished fails the test for a token that is published when it has expired already.
func (w *World) checkPublished(changes []change) {
	w.t.Helper()
	for _, c := range changes {
		s, ok := c.object.(*corev1.Secret)
		if !ok || len(s.Data[v1alpha1.AccessTokenKey]) == 0 {
			continue
		}
		if old, ok := c.old.(*corev1.Secret); ok && string(old.Data[v1alpha1.AccessTokenKey]) == string(s.Data[v1alpha1.AccessTokenKey]) {
			continue
		}
		if expires, err := time.Parse(time.RFC3339, string(s.Data[v1alpha1.ExpiresAtKey])); err != nil || !w.Now().Before(expires) {
			w.t.Errorf("at %s a token was published that expires at %q", w.Now(), s.Data[v1alpha1.ExpiresAtKey])
		}
	}
}

// compare fails the test if the world does not look as in the rehearsal.
func (w *World) compare(s Scenario, rehearsal Rehearsal, broken Break, effects []Effect) {
	w.t.Helper()
	if broken.At > 0 && (len(effects) < broken.At || effects[broken.At-1].Name != rehearsal.Effects[broken.At-1].Name) {
		w.t.Errorf("effect %d is not %q; the effects were %v", broken.At, rehearsal.Effects[broken.At-1], effects)
	}
	// What is made when nobody wants it any more stays. A user and a role carry a mark, by which their owner would find them again; of what is in the
	// cluster, kube-apiserver collects what has an owner, and a credential that no user has opens nothing.
	w.lateMaking = broken.Fault == LeaderLost && s.Meanwhile != nil && rehearsal.Effects[broken.At-1].makes()
	if s.Open {
		return
	}
	want, got := rehearsal.Picture, w.Picture()
	if broken.Fault.Ends() || broken.Fault == AnswerLost || rehearsal.Effects[broken.At-1].tellsCheck() {
		// A token that could not be checked, or whose check nobody remembers, is not looked at again: the next one is.
		want, got = unverified(want), unverified(got)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("it ends otherwise than undisturbed (-want +got):\n%s\nthe effects until the break were %v", diff, effects)
	}
	if broken.Fault == StaleCache {
		if diff := cmp.Diff(onTenant(rehearsal.Effects), onTenant(effects)); diff != "" {
			w.t.Errorf("a cache that lags behind costs other calls to the tenant (-want +got):\n%s", diff)
		}
	}
}

// verdict finds the condition TokenVerified in a picture.
var verdict = regexp.MustCompile(`\{[^{}]*"type": "` + v1alpha1.ConditionTokenVerified + `"[^{}]*\}`)

// unverified takes out of a picture whether tokens were checked.
func unverified(picture string) string { return verdict.ReplaceAllString(picture, "{}") }

// onTenant returns the names of the effects on the tenant, sorted.
func onTenant(effects []Effect) []string {
	var names []string
	for _, e := range effects {
		if e.OnTenant && !e.Reads {
			names = append(names, e.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Check fails the test unless every credential opens the tenant, every token that is published lives, and another process finds nothing to do.
func (w *World) Check() {
	w.t.Helper()
	for _, o := range w.cache.all(clients) {
		if c := o.(*v1alpha1.ConfidentialClient); c.DeletionTimestamp.IsZero() {
			w.checkClient(c)
		}
	}
	w.checkMarked()
	if blind, unkept := w.wire.takeRash(); len(blind)+len(unkept) > 0 {
		w.t.Errorf("these writes do not say what they rest on: %v; and these calls told of passwords that were not kept: %v", blind, unkept)
	}
	before := w.statuses()
	if effects, _ := w.Work(Break{}, func() bool { return true }); len(effects) > 0 {
		w.t.Errorf("a restart at the end has the effects %v (-before +after):\n%s", effects, cmp.Diff(before, w.statuses()))
	}
}

// checkClient fails the test unless whoever holds the Secrets of a client can get a token, and what is published is good.
func (w *World) checkClient(c *v1alpha1.ConfidentialClient) {
	w.t.Helper()
	kept := w.credentialSecret(c)
	w.Get(kept)
	if err := opens(w.t.Context(), w.World, kept); err != nil {
		w.t.Errorf("the credential that is kept for client %s is refused: %v", c.Name, err)
	}
	published := w.TokenSecret(c)
	if id := published.Data[v1alpha1.ClientIDKey]; id != nil {
		if string(id) != string(kept.Data[v1alpha1.ClientIDKey]) || string(published.Data[v1alpha1.ClientSecretKey]) != string(kept.Data[v1alpha1.ClientSecretKey]) {
			w.t.Errorf("of client %s another credential is published than is kept", c.Name)
		}
	}
	if expires, err := time.Parse(time.RFC3339, string(published.Data[v1alpha1.ExpiresAtKey])); err != nil || !w.Now().Before(expires) {
		w.t.Errorf("the token of client %s expires at %q, and it is %s", c.Name, published.Data[v1alpha1.ExpiresAtKey], w.Now())
	}
	if name := subjectOf(string(published.Data[v1alpha1.AccessTokenKey])); !slices.ContainsFunc(c.Status.Identities, func(i v1alpha1.IdentityStatus) bool {
		return strings.EqualFold(i.Username, name)
	}) {
		w.t.Errorf("the token of client %s is of %q, which is none of its users", c.Name, name)
	}
}

// keeps says whether a password is in a Secret in the operator's namespace.
func (w *World) keeps(password string) bool {
	list := &corev1.SecretList{}
	if err := w.Client.List(w.t.Context(), list, client.InNamespace(w.Namespace("operator"))); err != nil {
		w.t.Error(err)
	}
	return slices.ContainsFunc(list.Items, func(s corev1.Secret) bool {
		return slices.ContainsFunc(slices.Collect(maps.Values(s.Data)), func(value []byte) bool { return string(value) == password })
	})
}

// checkMarked fails the test for a user, a role or an application on the tenant that carries our mark, and that no status knows.
func (w *World) checkMarked() {
	w.t.Helper()
	known := w.known()
	look := func(what, name, id, description string) {
		mark, marked := ownership.Find(description)
		if marked && !slices.Contains(known, id) && !w.lateMaking {
			w.t.Errorf("%s %q is marked as that of %s, whose status does not know it", what, name, mark.Owner())
		}
	}
	for _, u := range w.Tenant.Users() {
		look("user", u.Name, u.ID, u.Description)
	}
	for _, r := range w.Tenant.Roles() {
		look("role", r.Name, r.ID, r.Description)
	}
	for _, a := range w.Tenant.Applications() {
		look("application", a.ServiceName, a.Key, a.Description)
	}
}

// known returns the identifiers on the tenant that statuses have.
func (w *World) known() []string {
	var ids []string
	for _, object := range w.cache.all(clients) {
		for _, i := range object.(*v1alpha1.ConfidentialClient).Status.Identities {
			ids = append(ids, i.UserID)
		}
	}
	for _, object := range w.cache.all(oauthClients) {
		status := &object.(*v1alpha1.OAuthClient).Status
		ids = append(ids, status.ApplicationKey)
		if status.ClientRole != nil {
			ids = append(ids, status.ClientRole.ID)
		}
		for _, g := range status.Grants {
			ids = append(ids, g.PrincipalID)
		}
	}
	return ids
}

// checkReadable fails the test if, right after a break, a reader of a Secret gets the token of a user that does not exist, or a credential that the tenant
// refuses.
func (w *World) checkReadable(s Scenario) {
	w.t.Helper()
	w.catchUp()
	for _, o := range w.cache.all(clients) {
		c := o.(*v1alpha1.ConfidentialClient)
		published, found := w.cache.objects[secrets][types.NamespacedName{Namespace: c.Namespace, Name: c.Status.SecretName}].(*corev1.Secret)
		if !found || !c.DeletionTimestamp.IsZero() {
			continue
		}
		name := subjectOf(string(published.Data[v1alpha1.AccessTokenKey]))
		if _, exists := w.Tenant.User(name); !exists {
			w.t.Errorf("after the break, the published token of client %s is of %q, who does not exist", c.Name, name)
		}
		w.wire.revive()
		if err := opens(w.t.Context(), w.World, published); err != nil && !s.Interrupts {
			w.t.Errorf("after the break, the published credential of client %s is refused: %v", c.Name, err)
		}
	}
}

// credentialSecret names the Secret in which the operator keeps the credential of a client.
func (w *World) credentialSecret(c *v1alpha1.ConfidentialClient) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace("operator"), Name: "credential-" + string(c.UID)}}
}

// opens says why the tenant does not give a token for the credential in a Secret; nil when it does.
func opens(ctx context.Context, w *environment.World, s *corev1.Secret) error {
	described := w.IdentityTenant()
	connector := connection.Connector{Pool: tenant.NewPool(w.Clock, nil), Live: w.Client}
	defer connector.Forget(environment.Key(described))
	session, err := connector.Session(ctx, described)
	if err != nil {
		return err
	}
	credential := oauth.Credential{ClientID: string(s.Data[v1alpha1.ClientIDKey]), ClientSecret: oauth.NewSecret(string(s.Data[v1alpha1.ClientSecretKey]))}
	_, err = session.RequestToken(ctx, "orders", credential, oauth.NewScopeSet("read"))
	return err
}
