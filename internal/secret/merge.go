package secret

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/utils/ptr"
)

// Writable says whether a layout can be written to the Secret as it was observed: not to one that is immutable, and, where a claim adds to somebody
// else's Secret, not over keys that have a value there that was not written for it.
//
// Errors: *ImmutableError, *KeysTakenError.
func (p Published) Writable(claim Claim, layout Layout) error {
	if p.object == nil {
		return nil
	}
	if ptr.Deref(p.object.Immutable, false) {
		return &ImmutableError{Secret: p.key()}
	}
	if taken := p.taken(layout); claim.merges() && len(taken) > 0 {
		return &KeysTakenError{Secret: p.key(), Keys: taken}
	}
	return nil
}

// taken returns the keys of a layout that hold what was not written for any claim of ours.
func (p Published) taken(layout Layout) []string {
	var taken []string
	for _, key := range layout {
		if len(p.object.Data[key]) > 0 && !p.Layout.has(key) {
			taken = append(taken, key)
		}
	}
	slices.Sort(taken)
	return taken
}

// merge adds the keys to a Secret that somebody else has made, by apply and nothing else: what is not applied any more is removed by
// kube-apiserver, which knows what others have written too. A key that was not ours so far must not have been written since the look.
func (p Publisher) merge(ctx context.Context, observed Published, data map[string][]byte, annotations map[string]string) (Published, error) {
	configuration := p.configuration(observed.object.UID, data, annotations)
	for key := range data {
		if !observed.Layout.has(key) {
			configuration.WithResourceVersion(observed.object.ResourceVersion)
		}
	}
	return p.apply(ctx, configuration)
}

// withdraw takes everything that merge has added out of the Secret again.
func (p Publisher) withdraw(ctx context.Context, uid types.UID) error {
	_, err := p.apply(ctx, corev1ac.Secret(p.Key.Name, p.Key.Namespace).WithUID(uid))
	return err
}
