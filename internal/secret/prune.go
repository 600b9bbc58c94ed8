package secret

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// Prune ends a claim to a Secret in which a token was published; there may be none. Owner: the Secret is deleted. Merge: what was added is
// taken out. Orphan: it stays, and no owner takes it along.
//
// Errors: *NotOwnedError when it is somebody else's, else those of kube-apiserver.
func Prune(ctx context.Context, c client.Client, live client.Reader, key types.NamespacedName, claim Claim) error {
	published, err := Observe(ctx, live, live, key, claim)
	if _, gone := errors.AsType[*NotFoundError](err); gone {
		return nil
	}
	if err != nil || !published.Found() {
		return err
	}
	publisher := Publisher{Client: c, Key: key, Claim: claim}
	switch claim.Policy {
	case v1alpha1.CreationPolicyMerge:
		return publisher.withdraw(ctx, published.UID)
	case v1alpha1.CreationPolicyOrphan:
		return publisher.release(ctx, published)
	case v1alpha1.CreationPolicyOwner:
	}
	return remove(ctx, c, key, client.Preconditions{UID: &published.UID})
}

// release makes sure that no owner reference of ours takes the Secret along.
func (p Publisher) release(ctx context.Context, published Published) error {
	if p.Claim.isOn(published.object) {
		return nil
	}
	object := published.object.DeepCopy()
	p.Claim.put(object)
	_, err := p.patch(ctx, published, object)
	return err
}
