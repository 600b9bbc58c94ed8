package secret

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// FieldOwner is the operator's name as a writer of fields (server-side apply).
const FieldOwner = client.FieldOwner("oauth-operator")

// Content is what is published for a token.
type Content struct {
	AccessToken    oauth.Secret
	TokenType      string
	Scope          string
	IssueTime      time.Time
	ExpirationTime time.Time
	// TenantExpirationTime is zero when the tenant told none.
	TenantExpirationTime time.Time
	// SpecHash of everything that the token depends on.
	SpecHash string
}

// Published is what a Secret holds of a token.
type Published struct {
	// UID of the Secret; empty when there is none.
	UID types.UID
	// Intact says that the Secret holds what was published, with all its times.
	Intact bool
	// Labelled says that it carries the labels by which it is watched.
	Labelled bool
	// Content that was published; only meaningful when Intact.
	Content Content
}

// Found says that there is a Secret of ours.
func (p Published) Found() bool { return p.UID != "" }

// keys that are published by default.
var keys = []string{v1alpha1.AccessTokenKey, v1alpha1.TokenTypeKey, v1alpha1.ExpiresAtKey, v1alpha1.ScopeKey}

// Observe looks at the Secret of the given name. The cache holds labelled Secrets only, so what it does not have is looked up live:
// an apply would merge into a stranger's Secret.
//
// Errors: *NotOwnedError when the Secret's controller is not the owner of the given UID, else those of kube-apiserver.
func Observe(ctx context.Context, cached, live client.Reader, key types.NamespacedName, owner types.UID) (Published, error) {
	found := &corev1.Secret{}
	err := cached.Get(ctx, key, found)
	if apierrors.IsNotFound(err) {
		err = live.Get(ctx, key, found)
	}
	if apierrors.IsNotFound(err) {
		return Published{}, nil
	}
	if err != nil {
		return Published{}, fmt.Errorf("reading Secret %s: %w", key, err)
	}
	controller := metav1.GetControllerOf(found)
	if controller == nil {
		return Published{}, &NotOwnedError{Secret: key}
	}
	if controller.UID != owner {
		return Published{}, &NotOwnedError{Secret: key, Controller: controller.Kind + " " + controller.Name}
	}
	return read(found), nil
}

func read(s *corev1.Secret) Published {
	p := Published{
		UID:      s.UID,
		Labelled: s.Labels[v1alpha1.WatchLabel] == "true" && s.Labels[v1alpha1.ManagedByLabel] == v1alpha1.ManagedByValue,
	}
	ours := make(map[string][]byte, len(keys))
	for _, key := range keys {
		if value, present := s.Data[key]; present {
			ours[key] = value
		}
	}
	issue, okIssue := parseTime(s.Annotations[v1alpha1.IssueTimeAnnotation])
	expiration, okExpiration := parseTime(s.Annotations[v1alpha1.ExpirationTimeAnnotation])
	tenantExpiration, _ := parseTime(s.Annotations[v1alpha1.TenantExpirationTimeAnnotation])
	p.Intact = okIssue && okExpiration && len(ours[v1alpha1.AccessTokenKey]) > 0 &&
		s.Annotations[v1alpha1.FingerprintAnnotation] == fingerprint(ours, s.Annotations)
	p.Content = Content{
		AccessToken:          oauth.NewSecret(string(s.Data[v1alpha1.AccessTokenKey])),
		TokenType:            string(s.Data[v1alpha1.TokenTypeKey]),
		Scope:                string(s.Data[v1alpha1.ScopeKey]),
		IssueTime:            issue,
		ExpirationTime:       expiration,
		TenantExpirationTime: tenantExpiration,
		SpecHash:             s.Annotations[v1alpha1.TokenSpecHashAnnotation],
	}
	return p
}

// Publish writes the token and all that is known of it in one write, over the Secret that was observed: uid is its UID, and empty only
// when there was none. It returns the UID of the Secret as it is then. When another Secret has taken its place meanwhile, kube-apiserver refuses the write with Conflict or
// AlreadyExists, and nothing has changed.
//
// A Secret that is there is written by server-side apply, so that keys, labels and annotations of other writers stay. One that is not
// there is created: an apply would merge into a stranger's Secret that was made since.
func Publish(ctx context.Context, c client.Client, key types.NamespacedName, uid types.UID, owner *v1alpha1.ConfidentialClient, content Content) (types.UID, error) {
	data, annotations := render(content)
	if uid == "" {
		return create(ctx, c, key, owner, data, annotations)
	}
	apply := corev1ac.Secret(key.Name, key.Namespace).
		WithType(corev1.SecretTypeOpaque).
		WithLabels(map[string]string{v1alpha1.WatchLabel: "true", v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue}).
		WithAnnotations(annotations).
		WithOwnerReferences(metav1ac.OwnerReference().
			WithAPIVersion(v1alpha1.GroupVersion.String()).WithKind("ConfidentialClient").
			WithName(owner.Name).WithUID(owner.UID).WithController(true).WithBlockOwnerDeletion(true)).
		WithData(data).
		WithUID(uid)
	err := c.Apply(ctx, apply, FieldOwner, client.ForceOwnership)
	if apierrors.IsInvalid(err) {
		// That is how kube-apiserver says that the Secret has another UID now.
		err = apierrors.NewConflict(corev1.Resource("secrets"), key.Name, errReplaced)
	}
	if err != nil {
		return "", fmt.Errorf("writing Secret %s: %w", key, err)
	}
	return uid, nil
}

var errReplaced = errors.New("it was replaced by another Secret of its name")

// create makes the Secret; it fails with AlreadyExists when there is one.
func create(ctx context.Context, c client.Client, key types.NamespacedName, owner *v1alpha1.ConfidentialClient, data map[string][]byte, annotations map[string]string) (types.UID, error) {
	object := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: key.Namespace, Name: key.Name, Annotations: annotations,
			Labels:          map[string]string{v1alpha1.WatchLabel: "true", v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, v1alpha1.GroupVersion.WithKind("ConfidentialClient"))},
		},
		Type: corev1.SecretTypeOpaque,
		Data: data,
	}
	if err := c.Create(ctx, object, FieldOwner); err != nil {
		return "", fmt.Errorf("creating Secret %s: %w", key, err)
	}
	return object.UID, nil
}

func render(content Content) (data map[string][]byte, annotations map[string]string) {
	data = map[string][]byte{
		v1alpha1.AccessTokenKey: []byte(content.AccessToken.Reveal()),
		v1alpha1.TokenTypeKey:   []byte(content.TokenType),
		v1alpha1.ExpiresAtKey:   []byte(formatTime(content.ExpirationTime)),
		v1alpha1.ScopeKey:       []byte(content.Scope),
	}
	annotations = map[string]string{
		v1alpha1.IssueTimeAnnotation:      formatTime(content.IssueTime),
		v1alpha1.ExpirationTimeAnnotation: formatTime(content.ExpirationTime),
		v1alpha1.TokenSpecHashAnnotation:  content.SpecHash,
	}
	if !content.TenantExpirationTime.IsZero() {
		annotations[v1alpha1.TenantExpirationTimeAnnotation] = formatTime(content.TenantExpirationTime)
	}
	annotations[v1alpha1.FingerprintAnnotation] = fingerprint(data, annotations)
	return data, annotations
}

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

// Prune deletes a Secret in which a token was published, if its controller is the owner of the given UID; there may be none.
//
// Errors: *NotOwnedError when it is somebody else's, else those of kube-apiserver.
func Prune(ctx context.Context, c client.Client, live client.Reader, key types.NamespacedName, owner types.UID) error {
	published, err := Observe(ctx, live, live, key, owner)
	if err != nil || !published.Found() {
		return err
	}
	object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	if err := client.IgnoreNotFound(c.Delete(ctx, object, client.Preconditions{UID: &published.UID})); err != nil {
		return fmt.Errorf("deleting Secret %s: %w", key, err)
	}
	return nil
}
