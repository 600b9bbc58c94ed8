package confidentialclient_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/connection"
	"github.com/oauth-operator/oauth-operator/internal/controller/confidentialclient"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/schedule"
	"github.com/oauth-operator/oauth-operator/internal/secret"
	"github.com/oauth-operator/oauth-operator/internal/tenancy"
	"github.com/oauth-operator/oauth-operator/internal/tenant"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// mortal is a stepper whose passes are made by processes that the test can end at any effect.
type mortal struct {
	*stepper
	tape *environment.Tape
	live client.Client
}

func newMortal(t *testing.T) *mortal {
	t.Helper()
	tape := &environment.Tape{}
	s := newStepperOn(t, emulator.Options{Logger: slog.New(tape)}, 5*time.Hour, func(_ *environment.World, tenant *v1alpha1.IdentityTenant, _ *v1alpha1.ConfidentialClient) {
		tenant.Spec.Access.AllowClientSecretDelivery = true
	})
	m := &mortal{stepper: s, tape: tape, live: s.Indexed(tape.Wrap)}
	m.clear()
	return m
}

// in returns the world for a subtest.
func (m *mortal) in(t *testing.T) *mortal {
	t.Helper()
	copied, s := *m, *m.stepper
	s.World, s.t = m.In(t), t
	copied.stepper = &s
	return &copied
}

// process starts a new process, without any memory, and lets it work until the client is as it should be, or the process has been ended. It
// loses the answer to the effect of the given number; killed says that it dies of that.
func (m *mortal) process(loseAt int, killed bool) (effects []string) {
	m.t.Helper()
	start := m.clock.Now()
	vault := secret.Vault{Client: m.live, Live: m.live, Namespace: m.Namespace("operator")}
	connector := connection.Connector{Vault: vault, Pool: tenant.NewPool(m.clock, nil), Live: m.live}
	defer connector.Forget(environment.Key(m.IdentityTenant()))
	r := &confidentialclient.Reconciler{
		Client: m.live, Live: m.live, Clock: m.clock, Connector: connector, Resolver: tenancy.Resolver{Reader: m.live}, Vault: vault,
		Recorder: events.NewFakeRecorder(1000), Retries: schedule.NewRetries(), Contests: schedule.NewContests(), Countdowns: schedule.NewCountdowns(func() time.Duration { return m.clock.Since(start) }),
	}
	p := environment.Process{Reconciler: r, Object: m.consumer, Settled: m.settled, Clock: m.clock, Longest: time.Minute}
	return m.tape.Run(m.World, p, loseAt, killed)
}

// find reads the client, and says whether it is there.
func (m *mortal) find() bool {
	m.t.Helper()
	err := m.Client.Get(m.t.Context(), environment.Key(m.consumer), m.consumer)
	if err != nil && !apierrors.IsNotFound(err) {
		m.t.Fatal(err)
	}
	return err == nil
}

// settled says whether the client is gone, or Ready with its present spec and its present request.
func (m *mortal) settled() bool {
	if !m.find() {
		return true
	}
	status := m.consumer.Status
	overlaps := slices.ContainsFunc(status.Identities, func(i v1alpha1.IdentityStatus) bool {
		return i.State == v1alpha1.IdentityStateRetiring && i.ReplacedTime != nil && m.clock.Since(i.ReplacedTime.Time) >= time.Hour
	})
	return m.consumer.DeletionTimestamp.IsZero() && status.ObservedGeneration == m.consumer.Generation && !overlaps &&
		meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReady) && !meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionDegraded) &&
		status.LastHandledRotateRequest == m.consumer.Annotations[v1alpha1.RotateRequestAnnotation]
}

// chapter is a part of a client's life in which the operator can be cut off.
type chapter struct {
	rotation v1alpha1.CredentialRotation
	// before is what happens before it, undisturbed; nil for nothing.
	before func(m *mortal)
	// begin lets it begin.
	begin func(m *mortal)
	// meanwhile is what happens until the operator works again; nil for nothing.
	meanwhile func(m *mortal)
	// interrupts says that a credential that is published is refused by its nature from the new password until the end.
	interrupts bool
	// effects of it, undisturbed; nil where they are told elsewhere.
	effects []string
}

func chapters() map[string]chapter {
	one := func(m *mortal) { m.ask("one") }
	overlapping := func(m *mortal) {
		m.ask("before")
		m.process(0, false)
	}
	remove := func(m *mortal) { m.Delete(m.consumer) }
	return map[string]chapter{
		"a rotation in place": {begin: one, interrupts: true, effects: []string{
			"UserMgmt/GetUserAttributes", "PATCH secrets/credential-UID", "UserMgmt/ResetUserPassword", "OAuth2/Token/orders",
			"PATCH secrets/credential-UID", "PATCH secrets/billing", "PATCH billing/status",
		}},
		"a rotation in turns": {rotation: inTurns(), begin: one, effects: []string{
			"PATCH secrets/credential-UID", "Redrock/query", "CDirectoryService/CreateUser", "SaasManage/AddUsersAndGroupsToRole", "PATCH billing/status",
			"OAuth2/Token/orders", "PATCH secrets/credential-UID", "PATCH secrets/billing", "PATCH billing/status",
		}},
		"the end of an overlap": {rotation: inTurns(), before: overlapping, begin: func(m *mortal) { m.clock.Step(time.Hour) }},
		"the first's second turn": {rotation: inTurns(), before: func(m *mortal) {
			overlapping(m)
			m.clock.Step(time.Hour)
			m.process(0, false)
		}, begin: one},
		"a deletion within the overlap":            {rotation: inTurns(), before: overlapping, begin: remove},
		"a deletion while the password is changed": {begin: one, meanwhile: remove, interrupts: true},
		"a deletion while a turn begins":           {rotation: inTurns(), begin: one, meanwhile: remove},
		"another strategy while a turn begins": {rotation: inTurns(), begin: one, meanwhile: func(m *mortal) {
			m.Update(m.consumer, func() { m.consumer.Spec.Credential = nil })
		}},
	}
}

// TestAnOperatorThatIsCutOffAfterAnyEffectOfARotationLosesNothing goes through every chapter without a disturbance first. Then it goes through it
// once for each call to the tenant and each write to kube-apiserver of that: the effect happens, its answer is lost, and either the
// operator works on or another one takes its place. All must end alike, and whoever reads the Secret in between must get what the tenant accepts.
func TestAnOperatorThatIsCutOffAfterAnyEffectOfARotationLosesNothing(t *testing.T) {
	for name, c := range chapters() {
		t.Run(name, func(t *testing.T) {
			m := newMortal(t)
			effects, want := m.undisturbed(c)
			names := named(effects)
			// A new process logs in, and knows no keys to verify a token with: that is no effect of a rotation.
			rotation := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "OAuth2/Token/operator-admin" || name == "OAuth2/Keys" })
			if diff := cmp.Diff(c.effects, rotation); c.effects != nil && diff != "" {
				t.Errorf("effects (-want +got):\n%s", diff)
			}
			for at, effect := range names {
				for how, killed := range map[string]bool{"killed": true, "answer lost": false} {
					if c.meanwhile != nil && !killed {
						continue // it would go on at once
					}
					t.Run(fmt.Sprintf("%s after %d, %s", how, at+1, effect), func(t *testing.T) { m.in(t).cutOff(c, at+1, killed, want) })
				}
			}
		})
	}
}

// named returns effects without what differs from one life to another.
func named(effects []string) []string {
	uid := regexp.MustCompile("/credential-.*")
	out := make([]string, len(effects))
	for i, effect := range effects {
		out[i] = uid.ReplaceAllString(effect, "/credential-UID")
	}
	return out
}

func (m *mortal) undisturbed(c chapter) (effects []string, picture string) {
	m.t.Helper()
	m.prepare(c)
	c.begin(m)
	effects = m.process(0, false)
	m.readable(c)
	if c.meanwhile != nil {
		c.meanwhile(m)
		m.process(0, false)
	}
	picture = m.picture()
	m.clear()
	return effects, picture
}

func (m *mortal) cutOff(c chapter, at int, killed bool, want string) {
	m.t.Helper()
	defer m.clear()
	m.prepare(c)
	c.begin(m)
	m.process(at, killed)
	if m.readable(c); killed && c.meanwhile != nil {
		c.meanwhile(m)
	}
	if killed {
		m.process(0, false)
	}
	if c.meanwhile == nil {
		c.interrupts = false // it is over
		m.readable(c)
		if diff := cmp.Diff(want, m.picture()); diff != "" {
			m.t.Errorf("it ends otherwise than undisturbed (-want +got):\n%s\nthe last effects were %q", diff, m.tape.Recorded())
		}
	} else if m.find() {
		c.interrupts = false
		m.readable(c)
	} else if users := m.users(); len(users) != 0 {
		m.t.Errorf("the deletion has left %v", users)
	}
}

// readable fails the test if a reader of the Secret gets a token of a user who is gone, or a credential that the tenant refuses.
func (m *mortal) readable(c chapter) {
	m.t.Helper()
	users := m.users()
	if most := map[v1alpha1.RotationStrategy]int{v1alpha1.RotationStrategyDualIdentity: 2}[c.rotation.Strategy]; len(users) > max(most, 1) {
		m.t.Errorf("there are the users %v", users)
	}
	if !m.find() || !m.consumer.DeletionTimestamp.IsZero() {
		return
	}
	published := m.TokenSecret(m.consumer)
	if username := fmt.Sprint(claimsOf(m.t, published)["unique_name"]); !slices.Contains(users, username) {
		m.t.Errorf("the published token is of %s, and the users are %v", username, users)
	}
	if err := m.works(credentialOf(published)); err != nil && !c.interrupts {
		m.t.Errorf("the published credential is refused: %v", err)
	}
}

// picture tells everything there is about the client, in the cluster and on the tenant, but what differs from one life to another: times,
// identifiers, passwords.
func (m *mortal) picture() string {
	m.t.Helper()
	all := map[string]any{"users": m.users()}
	for _, name := range m.users() {
		user, _ := m.Tenant.User(name)
		all["user "+name] = []any{user.DisplayName, user.State, len(user.RoleIDs), user.OauthClient, user.ServiceUser}
	}
	if m.find() {
		status := m.consumer.Status.DeepCopy()
		for i := range status.Conditions {
			status.Conditions[i].LastTransitionTime.Reset()
		}
		for i := range status.Identities {
			status.Identities[i].UserID, status.Identities[i].ReplacedTime = "", nil
			if status.Identities[i].State != v1alpha1.IdentityStateActive {
				status.Identities[i].AppliedHash = ""
			}
		}
		status.Credential, status.Token, status.ObservedGeneration = nil, nil, 0
		all["status"] = status
		kept := secretNamed(m.Namespace("operator"), "credential-"+string(m.consumer.UID))
		m.Get(kept)
		all["kept"] = slices.Sorted(maps.Keys(kept.Data))
		all["notes"] = []string{kept.Annotations[v1alpha1.HandledRotateRequestAnnotation], kept.Annotations[v1alpha1.RetiringAnnotation]}
		all["client_id"] = string(kept.Data[v1alpha1.ClientIDKey])
		if published := m.credential(); published.ClientID != all["client_id"] || published.ClientSecret.Reveal() != string(kept.Data[v1alpha1.ClientSecretKey]) {
			m.t.Error("another credential is published than is kept")
		}
	}
	raw, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		m.t.Fatal(err)
	}
	return string(raw)
}

// prepare makes the client that a chapter begins with.
func (m *mortal) prepare(c chapter) {
	m.t.Helper()
	m.consumer = m.ConfidentialClient("billing", "orders", "read")
	m.consumer.Spec.Credential = &v1alpha1.ClientCredential{Rotation: &c.rotation}
	m.consumer.Spec.Secret = deliver(v1alpha1.DeliveryToken, v1alpha1.DeliveryClientCredentials)
	m.Create(m.consumer)
	m.process(0, false)
	if c.before != nil {
		c.before(m)
	}
}

// clear takes the client away, undisturbed.
func (m *mortal) clear() {
	m.t.Helper()
	m.Delete(m.consumer)
	m.process(0, false)
	if users := m.users(); len(users) != 0 {
		m.t.Errorf("the deletion has left %v", users)
	}
}
