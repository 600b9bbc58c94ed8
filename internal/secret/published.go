package secret

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// FieldOwner is the operator's name as a writer of fields (server-side apply).
const FieldOwner = client.FieldOwner("oauth-operator")

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

// Publisher writes the Secret of one ConfidentialClient.
type Publisher struct {
	// Client writes.
	Client client.Client
	// Key of the Secret.
	Key types.NamespacedName
	// Owner of the Secret.
	Owner *v1alpha1.ConfidentialClient
	// Dress of the Secret.
	Dress Dress
}

// Publish writes content and all that is known of it in one write, over the Secret that was observed, and returns the Secret as it is
// then. When another Secret has taken its place meanwhile, kube-apiserver refuses the write with Conflict or AlreadyExists, and nothing
// has changed.
//
// A Secret that is there is written by server-side apply, so that keys, labels and annotations of other writers stay. One that is not
// there is created: an apply would merge into a stranger's Secret that was made since. Keys that we wrote and that are wanted no longer
// are removed by name: an apply alone would leave those that the create made.
func (p Publisher) Publish(ctx context.Context, observed Published, content Content, layout Layout) (Published, error) {
	data, annotations := render(content, layout)
	annotations = p.Dress.annotations(annotations)
	switch {
	case !observed.Found():
		return p.create(ctx, data, annotations)
	case observed.drops(data, annotations), observed.object != nil && p.Dress.sheds(observed.object):
		return p.replace(ctx, observed, data, annotations)
	}
	return p.apply(ctx, observed.UID, data, annotations)
}

// create makes the Secret; it fails with AlreadyExists when there is one.
func (p Publisher) create(ctx context.Context, data map[string][]byte, annotations map[string]string) (Published, error) {
	object := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.Key.Namespace, Name: p.Key.Name, Annotations: annotations, Labels: p.Dress.labels(),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(p.Owner, v1alpha1.GroupVersion.WithKind("ConfidentialClient"))},
		},
		Type: p.Dress.Type,
		Data: data,
	}
	if err := p.Client.Create(ctx, object, FieldOwner); err != nil {
		return Published{}, p.failed("creating", err)
	}
	return read(object), nil
}

// apply writes over the Secret of the given UID.
func (p Publisher) apply(ctx context.Context, uid types.UID, data map[string][]byte, annotations map[string]string) (Published, error) {
	apply := corev1ac.Secret(p.Key.Name, p.Key.Namespace).
		WithType(p.Dress.Type).
		WithLabels(p.Dress.labels()).
		WithAnnotations(annotations).
		WithOwnerReferences(metav1ac.OwnerReference().
			WithAPIVersion(v1alpha1.GroupVersion.String()).WithKind("ConfidentialClient").
			WithName(p.Owner.Name).WithUID(p.Owner.UID).WithController(true).WithBlockOwnerDeletion(true)).
		WithData(data).
		WithUID(uid)
	if err := p.Client.Apply(ctx, apply, FieldOwner, client.ForceOwnership); err != nil {
		return Published{}, p.failed("writing", err)
	}
	return read(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Key.Namespace, Name: p.Key.Name, UID: uid, Labels: p.Dress.labels(), Annotations: annotations}, Data: data,
	}), nil
}

var errReplaced = errors.New("it was replaced by another Secret of its name")

// failed returns what a refused write means. kube-apiserver calls a Secret invalid that has another UID now, as it does one with wrong
// content.
func (p Publisher) failed(doing string, err error) error {
	var status apierrors.APIStatus
	if apierrors.IsInvalid(err) && errors.As(err, &status) {
		invalid := &InvalidError{Secret: p.Key}
		if details := status.Status().Details; details != nil {
			for _, cause := range details.Causes {
				invalid.Fields = append(invalid.Fields, cause.Field)
			}
		}
		if !slices.Contains(invalid.Fields, "metadata.uid") {
			return invalid
		}
		err = apierrors.NewConflict(corev1.Resource("secrets"), p.Key.Name, errReplaced)
	}
	return fmt.Errorf("%s Secret %s: %w", doing, p.Key, err)
}

// ours are the annotations that the operator writes.
func ours() []string {
	return append([]string{v1alpha1.FingerprintAnnotation, v1alpha1.DeliveryFingerprintAnnotation, v1alpha1.HandledRenewRequestAnnotation, v1alpha1.RolloutAnnotation}, covered()...)
}

// drops says whether something of ours is in the Secret that is not in what is to be written. A layout that somebody has edited is not
// believed: the keys in it could be theirs.
func (p Published) drops(data map[string][]byte, annotations map[string]string) bool {
	if p.object == nil {
		return false
	}
	for _, name := range ours() {
		_, is := p.object.Annotations[name]
		if _, stays := annotations[name]; is && !stays {
			return true
		}
	}
	if !p.Intact {
		return false
	}
	for _, key := range p.Layout {
		_, is := p.object.Data[key]
		if _, stays := data[key]; is && !stays {
			return true
		}
	}
	return false
}

// replace writes over the Secret as it was observed, and takes out what is ours and no longer wanted. What others wrote stays.
func (p Publisher) replace(ctx context.Context, observed Published, data map[string][]byte, annotations map[string]string) (Published, error) {
	object := observed.object.DeepCopy()
	if observed.Intact {
		maps.DeleteFunc(object.Data, func(key string, _ []byte) bool { return observed.Layout.has(key) })
	}
	for _, name := range ours() {
		delete(object.Annotations, name)
	}
	undress(object)
	object.Data = merged(object.Data, data)
	object.Annotations = merged(object.Annotations, annotations)
	object.Labels = merged(object.Labels, p.Dress.labels())
	return p.patch(ctx, observed, object)
}

// Withhold takes the client credentials out of a published Secret, and leaves everything else in it as it is. wanted is the layout that
// the owner asks for: it says where to look in a Secret that somebody has edited.
func (p Publisher) Withhold(ctx context.Context, observed Published, wanted Layout) (Published, error) {
	keys := observed.credentialKeys(wanted)
	if len(keys) == 0 {
		return observed, nil
	}
	object := observed.object.DeepCopy()
	for _, key := range keys {
		delete(object.Data, key)
	}
	if observed.Intact {
		content := observed.Content
		content.Others = maps.Clone(content.Others)
		for _, field := range observed.Layout.secretive() {
			delete(content.Others, field)
		}
		_, annotations := render(content, observed.Layout.withoutCredential())
		delete(object.Annotations, v1alpha1.DeliveryFingerprintAnnotation)
		object.Annotations = merged(object.Annotations, annotations)
	}
	return p.patch(ctx, observed, object)
}

// patch writes the difference between the Secret as it was observed and object, if nobody has written it meanwhile.
func (p Publisher) patch(ctx context.Context, observed Published, object *corev1.Secret) (Published, error) {
	patch := client.MergeFromWithOptions(observed.object, client.MergeFromWithOptimisticLock{})
	if err := p.Client.Patch(ctx, object, patch, FieldOwner); err != nil {
		if apierrors.IsNotFound(err) {
			err = apierrors.NewConflict(corev1.Resource("secrets"), p.Key.Name, errReplaced)
		}
		return Published{}, p.failed("writing", err)
	}
	return read(object), nil
}

// merged returns a map with the entries of both; those of over win.
func merged[V any](base, over map[string]V) map[string]V {
	out := make(map[string]V, len(base)+len(over))
	maps.Copy(out, base)
	maps.Copy(out, over)
	return out
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
