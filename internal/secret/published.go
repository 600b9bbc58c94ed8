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
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// FieldOwner is the operator's name as a writer of fields (server-side apply).
const FieldOwner = client.FieldOwner("oauth-operator")

// Observe looks at the Secret of the given name. The cache holds labelled Secrets only, so what it does not have is looked up live:
// an apply would merge into a stranger's Secret.
//
// Errors: *NotOwnedError when the Secret is not for the claim to write, *NotFoundError when there is none and the claim adds to one that
// somebody else makes, else those of kube-apiserver.
func Observe(ctx context.Context, cached, live client.Reader, key types.NamespacedName, claim Claim) (Published, error) {
	found := &corev1.Secret{}
	err := cached.Get(ctx, key, found)
	switch {
	case apierrors.IsNotFound(err):
		return ObserveLive(ctx, live, key, claim)
	case err != nil:
		return Published{}, fmt.Errorf("reading Secret %s: %w", key, err)
	}
	return claim.look(found)
}

// ObserveLive is Observe past the cache.
func ObserveLive(ctx context.Context, live client.Reader, key types.NamespacedName, claim Claim) (Published, error) {
	found, err := find(ctx, live, key)
	switch {
	case err != nil:
		return Published{}, err
	case found == nil && claim.merges():
		return Published{}, &NotFoundError{Secret: key}
	case found == nil:
		return Published{Live: true}, nil
	}
	published, err := claim.look(found)
	published.Live = true
	return published, err
}

// Publisher writes the Secret of one ConfidentialClient.
type Publisher struct {
	// Client writes.
	Client client.Client
	// Key of the Secret.
	Key types.NamespacedName
	// Claim to the Secret.
	Claim Claim
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
	if err := observed.Writable(p.Claim, layout); err != nil {
		return Published{}, err
	}
	data, annotations := render(content, layout)
	annotations = merged(p.Dress.annotations(annotations), p.Claim.annotations())
	switch {
	case p.Claim.merges():
		return p.merge(ctx, observed, data, annotations)
	case !observed.Found():
		return p.create(ctx, data, annotations)
	case observed.drops(data, annotations), observed.object != nil && (p.Dress.sheds(observed.object) || !p.Claim.isOn(observed.object)):
		return p.replace(ctx, observed, data, annotations)
	}
	return p.apply(ctx, p.configuration(observed.UID, data, annotations))
}

// create makes the Secret; it fails with AlreadyExists when there is one.
func (p Publisher) create(ctx context.Context, data map[string][]byte, annotations map[string]string) (Published, error) {
	object := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.Key.Namespace, Name: p.Key.Name, Annotations: annotations, Labels: p.labels(),
		},
		Type: p.Dress.Type,
		Data: data,
	}
	p.Claim.put(object)
	if err := p.Client.Create(ctx, object, FieldOwner); err != nil {
		return Published{}, p.failed("creating", err)
	}
	return read(object), nil
}

// configuration returns what is to be applied to the Secret of the given UID.
func (p Publisher) configuration(uid types.UID, data map[string][]byte, annotations map[string]string) *corev1ac.SecretApplyConfiguration {
	configuration := corev1ac.Secret(p.Key.Name, p.Key.Namespace).
		WithLabels(p.labels()).
		WithAnnotations(annotations).
		WithData(data).
		WithUID(uid)
	if !p.Claim.merges() {
		configuration.WithType(p.Dress.Type)
	}
	if p.Claim.Policy == v1alpha1.CreationPolicyOwner {
		configuration.WithOwnerReferences(metav1ac.OwnerReference().
			WithAPIVersion(v1alpha1.GroupVersion.String()).WithKind(kind).
			WithName(p.Claim.Name).WithUID(p.Claim.UID).WithController(true))
	}
	return configuration
}

// apply writes over the Secret that the configuration names by its UID.
func (p Publisher) apply(ctx context.Context, configuration *corev1ac.SecretApplyConfiguration) (Published, error) {
	if err := p.Client.Apply(ctx, configuration, FieldOwner, client.ForceOwnership); err != nil {
		return Published{}, p.failed("writing", err)
	}
	object := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.Key.Namespace, Name: p.Key.Name, UID: *configuration.UID, ResourceVersion: ptr.Deref(configuration.ResourceVersion, ""),
			Labels: configuration.Labels, Annotations: configuration.Annotations,
		},
		Data: configuration.Data,
	}
	p.Claim.put(object)
	return read(object), nil
}

// labels returns all labels that the Secret is to have.
func (p Publisher) labels() map[string]string { return merged(p.Dress.Labels, p.Claim.labels()) }

var errReplaced = errors.New("it was replaced by another Secret of its name")

// failed returns what a refused write means. kube-apiserver calls a Secret invalid that has another UID now, as it does one with wrong
// content.
func (p Publisher) failed(doing string, err error) error {
	if refusal := refused(p.Key, err); refusal != nil {
		return refusal
	}
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
	return append(covered(), v1alpha1.FingerprintAnnotation, v1alpha1.DeliveryFingerprintAnnotation, v1alpha1.HandledRenewRequestAnnotation,
		v1alpha1.RolloutAnnotation, v1alpha1.PublisherAnnotation)
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
	object.Labels = merged(object.Labels, p.labels())
	p.Claim.put(object)
	return p.patch(ctx, observed, object)
}

// Withhold takes the client credentials out of a published Secret, and leaves everything else in it as it is. wanted is the layout that
// the owner asks for: it says where to look in a Secret that somebody has edited.
func (p Publisher) Withhold(ctx context.Context, observed Published, wanted Layout) (Published, error) {
	keys := observed.credentialKeys(wanted)
	if len(keys) == 0 {
		return observed, nil
	}
	content, layout := observed.Content, observed.Layout.withoutCredential()
	content.Others = maps.Clone(content.Others)
	for _, field := range observed.Layout.secretive() {
		delete(content.Others, field)
	}
	if observed.Intact && p.Claim.merges() {
		return p.Publish(ctx, observed, content, layout)
	}
	object := observed.object.DeepCopy()
	for _, key := range keys {
		delete(object.Data, key)
	}
	if observed.Intact {
		_, annotations := render(content, layout)
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
