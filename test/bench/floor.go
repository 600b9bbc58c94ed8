package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	operatorpkg "github.com/oauth-operator/oauth-operator/internal/operator"
)

// floorGroup has copies of our kinds, with the same schemas and rules, of which the operator knows nothing: the floor and the operator take turns on
// one control plane.
const floorGroup = "floor.oauth-operator.dev"

// floorKinds writes the copies, and returns their directory.
func (b *bench) floorKinds() (string, error) {
	directory := b.file("floor-kinds")
	if err := os.Mkdir(directory, 0o700); err != nil {
		return "", fmt.Errorf("copying kinds: %w", err)
	}
	for _, kind := range []string{"confidentialclients", "oauthclients"} {
		content, err := os.ReadFile(filepath.Join(b.root, "config", "crd", "bases", v1alpha1.Group+"_"+kind+".yaml"))
		if err != nil {
			return "", fmt.Errorf("copying kinds: %w", err)
		}
		content = bytes.ReplaceAll(content, []byte("name: "+kind+"."+v1alpha1.Group), []byte("name: "+kind+"."+floorGroup))
		content = bytes.ReplaceAll(content, []byte("group: "+v1alpha1.Group), []byte("group: "+floorGroup))
		if err := os.WriteFile(filepath.Join(directory, kind+".yaml"), content, 0o600); err != nil {
			return "", fmt.Errorf("copying kinds: %w", err)
		}
	}
	return directory, nil
}

// floor makes the writes and calls that the operator makes for an object, in their order, and nothing else: no cache, no decision, no check.
type floor struct {
	b         *bench
	namespace string
	admin     *identity.Client
	tokens    *oauth.Client
	roleID    string
	tokenURL  string
	imports   sync.Mutex // one at a time, so that each finds its own
	listed    time.Time  // when the applications were listed last; under imports
}

// listAge is for how long the operator's imports go by one list of the applications that there are.
const listAge = 5 * time.Second

// newFloor logs in.
func (b *bench) newFloor(ctx context.Context) (*floor, error) {
	t := b.stage.tenant
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(t.ca)
	bare := &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: concurrency,
	}}
	f := &floor{b: b, namespace: b.stage.namespace("floor"), tokens: &oauth.Client{HTTP: bare, Clock: clock.RealClock{}}}
	login, err := f.tokens.RequestToken(ctx, t.url+"/oauth2/token/"+adminApplication,
		oauth.Credential{ClientID: t.credential.ClientID, ClientSecret: oauth.NewSecret(t.credential.ClientSecret)}, oauth.NewScopeSet(adminScope))
	if err != nil {
		return nil, fmt.Errorf("logging in for the floor: %w", err)
	}
	f.admin = &identity.Client{
		BaseURL: t.url, HTTP: bare,
		Authorize: func(context.Context, oauth.Secret) (oauth.Secret, error) { return login.AccessToken, nil },
	}
	return f, nil
}

// asFloor returns a copy of an object in the floor's group and namespace, without what kube-apiserver has added, and its status.
func (f *floor) asFloor(o client.Object, kind, name string) (copied *unstructured.Unstructured, status any, err error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, nil, fmt.Errorf("copying %s: %w", kind, err)
	}
	copied = &unstructured.Unstructured{Object: map[string]any{"spec": content["spec"]}}
	copied.SetGroupVersionKind(schema.GroupVersionKind{Group: floorGroup, Version: v1alpha1.GroupVersion.Version, Kind: kind})
	copied.SetNamespace(f.namespace)
	copied.SetName(name)
	return copied, content["status"], nil
}

// patch sends a merge patch.
func (f *floor) patch(ctx context.Context, o client.Object, content any) error {
	p, err := mergePatch(content)
	if err != nil {
		return err
	}
	if err := f.b.floor.Patch(ctx, o, p); err != nil {
		return fmt.Errorf("patching for the floor: %w", err)
	}
	return nil
}

// patchStatus sends a merge patch of the status.
func (f *floor) patchStatus(ctx context.Context, o client.Object, status any) error {
	p, err := mergePatch(map[string]any{"status": status})
	if err != nil {
		return err
	}
	if err := f.b.floor.Status().Patch(ctx, o, p); err != nil {
		return fmt.Errorf("patching a status for the floor: %w", err)
	}
	return nil
}

func mergePatch(content any) (client.Patch, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("encoding a patch: %w", err)
	}
	return client.RawPatch("application/merge-patch+json", text), nil
}

// withFinalizer is the patch by which the operator begins.
func withFinalizer() any {
	return map[string]any{"metadata": map[string]any{"finalizers": []string{v1alpha1.Finalizer}}}
}

// pattern is what the operator has made of one ConfidentialClient: the floor writes the same for each.
type pattern struct {
	client            *v1alpha1.ConfidentialClient
	credential, token *corev1.Secret
}

// event tells that an object is Ready, as the operator does.
func (f *floor) event(ctx context.Context, o *unstructured.Unstructured, note string) error {
	e := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.GetNamespace(), Name: o.GetName() + ".ready"},
		EventTime:  metav1.NowMicro(), ReportingController: operatorpkg.Name, ReportingInstance: operatorpkg.Name + "-floor",
		Action: "Reconciled", Reason: v1alpha1.ReasonAvailable, Note: note, Type: corev1.EventTypeNormal,
		Regarding: corev1.ObjectReference{
			APIVersion: o.GetAPIVersion(), Kind: o.GetKind(), Namespace: o.GetNamespace(), Name: o.GetName(), UID: o.GetUID(), ResourceVersion: o.GetResourceVersion(),
		},
	}
	if err := f.b.floor.Create(ctx, e); err != nil {
		return fmt.Errorf("creating an Event for the floor: %w", err)
	}
	return nil
}

// client does for one more client what the operator did for the pattern: 5 writes, that which makes the object included, an Event, and 4 calls.
func (f *floor) client(ctx context.Context, p pattern, n int) error {
	c, err := f.beginClient(ctx, p, n)
	if err != nil {
		return err
	}
	if err := f.register(ctx, c, p); err != nil {
		return fmt.Errorf("calling the tenant for the floor: %w", err)
	}
	if err := f.endClient(ctx, c, p); err != nil {
		return err
	}
	return f.event(ctx, c.object, fmt.Sprintf("Secret %q holds a token", c.object.GetName()))
}

// clientWrites makes the 5 writes of one more client, and nothing else.
func (f *floor) clientWrites(ctx context.Context, p pattern, n int) error {
	c, err := f.beginClient(ctx, p, n)
	if err != nil {
		return err
	}
	return f.endClient(ctx, c, p)
}

// bareClient is a copy of a client that the floor is about.
type bareClient struct {
	object *unstructured.Unstructured
	status any
}

// beginClient makes the writes before the calls: the object, its finalizer and its credential.
func (f *floor) beginClient(ctx context.Context, p pattern, n int) (c bareClient, err error) {
	name := fmt.Sprintf("%s-floor-%d", p.client.Name, n)
	if c.object, c.status, err = f.asFloor(p.client, "ConfidentialClient", name); err != nil {
		return c, err
	}
	if err := f.b.floor.Create(ctx, c.object); err != nil {
		return c, fmt.Errorf("creating an object of the floor: %w", err)
	}
	if err := f.patch(ctx, c.object, withFinalizer()); err != nil {
		return c, err
	}
	return c, f.secret(ctx, p.credential, operatorNamespace, "credential-"+name, c.object)
}

// register makes the calls: a user with a role, and a token for it.
func (f *floor) register(ctx context.Context, c bareClient, p pattern) error {
	name, password := c.object.GetName(), oauth.NewSecret(string(p.credential.Data[v1alpha1.ClientSecretKey]))
	username := name + "@example.test"
	if _, _, err := f.admin.FindUser(ctx, username); err != nil {
		return err
	}
	id, err := f.admin.CreateUser(ctx, identity.NewUser{
		Username: username, DisplayName: name, Mail: username, Description: "Made by a bare loop.", Password: password,
	})
	if err != nil {
		return err
	}
	if err := f.admin.AddRoleMembers(ctx, f.roleID, id); err != nil {
		return err
	}
	_, err = f.tokens.RequestToken(ctx, f.tokenURL, oauth.Credential{ClientID: username, ClientSecret: password}, oauth.NewScopeSet(p.client.Spec.Scopes...))
	return err
}

// endClient makes the writes after the calls: the token and the status.
func (f *floor) endClient(ctx context.Context, c bareClient, p pattern) error {
	if err := f.secret(ctx, p.token, f.namespace, c.object.GetName(), c.object); err != nil {
		return err
	}
	return f.patchStatus(ctx, c.object, c.status)
}

// secret creates a Secret of the same size as one of the operator, without the label for which the operator would look at it.
func (f *floor) secret(ctx context.Context, like *corev1.Secret, namespace, name string, owner client.Object) error {
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: like.Annotations, Labels: map[string]string{"floor": "true"}},
		Data:       like.Data, Type: like.Type,
	}
	if namespace == owner.GetNamespace() {
		s.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(owner, owner.GetObjectKind().GroupVersionKind())}
	}
	if err := f.b.floor.Create(ctx, s); err != nil {
		return fmt.Errorf("creating a Secret of the floor: %w", err)
	}
	return nil
}

// application does for one more application what the operator did for the pattern: 5 writes, that which makes the object included, an Event, and 9 calls,
// or 10 where the applications are listed.
func (f *floor) application(ctx context.Context, p *v1alpha1.OAuthClient, fields map[string]json.RawMessage, n int) error {
	name := fmt.Sprintf("%s-floor-%d", p.Name, n)
	o, status, err := f.asFloor(p, "OAuthClient", name)
	if err != nil {
		return err
	}
	if err := f.b.floor.Create(ctx, o); err != nil {
		return fmt.Errorf("creating an object of the floor: %w", err)
	}
	if err := f.patch(ctx, o, withFinalizer()); err != nil {
		return err
	}
	key, err := f.importApplication(ctx, o, name)
	if err != nil {
		return err
	}
	if err := f.configure(ctx, key, name, fields); err != nil {
		return fmt.Errorf("calling the tenant for the floor: %w", err)
	}
	if err := f.patchStatus(ctx, o, status); err != nil {
		return err
	}
	return f.event(ctx, o, fmt.Sprintf("application %q issues tokens", name))
}

// importApplication makes an application, fenced as the operator does it.
func (f *floor) importApplication(ctx context.Context, o client.Object, name string) (key string, err error) {
	if _, _, err := f.admin.FindApplication(ctx, name); err != nil {
		return "", fmt.Errorf("calling the tenant for the floor: %w", err)
	}
	f.imports.Lock()
	defer f.imports.Unlock()
	if now := time.Now(); now.Sub(f.listed) >= listAge {
		if _, err := f.admin.ListOAuthApplications(ctx); err != nil {
			return "", fmt.Errorf("calling the tenant for the floor: %w", err)
		}
		f.listed = now
	}
	if err := f.patchStatus(ctx, o, map[string]any{"importIntent": map[string]any{"time": metav1.Now()}}); err != nil {
		return "", err
	}
	if key, err = f.admin.ImportApplication(ctx, identity.TemplateOAuth2Server); err != nil {
		return "", fmt.Errorf("calling the tenant for the floor: %w", err)
	}
	return key, f.patchStatus(ctx, o, map[string]any{"importIntent": nil, "applicationKey": key})
}

// configure makes the calls between the import and the end.
func (f *floor) configure(ctx context.Context, key, name string, fields map[string]json.RawMessage) error {
	if _, _, err := f.admin.GetApplication(ctx, key); err != nil {
		return err
	}
	quoted, err := json.Marshal(name)
	if err != nil {
		return err
	}
	sent := map[string]json.RawMessage{"ServiceName": quoted, "Name": quoted, "OAuthProfile": fields["OAuthProfile"]}
	if err := f.admin.UpdateApplication(ctx, key, sent); err != nil {
		return err
	}
	if _, _, err := f.admin.GetApplication(ctx, key); err != nil {
		return err
	}
	if _, _, err := f.admin.FindRole(ctx, name+" clients"); err != nil {
		return err
	}
	role, err := f.admin.StoreRole(ctx, name+" clients", "Made by a bare loop.")
	if err != nil {
		return err
	}
	grants := []identity.Grant{{PrincipalID: role, PrincipalName: name + " clients", PrincipalType: identity.PrincipalRole, Rights: identity.RightView | identity.RightExecute}}
	if err := f.admin.SetGrants(ctx, key, grants); err != nil {
		return err
	}
	_, err = f.admin.Grants(ctx, key)
	return err
}
