package hostile_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/connect"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// Kinds, as the CRDs name them.
const (
	identityTenant     = "IdentityTenant"
	oauthClient        = "OAuthClient"
	scope              = "Scope"
	confidentialClient = "ConfidentialClient"
)

// elsewhere are the texts of our specs that this test leaves alone, and why.
func elsewhere() map[string]string {
	const duration, reference = "a duration: test/crd goes through its spellings", "the name of an object, which each has here"
	return map[string]string{
		"IdentityTenant spec.timeout": duration, "IdentityTenant spec.driftCheckInterval": duration, "IdentityTenant spec.deletionTimeout": duration,
		"IdentityTenant spec.access.maxTokenLifetime": duration, "OAuthClient spec.token.lifetime": duration, "OAuthClient spec.token.refreshToken.lifetime": duration,
		"ConfidentialClient spec.credential.rotation.interval": duration, "ConfidentialClient spec.credential.rotation.overlap": duration,
		"ConfidentialClient spec.token.renewBefore": duration, "ConfidentialClient spec.token.propagationAllowance": duration,
		"OAuthClient spec.tenantRef.name": reference, "OAuthClient spec.tenantRef.namespace": reference, "Scope spec.oauthClientRef.name": reference,
		"Scope spec.oauthClientRef.namespace": reference, "ConfidentialClient spec.oauthClientRef.name": reference, "ConfidentialClient spec.oauthClientRef.namespace": reference,
		"ConfidentialClient spec.application.tenantRef.name": reference, "ConfidentialClient spec.application.tenantRef.namespace": reference,
		"ConfidentialClient spec.rollout.targets[].name": "a workload that need not exist, in the same cluster",
		"IdentityTenant spec.proxy.url":                  "the address of a proxy that listens here", "IdentityTenant spec.tls.caBundle": "certificates",
	}
}

// stage is the objects whose texts are filled in, in one manner.
type stage struct {
	*environment.World
	t *testing.T
	manner
	alphabets *alphabets

	secrets []client.Object
	tenant  *v1alpha1.IdentityTenant
	// server has tokens for APIs of your own, and public is for public clients and the tenant's own APIs.
	server, public *v1alpha1.OAuthClient
	scope          *v1alpha1.Scope
	// managed has everything in its Secret, named has the login name that its spec says, and external a user and an application that were there before.
	managed, named, external *v1alpha1.ConfidentialClient
	// user is one of the tenant who may use the application, besides.
	user string
}

// text returns a text for a field.
func (s *stage) text(kind, path string, round int) string {
	s.t.Helper()
	return s.one(s.alphabets.of(kind, path, "", ""), round)
}

func (s *stage) texts(kind, path string) []string {
	s.t.Helper()
	return s.many(s.alphabets.of(kind, path, "", ""))
}

// objectName is the name of all objects of ours.
func (s *stage) objectName() string {
	switch s.name {
	case "the shortest":
		return "a"
	case "the longest":
		return strings.Repeat("a", 253)
	}
	return "a-b.0123456789.c"
}

// newStage puts up a tenant whose host, applications and login suffix have such names, behind a proxy, and describes the objects.
func newStage(t *testing.T, how manner, alphabets *alphabets) *stage {
	t.Helper()
	s := &stage{t: t, manner: how, alphabets: alphabets}
	const port = ":65535" // a place for the tenant's own
	name := strings.TrimSuffix(strings.TrimPrefix(s.one(alphabets.of(identityTenant, "spec.url", "https://", port), 0), "https://"), port)
	suffix := s.text(identityTenant, "spec.loginSuffix", 0)
	if how.name == "the longest" {
		suffix = strings.Repeat("s", 252) // so that a whole login name is as long as can be
	}
	admin := s.one(alphabets.of(identityTenant, "spec.credentials.applicationID", "o", ""), 0)
	external := s.one(alphabets.of(confidentialClient, "spec.application.applicationID", "e", ""), 0)
	seed := emulator.DefaultSeed()
	seed.Suffixes = append(seed.Suffixes, suffix)
	seed.Applications[0].ServiceName = admin
	seed.Applications[0].Scopes[0].Scope = s.text(identityTenant, "spec.credentials.scope", 0)
	seed.Users = append(seed.Users, emulator.SeedUser{
		Name: "legacy@" + suffix, Password: "Legacy-Password-0", OauthClient: true, ServiceUser: true, PasswordNeverExpire: true, Roles: []string{"OAuth Operators"},
	})
	for _, role := range s.texts(confidentialClient, "spec.identity.roles[]") {
		seed.Roles = append(seed.Roles, emulator.SeedRole{Name: role})
	}
	s.user = "Ünsal+K-_.0@example.test"
	seed.Users = append(seed.Users, emulator.SeedUser{Name: s.user})
	seed.Applications = append(seed.Applications, emulator.SeedApplication{
		ServiceName: external, Scopes: []emulator.SeedScope{{Scope: "read"}}, Grants: []emulator.SeedGrant{{Role: "OAuth Operators"}},
		Profile: map[string]any{"ClientIDType": 1, "AllowedAuth": "ClientCreds", "TokenType": "JwtRS256"},
	})
	s.World = server.New(t, emulator.Options{Hosts: []string{strings.ToLower(name)}, Seed: seed})
	s.describeTenant(name, suffix, admin)
	s.describeApplications()
	s.describeClients(suffix, external)
	return s
}

func (s *stage) describeTenant(host, suffix, admin string) {
	s.t.Helper()
	proxy := connect.Start(s.t, "operator", "proxy-password")
	s.tenant = s.IdentityTenant()
	s.tenant.Name = s.objectName()
	spec := &s.tenant.Spec
	spec.URL = strings.Replace(spec.URL, "127.0.0.1", host, 1)
	spec.ClusterID, spec.LoginSuffix = s.text(identityTenant, "spec.clusterID", 0), suffix
	spec.Credentials.ApplicationID, spec.Credentials.Scope = admin, s.text(identityTenant, "spec.credentials.scope", 0)
	spec.Proxy = &v1alpha1.ProxyConfig{
		URL: proxy.URL(), NoProxy: s.many(s.alphabets.of(identityTenant, "spec.proxy.noProxy[]", "b", "")),
		SecretRef: &v1alpha1.SecretReference{Name: s.name0(identityTenant, "spec.proxy.secretRef.name", "p")},
	}
	bundle := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.tenant.Namespace, Name: s.name0(identityTenant, "spec.tls.caBundleRef.name", "c")},
		Data:       map[string]string{s.text(identityTenant, "spec.tls.caBundleRef.key", 0): spec.TLS.CABundle},
	}
	spec.TLS = &v1alpha1.TLSConfig{CABundleRef: &v1alpha1.CABundleReference{
		Kind: v1alpha1.CABundleKindConfigMap, Name: bundle.Name, Key: s.text(identityTenant, "spec.tls.caBundleRef.key", 0),
	}}
	credential := s.AdminSecret()
	credential.Name = s.name0(identityTenant, "spec.credentials.secretRef.name", "s")
	spec.Credentials.SecretRef.Name = credential.Name
	spec.Access.AllowedScopes, spec.Access.AllowedRoles = s.escaped(identityTenant, "spec.access.allowedScopes[]"), append(s.escaped(identityTenant, "spec.access.allowedRoles[]"), "*")
	spec.Access.AllowedScopes = append(spec.Access.AllowedScopes, "*")
	spec.Access.AllowClientSecretDelivery = true
	s.secrets = []client.Object{credential, bundle, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.tenant.Namespace, Name: spec.Proxy.SecretRef.Name},
		StringData: map[string]string{corev1.BasicAuthUsernameKey: "operator", corev1.BasicAuthPasswordKey: "proxy-password"},
	}}
}

// name0 returns the name of an object of Kubernetes that begins with head.
func (s *stage) name0(kind, path, head string) string {
	s.t.Helper()
	return s.one(s.alphabets.of(kind, path, head, ""), 0)
}

// escaped returns texts that are patterns for nothing but themselves.
func (s *stage) escaped(kind, path string) []string {
	s.t.Helper()
	var out []string
	for _, text := range s.texts(kind, path) {
		out = append(out, string([]rune(strings.ReplaceAll(text, "*", `\*`))[:min(128, len([]rune(text)))]))
	}
	return out
}

func (s *stage) describeApplications() {
	s.t.Helper()
	name := s.objectName()
	s.server = s.OAuthClient(name)
	s.server.Spec.TenantRef.Name = s.tenant.Name
	s.server.Spec.ApplicationID = s.text(oauthClient, "spec.applicationID", 0)
	s.server.Spec.Token = &v1alpha1.ApplicationToken{GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeClientCredentials, v1alpha1.GrantTypeAuthorizationCode}}
	s.server.Spec.RedirectURIs = append(s.many(s.alphabets.of(oauthClient, "spec.redirectURIs[]", "https:", "")), s.many(s.alphabets.of(oauthClient, "spec.redirectURIs[]", "a", ":b"))...)
	for _, role := range s.many(s.alphabets.of(oauthClient, "spec.permissions[].role", "p", "")) {
		s.server.Spec.Permissions = append(s.server.Spec.Permissions, v1alpha1.Permission{Role: role, CreateRole: true})
	}
	s.server.Spec.Permissions = append(s.server.Spec.Permissions, v1alpha1.Permission{User: s.user})
	s.alphabets.of(oauthClient, "spec.permissions[].user", "", "") // see TestAUserWhoCannotBeIsNotFound
	s.server.Spec.Scopes = nil
	for _, scope := range s.texts(oauthClient, "spec.scopes[].name") {
		s.server.Spec.Scopes = append(s.server.Spec.Scopes, v1alpha1.InlineScope{Name: scope})
	}
	s.scope = s.Scope(name, name, s.one(s.alphabets.of(scope, "spec.name", "s", ""), 0))

	s.public = s.OAuthClient("b")
	s.public.Spec = v1alpha1.OAuthClientSpec{
		TenantRef: s.server.Spec.TenantRef, ApplicationID: "b" + s.server.Spec.ApplicationID[1:], Type: v1alpha1.ApplicationTypeOAuth2Client, ClientIDType: v1alpha1.ClientIDTypeList,
		AllowedClients: s.texts(oauthClient, "spec.allowedClients[]"),
		Token:          &v1alpha1.ApplicationToken{GrantTypes: []v1alpha1.GrantType{v1alpha1.GrantTypeAuthorizationCode}}, RedirectURIs: []string{"https://app.example.com/"},
		ClientRole: v1alpha1.ClientRoleNone,
		Scopes:     []v1alpha1.InlineScope{{Name: "all", RESTPatterns: quoted(s.texts(oauthClient, "spec.scopes[].restPatterns[]"))}},
	}
	s.alphabets.of(scope, "spec.restPatterns[]", "", "") // the same text in another place, which is merged with those
	s.changeApplications(0)
}

// quoted returns texts as regular expressions that match nothing but them.
func quoted(texts []string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, regexp.QuoteMeta(text))
	}
	return out
}

// changeApplications fills in what may be changed.
func (s *stage) changeApplications(round int) {
	s.t.Helper()
	spec := &s.server.Spec
	spec.DisplayName, spec.Description = s.text(oauthClient, "spec.displayName", round), s.text(oauthClient, "spec.description", round)
	spec.Issuer, spec.Audience = s.text(oauthClient, "spec.issuer", round), s.text(oauthClient, "spec.audience", round)
	spec.ClaimsScript = s.text(oauthClient, "spec.claimsScript", round)
	for i := range spec.Scopes {
		spec.Scopes[i].Description = s.text(oauthClient, "spec.scopes[].description", round)
	}
	s.scope.Spec.Description = s.text(scope, "spec.description", round)
}

func (s *stage) describeClients(suffix, external string) {
	s.t.Helper()
	name := s.objectName()
	var scopes []string
	for _, scope := range s.server.Spec.Scopes {
		scopes = append(scopes, scope.Name)
	}
	s.alphabets.of(confidentialClient, "spec.scopes[]", "", "") // requested are those that there are
	s.managed = s.ConfidentialClient(name, name, append(scopes, s.scope.Spec.Name)...)
	s.managed.Spec.Identity = &v1alpha1.ClientIdentity{Roles: s.texts(confidentialClient, "spec.identity.roles[]")}
	s.managed.Spec.Secret = &v1alpha1.PublishedSecret{
		Name:    s.text(confidentialClient, "spec.secret.name", 0),
		Deliver: []v1alpha1.Delivery{v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials, v1alpha1.DeliveryEndpoints},
		Keys:    s.keys(),
		Template: &v1alpha1.SecretTemplate{
			Type: s.text(confidentialClient, "spec.secret.template.type", 0), Metadata: &v1alpha1.SecretTemplateMetadata{},
		},
	}
	s.named = s.ConfidentialClient("b", name)
	s.named.Spec.Identity = &v1alpha1.ClientIdentity{Username: s.one(s.alphabets.of(confidentialClient, "spec.identity.username", "", "@"+suffix), 0)}
	s.named.Spec.Secret = &v1alpha1.PublishedSecret{Name: "b"}
	s.external = s.ConfidentialClient("c", "")
	s.external.Spec = v1alpha1.ConfidentialClientSpec{
		Application: &v1alpha1.ExternalApplication{TenantRef: s.server.Spec.TenantRef, ApplicationID: external},
		Scopes:      []string{"read"},
		Identity:    &v1alpha1.ClientIdentity{Provisioning: v1alpha1.IdentityProvisioningExternal},
		Credential:  &v1alpha1.ClientCredential{SecretRef: &v1alpha1.SecretReference{Name: s.name0(confidentialClient, "spec.credential.secretRef.name", "l")}},
		Secret:      &v1alpha1.PublishedSecret{Name: "c"},
	}
	s.secrets = append(s.secrets, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.external.Namespace, Name: s.external.Spec.Credential.SecretRef.Name},
		StringData: map[string]string{v1alpha1.ClientIDKey: "legacy@" + suffix, v1alpha1.ClientSecretKey: "Legacy-Password-0"},
	})
	s.changeClients(0)
}

// keys renames all keys. They must differ, and begin with letters of their own.
func (s *stage) keys() *v1alpha1.SecretKeys {
	s.t.Helper()
	at := 0
	key := func(field string) v1alpha1.SecretKey {
		most := s.alphabets.of(confidentialClient, "spec.secret.keys."+field, "", "").max
		at++
		return v1alpha1.SecretKey(s.one(s.alphabets.ofKeys(confidentialClient, "spec.secret.keys", "abcdefghijk"[at-1:at], most), 0))
	}
	return &v1alpha1.SecretKeys{
		AccessToken: key("accessToken"), TokenType: key("tokenType"), ExpiresAt: key("expiresAt"), Scope: key("scope"), ClientID: key("clientID"), ClientSecret: key("clientSecret"),
		TokenURL: key("tokenURL"), Issuer: key("issuer"), JWKSURL: key("jwksURL"), ApplicationID: key("applicationID"), TenantURL: key("tenantURL"),
	}
}

// changeClients fills in what may be changed.
func (s *stage) changeClients(round int) {
	s.t.Helper()
	s.managed.Spec.Identity.DisplayName = s.text(confidentialClient, "spec.identity.displayName", round)
	template := s.managed.Spec.Secret.Template
	template.Data = map[string]v1alpha1.TemplateText{}
	template.Metadata = &v1alpha1.SecretTemplateMetadata{Labels: map[string]v1alpha1.LabelText{}, Annotations: map[string]v1alpha1.AnnotationText{}}
	for _, key := range s.many(s.alphabets.ofKeys(confidentialClient, "spec.secret.template.data", "z", 253)) {
		template.Data[key] = v1alpha1.TemplateText(s.text(confidentialClient, "spec.secret.template.data.x", round))
	}
	const name = 63 // the longest that Kubernetes takes behind the stroke
	for path, set := range map[string]func(key string){
		"spec.secret.template.metadata.labels": func(key string) {
			template.Metadata.Labels[key] = v1alpha1.LabelText(s.text(confidentialClient, "spec.secret.template.metadata.labels.x", round))
		},
		"spec.secret.template.metadata.annotations": func(key string) {
			template.Metadata.Annotations[key] = v1alpha1.AnnotationText(s.text(confidentialClient, "spec.secret.template.metadata.annotations.x", round))
		},
	} {
		prefix := s.alphabets.ofKeys(confidentialClient, path, "", 0)
		prefix.tail = "/a"
		plain := prefix
		plain.max, plain.head, plain.tail = len("a/")+name, "a/", ""
		for _, key := range append(s.many(prefix), s.many(plain)...) {
			set(key)
		}
	}
}

func (s *stage) objects() []client.Object {
	return []client.Object{s.tenant, s.server, s.public, s.scope, s.managed, s.named, s.external}
}

// TestAUserWhoCannotBeIsNotFound: a login name of a permission may be any text, and is part of a query.
func TestAUserWhoCannotBeIsNotFound(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	alphabet := newAlphabets(t).of(oauthClient, "spec.permissions[].user", "", "")
	application := w.OAuthClient("orders")
	w.CreateTenant()
	w.Create(application)
	for _, name := range append(alphabet.each(), alphabet.longest(0), `x' OR '1'='1`, `x" OR "1"="1`, `x' OR 1=1 --`, `%`) {
		w.Update(application, func() { application.Spec.Permissions = []v1alpha1.Permission{{User: name}} })
		told := w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonUserNotFound)
		if !utf8.ValidString(told.Message) {
			t.Errorf("the message about %q is no text", name)
		}
	}
	found, _ := w.Tenant.Application("orders")
	if len(found.Grants) > 1 { // that of its clients' role
		t.Errorf("there are grants %+v", found.Grants)
	}
}

// TestEachCharacterAndLengthArrives declares objects with texts from the alphabets of the CRDs, and compares what arrives on the tenant and in Secrets with what was
// declared. A comparison on the tenant afterwards must find nothing to put right, and the end of all of it leave nothing there.
func TestEachCharacterAndLengthArrives(t *testing.T) {
	alphabets := newAlphabets(t)
	for _, how := range manners() {
		t.Run(how.name, func(t *testing.T) {
			alphabets.t = t
			s := newStage(t, how, alphabets)
			before := s.left()
			stop := s.StartOperator()
			defer stop()
			s.Create(append(s.secrets, s.objects()...)...)
			for round := range how.rounds {
				if round > 0 {
					s.another(round)
				}
				s.Ready(s.objects()...)
				s.Quiet() // a Secret has an issuer when its application has
				s.compare()
				s.checkThatNothingIsPutRight(round)
			}
			s.checkEvents()
			// Of the server: its tenant, role and scope go with it. A role that a permission has made stays.
			s.end()
			if diff := cmp.Diff(before, s.left()); diff != "" {
				t.Errorf("what the end of everything has left on the tenant (-before +after):\n%s", diff)
			}
		})
	}
	alphabets.t = t
	known := elsewhere()
	for _, n := range alphabets.nodes {
		at := n.Kind + " " + n.Path
		if n.Type == "string" && len(n.Enum) == 0 && !alphabets.used[at] && known[at] == "" {
			t.Errorf("%s is not tried", at)
		}
	}
}

// another fills in the texts of the next round.
func (s *stage) another(round int) {
	s.t.Helper()
	s.changeApplications(round)
	s.changeClients(round)
	for _, object := range []client.Object{s.server, s.scope, s.managed} {
		wanted := object.DeepCopyObject().(client.Object)
		s.Update(object, func() { setSpec(object, wanted) })
	}
}

// setSpec takes over the spec of another object of the kind.
func setSpec(object, from client.Object) {
	switch o := object.(type) {
	case *v1alpha1.OAuthClient:
		o.Spec = from.(*v1alpha1.OAuthClient).Spec
	case *v1alpha1.Scope:
		o.Spec = from.(*v1alpha1.Scope).Spec
	case *v1alpha1.ConfidentialClient:
		o.Spec = from.(*v1alpha1.ConfidentialClient).Spec
	}
}

// left returns the names of what is on the tenant, but for roles that are never deleted.
func (s *stage) left() []string {
	var out []string
	for _, a := range s.Tenant.Applications() {
		out = append(out, "application "+a.ServiceName)
	}
	for _, u := range s.Tenant.Users() {
		out = append(out, "user "+u.Name)
	}
	slices.Sort(out)
	return out
}

func (s *stage) end() {
	s.t.Helper()
	for _, object := range s.objects() {
		s.Delete(object)
	}
	s.Gone(s.objects()...)
}

// checkThatNothingIsPutRight has everything compared with what is declared.
func (s *stage) checkThatNothingIsPutRight(round int) {
	s.t.Helper()
	s.Quiet()
	calls := s.Tenant.Calls()
	request := fmt.Sprint("compare ", round)
	for _, object := range []client.Object{s.server, s.public, s.managed, s.named} {
		s.Update(object, func() {
			annotations := maps.Clone(object.GetAnnotations())
			if annotations == nil {
				annotations = map[string]string{}
			}
			annotations[v1alpha1.ReconcileRequestAnnotation] = request
			object.SetAnnotations(annotations)
		})
	}
	s.Eventually("see everything compared", func() error {
		for _, o := range []*v1alpha1.OAuthClient{s.server, s.public} {
			if s.Get(o); o.Status.LastHandledReconcileRequest != request {
				return errors.New("an application is not")
			}
		}
		for _, c := range []*v1alpha1.ConfidentialClient{s.managed, s.named} {
			if s.Get(c); c.Status.LastHandledReconcileRequest != request {
				return errors.New("a user is not")
			}
		}
		return nil
	})
	s.Quiet()
	made := s.Tenant.Calls().Sub(calls)
	for operation := range made {
		// What a user is put right with is sent whatever it is like.
		if _, reads := emulator.Describe("/" + operation); !reads && !strings.HasPrefix(operation, "CDirectoryService/ChangeUser") && !strings.HasPrefix(operation, "SaasManage/AddUsersAndGroupsToRole") {
			s.t.Errorf("a comparison has put something right:\n%s", made)
		}
	}
}

// checkEvents looks for the events of an object, whose names are made of its name.
func (s *stage) checkEvents() {
	s.t.Helper()
	s.Eventually("see an event", func() error {
		list := &eventsv1.EventList{}
		if err := s.Client.List(s.t.Context(), list, client.InNamespace(s.server.Namespace)); err != nil {
			return err
		}
		if !slices.ContainsFunc(list.Items, func(e eventsv1.Event) bool {
			return e.Regarding.Name == s.server.Name && e.Regarding.Kind == oauthClient
		}) {
			return errors.New("there is none of the application")
		}
		return nil
	})
}

// compare compares the tenant and the Secrets with what is declared.
func (s *stage) compare() {
	s.t.Helper()
	s.compareApplications()
	s.compareUsers()
	s.compareSecrets()
}

func (s *stage) application(o *v1alpha1.OAuthClient) emulator.Application {
	s.t.Helper()
	found, is := s.Tenant.Application(o.Spec.ApplicationID)
	if !is {
		s.t.Fatalf("there is no application %q", o.Spec.ApplicationID)
	}
	return found
}

func (s *stage) compareApplications() {
	s.t.Helper()
	found := s.application(s.server)
	spec := s.server.Spec
	s.same("the name of the application", spec.DisplayName, found.Name)
	s.same("its description", spec.Description, found.Description[:max(0, strings.LastIndex(found.Description, " [oauth-operator "))])
	s.same("its issuer", spec.Issuer, found.Profile.Issuer)
	s.same("its audience", spec.Audience, found.Profile.Audience)
	s.same("its script", spec.ClaimsScript, fmt.Sprint(found.Raw["OpenIDConnectScript"]))
	s.same("its redirect URIs", slices.Sorted(slices.Values(spec.RedirectURIs)), slices.Sorted(slices.Values(found.Profile.Redirects)))
	wanted, got := map[string]string{s.scope.Spec.Name: s.scope.Spec.Description}, map[string]string{}
	for _, scope := range spec.Scopes {
		wanted[scope.Name] = scope.Description
	}
	for _, scope := range found.Profile.KnownScopes {
		got[scope.Scope] = scope.Description
	}
	s.same("its scopes", wanted, got)
	var principals, granted []string
	for _, p := range spec.Permissions {
		principals = append(principals, strings.ToLower(p.User)+p.Role)
	}
	for _, g := range found.Grants {
		granted = append(granted, g.PrincipalName)
	}
	principals = append(principals, spec.ApplicationID+" clients")
	s.same("its grants", slices.Sorted(slices.Values(principals)), slices.Sorted(slices.Values(granted)))

	public := s.application(s.public)
	s.same("the public clients", slices.Sorted(slices.Values(s.public.Spec.AllowedClients)), slices.Sorted(slices.Values(public.Profile.AllowedClients)))
	if len(public.Profile.KnownScopes) != 1 {
		s.t.Fatalf("there are scopes %+v", public.Profile.KnownScopes)
	}
	s.same("its REST patterns", s.public.Spec.Scopes[0].RESTPatterns, public.Profile.KnownScopes[0].AllowedRest)
}

func (s *stage) compareUsers() {
	s.t.Helper()
	s.Get(s.managed)
	user, is := s.Tenant.User(s.managed.Status.ActiveIdentity().Username)
	if !is {
		s.t.Fatalf("there is no user %q", s.managed.Status.ActiveIdentity().Username)
	}
	s.same("the name of the user", s.managed.Spec.Identity.DisplayName, user.DisplayName)
	var in []string
	for _, role := range s.Tenant.Roles() {
		if slices.Contains(user.RoleIDs, role.ID) {
			in = append(in, role.Name)
		}
	}
	s.same("its roles", slices.Sorted(slices.Values(append(slices.Clone(s.managed.Spec.Identity.Roles), s.server.Spec.ApplicationID+" clients"))), slices.Sorted(slices.Values(in)))
	if _, is := s.Tenant.User(s.named.Spec.Identity.Username); !is {
		s.t.Errorf("there is no user %q", s.named.Spec.Identity.Username)
	}
}

func (s *stage) compareSecrets() {
	s.t.Helper()
	secret, spec := s.TokenSecret(s.managed), s.managed.Spec.Secret
	s.same("the type of the Secret", spec.Template.Type, string(secret.Type))
	s.same("its application ID", s.server.Spec.ApplicationID, string(secret.Data[string(spec.Keys.ApplicationID)]))
	s.same("its tenant URL", s.tenant.Spec.URL, string(secret.Data[string(spec.Keys.TenantURL)]))
	s.same("its issuer", s.server.Spec.Issuer, string(secret.Data[string(spec.Keys.Issuer)]))
	s.same("its scopes", slices.Sorted(slices.Values(s.managed.Spec.Scopes)), slices.Sorted(strings.FieldsSeq(string(secret.Data[string(spec.Keys.Scope)]))))
	if n := len(spec.Template.Data) + 11; len(secret.Data) != n {
		s.t.Errorf("there are %d keys, not %d", len(secret.Data), n)
	}
	for key, text := range spec.Template.Data {
		s.same("what the template of "+key+" makes", string(text), string(secret.Data[key]))
	}
	for key, text := range spec.Template.Metadata.Labels {
		s.same("label "+key, string(text), secret.Labels[key])
	}
	for key, text := range spec.Template.Metadata.Annotations {
		s.same("annotation "+key, string(text), secret.Annotations[key])
	}
	for _, c := range []*v1alpha1.ConfidentialClient{s.named, s.external} {
		if len(s.TokenSecret(c).Data[v1alpha1.AccessTokenKey]) == 0 {
			s.t.Errorf("client %s has no token", c.Name)
		}
	}
}

func (s *stage) same(what string, declared, found any) {
	s.t.Helper()
	if diff := cmp.Diff(declared, found); diff != "" {
		s.t.Errorf("%s is another than was declared (-declared +found):\n%s", what, diff)
	}
}
