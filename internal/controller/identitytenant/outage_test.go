package identitytenant_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// down makes the tenant fail every call.
func down() emulator.Fault {
	return emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 502}
}

func TestAnOutageIsProbedEverMoreRarelyAndTakesNothingBack(t *testing.T) {
	s := newStepper(t, nil)
	s.step()
	s.ready()
	s.Tenant.Inject(down())
	s.Update(s.tenant, func() { s.tenant.Spec.Timeout = &metav1.Duration{Duration: 5 * time.Second} }) // has to be proved
	for range 5 {
		s.clock.Step(s.step())
	}
	c := s.expect(v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	opened := s.clock.Now()
	if !strings.Contains(c.Message, "no calls are made since ") || !strings.Contains(c.Message, "the next try is at ") || !strings.Contains(c.Message, "status 502") {
		t.Errorf("the message does not tell of the circuit: %s", c.Message)
	}
	calls := s.Tenant.Calls()
	for s.clock.Now().Before(opened.Add(time.Hour)) {
		next := s.step()
		if next <= 0 || next > time.Minute {
			t.Fatalf("the next look is in %v", next)
		}
		s.clock.Step(next)
	}
	if made := s.Tenant.Calls().Sub(calls); made.Total() < 50 || made.Total() > 85 {
		t.Errorf("an hour of outage made %d calls", made.Total())
	}
	s.Tenant.ClearFaults()
	s.step()
	s.ready()
}

func TestAnOutageDoesNotTakeBackThatTheCredentialsAreGood(t *testing.T) {
	s := newStepper(t, nil)
	s.step()
	s.ready()
	session, err := s.reconciler.Connector.Session(t.Context(), s.tenant)
	if err != nil {
		t.Fatal(err)
	}
	remove := s.Tenant.Inject(down())
	for range 5 { // calls that somebody else makes
		_, _ = session.Admin().WhoAmI(t.Context())
	}
	before := s.Tenant.Calls()
	next := s.step()
	s.expect(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	s.expect(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonServerUnavailable)
	s.expect(v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	s.expect(v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonLoggedIn)
	if made := s.Tenant.Calls().Sub(before); made.Total() != 0 || next > 5*time.Second {
		t.Errorf("the pass made %d calls, and the next is in %v", made.Total(), next)
	}
	remove()
	s.clock.Step(next)
	if next = s.step(); next != 10*time.Minute {
		t.Errorf("the next look is in %v", next)
	}
	s.ready()
	if made := s.Tenant.Calls().Sub(before); made[login] != 1 {
		t.Errorf("the probe was not one login:\n%s", made)
	}
}

func TestAnAnswerToSomebodyElseEndsTheOutage(t *testing.T) {
	s := newStepper(t, nil)
	s.step()
	session, err := s.reconciler.Connector.Session(t.Context(), s.tenant)
	if err != nil {
		t.Fatal(err)
	}
	remove := s.Tenant.Inject(down())
	for range 5 {
		_, _ = session.Admin().WhoAmI(t.Context())
	}
	next := s.step()
	remove()
	s.clock.Step(next)
	if _, err := session.Admin().WhoAmI(t.Context()); err != nil {
		t.Fatal(err)
	}
	calls := s.Tenant.Calls()
	s.step()
	s.ready()
	if made := s.Tenant.Calls().Sub(calls); made.Total() != 0 {
		t.Errorf("what is known already was asked again:\n%s", made)
	}
}

func TestARestartInAnOutageAsksOnce(t *testing.T) {
	s := newStepper(t, nil)
	s.step()
	remove := s.Tenant.Inject(down())
	s.Update(s.tenant, func() { s.tenant.Spec.Timeout = &metav1.Duration{Duration: 5 * time.Second} })
	s.step()
	s.expect(v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	s.restart()
	logins := s.logins()
	s.step()
	s.expect(v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	if s.logins() != logins+1 {
		t.Errorf("%d logins were made", s.logins()-logins)
	}
	remove()
	s.restart()
	s.step()
	s.ready()
}

func TestATenantWithoutCredentialsTellsOfAnOutage(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	credential := w.AdminSecret()
	credential.Namespace = w.Namespace("billing")
	tenant := w.IdentityTenant()
	tenant.Spec.Credentials = nil
	w.Create(tenant, credential)
	w.Ready(tenant)
	w.Tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultResetBefore, Count: 5})
	clients := make([]*v1alpha1.ConfidentialClient, 5)
	for i := range clients {
		clients[i] = externalClient(w, fmt.Sprintf("client-%d", i))
		w.Create(clients[i])
	}
	w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	w.Condition(tenant, v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonNoCredentials)
	w.Ready(tenant)
	for _, c := range clients {
		w.Ready(c)
	}
}

// externalClient returns a client that keeps a token of the operator's own application, with the credential in a Secret of its namespace that is
// named as the operator's.
func externalClient(w *environment.World, name string) *v1alpha1.ConfidentialClient {
	tenant := w.IdentityTenant()
	c := w.ConfidentialClient(name, "", "all")
	c.Spec.OAuthClientRef = nil
	c.Spec.Application = &v1alpha1.ExternalApplication{
		TenantRef:     v1alpha1.IdentityTenantReference{Namespace: tenant.Namespace, Name: tenant.Name},
		ApplicationID: tenant.Spec.Credentials.ApplicationID,
	}
	c.Spec.Identity = &v1alpha1.ClientIdentity{Provisioning: v1alpha1.IdentityProvisioningExternal}
	c.Spec.Credential = &v1alpha1.ClientCredential{SecretRef: &tenant.Spec.Credentials.SecretRef}
	return c
}

// TestAnOutageEndsForAllWithoutAStorm lets tokens fall due while the tenant is away.
func TestAnOutageEndsForAllWithoutAStorm(t *testing.T) {
	const many = 20
	clock := clocktesting.NewFakeClock(time.Now().Truncate(time.Second))
	w := server.New(t, emulator.Options{Clock: clock})
	w.Clock = clock
	w.StartOperator()
	w.Provisioned("orders", "client-0")
	clients := []*v1alpha1.ConfidentialClient{w.ConfidentialClient("client-0", "orders", "read")}
	for i := 1; i < many; i++ {
		clients = append(clients, w.ConfidentialClient(fmt.Sprintf("client-%d", i), "orders", "read"))
		w.Create(clients[i])
	}
	due := clock.Now()
	for _, c := range clients {
		w.Ready(c)
		if renews := c.Status.Token.RenewalTime.Time; renews.After(due) {
			due = renews
		}
	}
	w.Quiet()
	tenant := w.IdentityTenant()
	w.Update(tenant, func() { tenant.Spec.DriftCheckInterval = &metav1.Duration{Duration: 8760 * time.Hour} }) // what is counted is due to the outage alone
	w.Ready(tenant)
	w.Quiet()

	remove := w.Tenant.Inject(down())
	calls := w.Tenant.Calls()
	clock.SetTime(due)
	w.LabelNamespace("billing", "look", "now")
	for _, c := range clients {
		w.Condition(c, v1alpha1.ConditionDegraded, metav1.ConditionTrue, v1alpha1.ReasonServerUnavailable)
		w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	}
	w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	w.Condition(tenant, v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonLoggedIn)
	// Those that are on their way when the fifth fails are sent, too.
	if made := w.Tenant.Calls().Sub(calls); made.Total() > 5+8 {
		t.Errorf("the outage made %d calls:\n%s", made.Total(), made)
	}

	remove()
	calls = w.Tenant.Calls()
	clock.Step(5 * time.Second)
	for _, c := range clients {
		w.Eventually("see a new token", func() error {
			if w.Get(c); c.Status.Token.IssueTime.Time.Before(due) {
				return fmt.Errorf("%s has the old one", c.Name)
			}
			return nil
		})
		w.Ready(c)
	}
	w.Ready(tenant)
	w.Quiet()
	if made := w.Tenant.Calls().Sub(calls); made["OAuth2/Token/orders"] != many || made[login] > 1 || made.Total() > many+2 {
		t.Errorf("the return of the tenant made more calls than one for each:\n%s", made)
	}
}

// TestTheTenantHearsOfAnOutageFromWhoeverCallsIt when nothing else wakes it.
func TestTheTenantHearsOfAnOutageFromWhoeverCallsIt(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.CreateTenant()
	w.Ready(tenant)
	w.Quiet()
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Ready(application)
	counted(w, tenant, 1, 0) // that wakes the tenant, too
	w.Quiet()
	w.Tenant.Inject(down())
	for i := range 5 {
		calls := w.Tenant.Calls()
		w.Update(application, func() { application.Spec.Description = fmt.Sprint(i) })
		w.Eventually("see a call that fails", func() error {
			if w.Tenant.Calls().Sub(calls).Total() == 0 {
				return errStill
			}
			return nil
		})
	}
	w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	w.Tenant.ClearFaults()
	w.Ready(tenant, application)
}

func TestADeadTenantDelaysNoOther(t *testing.T) {
	for name, fault := range map[string]emulator.Fault{
		"it fails":           down(),
		"it does not answer": {Operation: "*", Kind: emulator.FaultLatency, Delay: 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w, dead := server.New(t, emulator.Options{}), server.New(t, emulator.Options{})
			w.StartOperator()
			elsewhere := w.IdentityTenant()
			elsewhere.Name, elsewhere.Spec.URL, elsewhere.Spec.TLS.CABundle = "elsewhere", dead.Tenant.URL(), string(dead.Tenant.CABundle())
			elsewhere.Spec.Timeout = &metav1.Duration{Duration: 2 * time.Second}
			id, password := dead.Tenant.AdminCredential()
			secret := w.AdminSecret()
			secret.Name, secret.StringData = "elsewhere", map[string]string{v1alpha1.ClientIDKey: id, v1alpha1.ClientSecretKey: password}
			elsewhere.Spec.Credentials.SecretRef.Name = secret.Name
			w.Create(secret, elsewhere)
			w.Ready(elsewhere)
			dead.Tenant.Inject(fault)
			for i := range 20 { // more than there are workers
				o := w.OAuthClient(fmt.Sprintf("dead-%d", i))
				o.Spec.TenantRef.Name = elsewhere.Name
				w.Create(o)
			}
			start := time.Now()
			w.Provisioned("orders", "billing")
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("the other tenant's objects took %v", took)
			}
			w.Condition(elsewhere, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
		})
	}
}

func TestTwoDescriptionsOfATenantShareItsCircuit(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	first, second := w.CreateTenant(), w.IdentityTenant()
	second.Name = "again"
	second.Spec.Timeout = &metav1.Duration{Duration: 20 * time.Second}
	w.Create(second)
	w.Ready(first, second)
	remove := w.Tenant.Inject(down())
	for i := range 8 {
		w.Create(w.OAuthClient(fmt.Sprintf("application-%d", i))) // of the first
	}
	w.Condition(first, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	w.Condition(second, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	w.Condition(second, v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonLoggedIn)
	remove()
	w.Ready(first, second)
}

func TestAProbeThatIsAskedToWaitWaits(t *testing.T) {
	s := newStepper(t, nil)
	s.step()
	session, err := s.reconciler.Connector.Session(t.Context(), s.tenant)
	if err != nil {
		t.Fatal(err)
	}
	remove := s.Tenant.Inject(down())
	for range 5 {
		_, _ = session.Admin().WhoAmI(t.Context())
	}
	s.clock.Step(s.step())
	remove()
	s.Tenant.Inject(emulator.Fault{Operation: login, Kind: emulator.FaultStatus, Status: 503, RetryAfter: "300", Count: 1})
	next := s.step()
	s.expect(v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonThrottled)
	s.expect(v1alpha1.ConditionAuthenticated, metav1.ConditionTrue, v1alpha1.ReasonLoggedIn)
	if next < 5*time.Minute || next > lookAtMost {
		t.Errorf("the tenant asked for 5 minutes, and the next look is in %v", next)
	}
	s.clock.Step(next)
	s.step()
	s.ready()
}
