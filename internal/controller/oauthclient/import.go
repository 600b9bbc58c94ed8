package oauthclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/identity"
)

const (
	// maxLeftovers bounds status.leftovers.
	maxLeftovers = 20
	// importGrace is for how long an import whose end nobody has seen may be under way. A call is given up after 10 seconds, and the next leader
	// begins 5 seconds after the last one has stopped; but the tenant may take its time.
	importGrace = 30 * time.Second
	// othersGrace is for how long the import of another OAuthClient may be under way in another process, or its outcome not be stored yet: as long as a
	// pass may last, and as long again for clocks that differ.
	othersGrace = 2 * time.Minute
)

// underWayError says that an import was sent a moment ago, and that nobody has seen what it has made, nor that it has ended.
type underWayError struct{}

// Error says what is waited for.
func (underWayError) Error() string {
	return "an import was cut off a moment ago, and may still be under way on the tenant"
}

// FailureClass returns Transient.
func (underWayError) FailureClass() failure.Class { return failure.Transient }

// importApplication makes the application. The import is neither idempotent nor can it be marked, so the row keys of the unconfigured
// applications that exist before it are stored first, and its own right after. A pass that was cut off in between finds its
// application again as the only new one, and takes it only if it was made by our own admin user.
//
// Imports on one tenant run one after the other in this process, and a pass that recovers one takes nothing that could be another process's: otherwise
// two of them could not tell their applications apart.
func (p *pass) importApplication(ctx context.Context) error {
	unlock, err := p.session.Serialize(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	unconfigured, err := p.unconfiguredBefore(ctx)
	if err != nil {
		return err
	}
	p.reviewLeftovers(unconfigured)
	if p.obj.Status.ImportIntent != nil {
		recovered, err := p.recover(ctx, unconfigured)
		if err != nil {
			return err
		}
		if recovered != "" {
			return p.storeKey(ctx, recovered, v1alpha1.ApplicationCreated)
		}
	}
	p.obj.Status.ApplicationKey, p.obj.Status.ApplicationOrigin = "", "" // one that was observed has gone
	p.obj.Status.ClaimsScriptApplied = p.desired.ClaimsScript != ""
	p.obj.Status.ImportIntent = &v1alpha1.ImportIntent{KnownKeys: unconfigured, Time: metav1.NewTime(p.Clock.Now())}
	if err := p.checkpoint(ctx); err != nil {
		return err
	}
	key, err := p.session.Admin().ImportApplication(ctx, p.desired.Template())
	if err != nil {
		p.Surveys.forget()
		p.obj.Status.ImportIntent.Ended = !abandoned(err)
		return err
	}
	if err := p.storeKey(ctx, key, v1alpha1.ApplicationCreated); err != nil {
		p.Surveys.forget()
		return err
	}
	return nil
}

// unconfiguredBefore lists the row keys of the applications that an import cannot have made, as they were a moment ago. Whoever finds an intent, or
// leftovers, has to know what is there now.
func (p *pass) unconfiguredBefore(ctx context.Context) ([]string, error) {
	if p.obj.Status.ImportIntent != nil || len(p.obj.Status.Leftovers) > 0 {
		return p.unconfigured(ctx)
	}
	if known, found := p.Surveys.get(p.surveyed()); found {
		return p.keysOf(known), nil
	}
	begun := p.Clock.Now()
	unnamed, err := p.unnamed(ctx)
	if err != nil {
		return nil, err
	}
	p.Surveys.put(p.surveyed(), unnamed, begun)
	return p.keysOf(unnamed), nil
}

// unconfigured lists the row keys of the applications of our template that have no application ID.
func (p *pass) unconfigured(ctx context.Context) ([]string, error) {
	unnamed, err := p.unnamed(ctx)
	return p.keysOf(unnamed), err
}

// unnamed lists the applications that have no application ID.
func (p *pass) unnamed(ctx context.Context) ([]identity.ApplicationSummary, error) {
	all, err := p.session.Admin().ListOAuthApplications(ctx)
	return slices.DeleteFunc(all, func(a identity.ApplicationSummary) bool { return a.ServiceName != "" }), err
}

// keysOf returns the row keys of those applications that are of our template, sorted.
func (p *pass) keysOf(applications []identity.ApplicationSummary) []string {
	var keys []string
	for _, a := range applications {
		if strings.EqualFold(a.TemplateName, p.desired.Template()) {
			keys = append(keys, a.Key)
		}
	}
	slices.Sort(keys)
	return keys
}

// recover returns the row key of the application that an interrupted import of ours made, or "" when there is none that can be
// proved to be ours. What cannot be proved is left alone and named in the status. While the import, or that of another OAuthClient, may still be under
// way, it is an error that none can be.
func (p *pass) recover(ctx context.Context, unconfigured []string) (string, error) {
	stored, err := p.liveOAuthClients(ctx)
	if err != nil {
		return "", err
	}
	candidates := p.candidates(unconfigured, stored)
	if slices.ContainsFunc(candidates, func(key string) bool { return p.mayBeOfAnother(key, stored) }) {
		return "", underWayError{}
	}
	if len(candidates) == 1 {
		ours, err := p.madeByUs(ctx, candidates[0])
		if err != nil {
			return "", err
		}
		if ours {
			return candidates[0], nil
		}
	}
	// What is there may be somebody else's, and ours come still.
	if err := underWay(p.obj.Status.ImportIntent, p.Clock.Now()); err != nil {
		return "", err
	}
	for _, key := range candidates {
		if !slices.Contains(p.obj.Status.Leftovers, key) && len(p.obj.Status.Leftovers) < maxLeftovers {
			p.obj.Status.Leftovers = append(p.obj.Status.Leftovers, key)
		}
	}
	return "", nil
}

// underWay returns an error while the import of an intent may still be under way.
func underWay(intent *v1alpha1.ImportIntent, now time.Time) error {
	age := now.Sub(intent.Time.Time)
	if intent.Ended || age < 0 || age >= importGrace { // a clock that was set back stops nothing
		return nil
	}
	return underWayError{}
}

// abandoned says whether a call has failed because nobody waited for its end any longer: the tenant may be at it still.
func abandoned(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || ok && timeout.Timeout()
}

// liveOAuthClients lists all OAuthClients, live: what was stored a moment ago counts.
func (p *pass) liveOAuthClients(ctx context.Context) ([]v1alpha1.OAuthClient, error) {
	var stored []v1alpha1.OAuthClient
	for _, namespace := range p.Resolver.Watched.Each() {
		all := &v1alpha1.OAuthClientList{}
		if err := p.Live.List(ctx, all, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("listing OAuthClients: %w", err)
		}
		stored = append(stored, all.Items...)
	}
	return stored, nil
}

// candidates are the unconfigured applications that were not there before the import, and that no OAuthClient has stored as its own.
func (p *pass) candidates(unconfigured []string, stored []v1alpha1.OAuthClient) []string {
	taken := slices.Clone(p.obj.Status.ImportIntent.KnownKeys)
	for i := range stored {
		taken = append(taken, stored[i].Status.ApplicationKey)
	}
	return slices.DeleteFunc(slices.Clone(unconfigured), func(key string) bool { return slices.Contains(taken, key) })
}

// mayBeOfAnother says whether an application, which was there when the OAuthClients were listed, can stem from the import of another one that the operator
// of another shard is at: it stores the row key in a moment. What that one had seen before its import does not stem from it.
func (p *pass) mayBeOfAnother(key string, stored []v1alpha1.OAuthClient) bool {
	return slices.ContainsFunc(stored, func(o v1alpha1.OAuthClient) bool {
		intent := o.Status.ImportIntent
		return o.UID != p.obj.UID && intent != nil && !intent.Ended &&
			p.Clock.Since(intent.Time.Time).Abs() < othersGrace && !slices.Contains(intent.KnownKeys, key)
	})
}

// madeByUs says whether the application's own owner is our admin user. Owners by inheritance prove nothing: every administrator is one.
func (p *pass) madeByUs(ctx context.Context, key string) (bool, error) {
	self, err := p.session.Admin().WhoAmI(ctx)
	if err != nil {
		return false, err
	}
	grants, err := p.session.Admin().Grants(ctx, key)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(grants, func(g identity.Grant) bool {
		return !g.Inherited && strings.EqualFold(g.PrincipalID, self.ID) && g.Rights.Contains(identity.RightGrant)
	}), nil
}

// recheckLeftovers looks at the leftovers again while there are any, at the price of one call.
func (p *pass) recheckLeftovers(ctx context.Context) error {
	if len(p.obj.Status.Leftovers) == 0 {
		return nil
	}
	unconfigured, err := p.unconfigured(ctx)
	if err != nil {
		return err
	}
	p.reviewLeftovers(unconfigured)
	return nil
}

// reviewLeftovers drops the leftovers that are settled: somebody has deleted them on the tenant, or made applications of them.
func (p *pass) reviewLeftovers(unconfigured []string) {
	p.obj.Status.Leftovers = slices.DeleteFunc(p.obj.Status.Leftovers, func(key string) bool { return !slices.Contains(unconfigured, key) })
}

// tellLeftovers names the leftovers of an object that goes: its status, which has named them so far, goes with it.
func (p *pass) tellLeftovers() {
	if len(p.obj.Status.Leftovers) == 0 {
		return
	}
	p.Recorder.Eventf(p.obj, nil, corev1.EventTypeWarning, v1alpha1.ReasonUnprovenImport, "DeletedApplication",
		"an import was cut off, and the tenant has unconfigured applications that may stem from it; look at them there, and delete those that nobody uses: %s",
		strings.Join(p.obj.Status.Leftovers, ", "))
}
