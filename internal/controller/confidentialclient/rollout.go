package confidentialclient

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// restartInterval is how often a restart is tried that kube-apiserver does not let happen.
const restartInterval = time.Minute

// rollout is what became of one restart of all targets.
type rollout struct {
	// missing are targets that do not exist. Whoever makes them later starts them with the Secret as it is.
	missing []string
	// failed says that some target could not be restarted, and why.
	failed error
}

// rolloutHash identifies the change for which workloads are to be restarted, once content is published. It goes on from the one before, so
// that two changes in one second are two; it is stored in the same write as the change, and so needs not be made twice. The client secret is
// no part of it: readers of pod templates must not learn a hash of what may be guessed.
func (p *pass) rolloutHash(content secret.Content) string {
	before := p.published.Content
	switch {
	case p.obj.Spec.Rollout == nil:
		return ""
	case p.obj.Status.SecretName == "" || !p.triggered(content):
		return before.Rollout
	}
	token := content.AccessToken
	if p.minted != nil {
		token = p.minted.AccessToken
	}
	return digest(struct {
		UID                 types.UID
		Before, Token, Time string
	}{p.obj.UID, before.Rollout, token.Fingerprint(), p.Clock.Now().String()})
}

// triggered says whether content differs from what is published in something that workloads are to be restarted for. A Secret that was deleted or
// edited is published anew with another token.
func (p *pass) triggered(content secret.Content) bool {
	return slices.ContainsFunc(p.obj.Spec.Rollout.Triggers, func(trigger v1alpha1.RolloutTrigger) bool {
		switch trigger {
		case v1alpha1.RolloutTokenRefreshed:
			return p.layout.HoldsToken() && !content.AccessToken.Equal(p.published.Content.AccessToken)
		case v1alpha1.RolloutCredentialRotated:
			return p.published.CredentialDiffers(p.others)
		}
		return false
	})
}

// rollOut restarts the workloads that the spec names for the last change of the Secret, if that was not done. A token never waits for it. A pass
// that is cut off makes the same patch again, which changes nothing.
func (p *pass) rollOut(ctx context.Context) {
	if p.obj.Spec.Rollout == nil || p.suspended() || !p.obj.DeletionTimestamp.IsZero() || !p.restartPending() {
		return
	}
	if p.minted == nil {
		// The cache may still have the Secret as it was before the change that was rolled out last.
		published, err := secret.ObserveLive(ctx, p.Live, p.secretKey(), p.claim)
		if err == nil {
			err = report.Fresh(ctx, p.Live, p.obj)
		}
		if err != nil {
			p.rollout = &rollout{failed: err}
			return
		}
		if p.published = published; !p.restartPending() {
			return
		}
	}
	p.rollout = &rollout{}
	for _, target := range p.obj.Spec.Rollout.Targets {
		switch err := p.restart(ctx, target); {
		case apierrors.IsNotFound(err):
			p.rollout.missing = append(p.rollout.missing, string(target.Kind)+" "+target.Name)
		case err != nil:
			p.rollout.failed = fmt.Errorf("restarting %s %s: %w", target.Kind, target.Name, err)
		}
	}
	if p.rollout.failed == nil {
		p.obj.Status.RolledOutHash = p.published.Content.Rollout
		log.FromContext(ctx).Info("Restarted workloads", "targets", len(p.obj.Spec.Rollout.Targets)-len(p.rollout.missing))
	}
}

// restartPending says whether the last change that workloads are to be restarted for was not rolled out.
func (p *pass) restartPending() bool {
	hash := p.published.Content.Rollout
	return hash != "" && hash != p.obj.Status.RolledOutHash
}

// restart changes the pod template of a workload. It sends the one annotation and reads nothing, so that it needs no right but to patch.
func (p *pass) restart(ctx context.Context, target v1alpha1.RolloutTarget) error {
	annotations := map[string]string{v1alpha1.RestartedForAnnotation: p.published.Content.Rollout}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{"metadata": map[string]any{"annotations": annotations}}}})
	if err != nil {
		return fmt.Errorf("encoding patch: %w", err)
	}
	workload := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: p.obj.Namespace, Name: target.Name}}
	workload.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind(string(target.Kind)))
	return p.Client.Patch(ctx, workload, client.RawPatch(types.MergePatchType, patch), secret.FieldOwner)
}

// restartDue returns when a restart is tried again that could not be made; zero for none.
func (p *pass) restartDue(now time.Time) time.Time {
	if p.rollout == nil || p.rollout.failed == nil {
		return time.Time{}
	}
	return now.Add(restartInterval)
}

func (p *pass) describeRollout(c report.Conditions) {
	switch {
	case p.obj.Spec.Rollout == nil:
		c.Remove(v1alpha1.ConditionRolledOut)
	case p.rollout == nil:
	case p.rollout.failed != nil:
		c.False(v1alpha1.ConditionRolledOut, v1alpha1.ReasonRolloutFailed, p.rollout.failed.Error())
	case len(p.rollout.missing) > 0:
		c.False(v1alpha1.ConditionRolledOut, v1alpha1.ReasonTargetNotFound, p.rollout.lacks())
	default:
		c.True(v1alpha1.ConditionRolledOut, v1alpha1.ReasonRolledOut, "the workloads of spec.rollout were restarted for the last change of the Secret")
	}
}

func (r *rollout) lacks() string {
	return fmt.Sprintf("there is no %s to restart; correct spec.rollout.targets", strings.Join(r.missing, ", "))
}

// tellRollout emits an event when a workload is missing.
func (p *pass) tellRollout() {
	if p.rollout != nil && len(p.rollout.missing) > 0 {
		p.Recorder.Eventf(p.obj, nil, corev1.EventTypeWarning, v1alpha1.ReasonTargetNotFound, "RolledOut", "%s", p.rollout.lacks())
	}
}
