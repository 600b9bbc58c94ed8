package identitytenant_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestWhatGoesWrongAtTheLoginIsSaidAndPasses(t *testing.T) {
	const login = "OAuth2/Token/operator-admin"
	for name, tc := range map[string]struct {
		fault     emulator.Fault
		reason    string
		reachable metav1.ConditionStatus
	}{
		"the tenant is down":           {emulator.Fault{Operation: "*", Kind: emulator.FaultResetBefore, Count: 2}, v1alpha1.ReasonServerUnavailable, metav1.ConditionFalse},
		"it answers 503":               {emulator.Fault{Operation: login, Kind: emulator.FaultStatus, Status: 503, Count: 2}, v1alpha1.ReasonServerUnavailable, metav1.ConditionFalse},
		"it asks to wait":              {emulator.Fault{Operation: login, Kind: emulator.FaultStatus, Status: 429, RetryAfter: "2", Count: 1}, v1alpha1.ReasonThrottled, metav1.ConditionFalse},
		"it answers with an HTML page": {emulator.Fault{Operation: login, Kind: emulator.FaultHTML, Count: 2}, v1alpha1.ReasonUnexpectedResponse, metav1.ConditionFalse},
		"it answers half":              {emulator.Fault{Operation: login, Kind: emulator.FaultTruncatedJSON, Count: 2}, v1alpha1.ReasonUnexpectedResponse, metav1.ConditionFalse},
		"a call says success:false":    {emulator.Fault{Operation: "Core/GetCdsAliasesForTenant", Kind: emulator.FaultBusinessFailure}, v1alpha1.ReasonRequestRejected, metav1.ConditionTrue},
		"a call answers an HTML page":  {emulator.Fault{Operation: "Core/GetCdsAliasesForTenant", Kind: emulator.FaultHTML, Count: 2}, v1alpha1.ReasonUnexpectedResponse, metav1.ConditionTrue},
	} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			tc.fault.Body = w.Canary() // what the tenant says is not shown to anybody
			remove := w.Tenant.Inject(tc.fault)
			w.StartOperator()
			tenant := w.CreateTenant()
			c := w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, tc.reason)
			if reachable := find(tenant, v1alpha1.ConditionReachable); reachable.Status != tc.reachable {
				t.Errorf("Reachable is %s, %s; Ready says: %s", reachable.Status, reachable.Reason, c.Message)
			}
			if strings.Contains(c.Message, "<html") || len(c.Message) > 300 {
				t.Errorf("the message is no sentence for a person: %s", c.Message)
			}
			if tc.fault.Count == 0 {
				remove()
				w.Update(tenant, func() { tenant.Spec.LoginSuffix = "example.test" }) // a refusal is asked again at once on a change
			}
			w.Ready(tenant)
			w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionTrue, v1alpha1.ReasonAnswered)
		})
	}
}

func TestARetryAfterIsObeyed(t *testing.T) {
	const login = "OAuth2/Token/operator-admin"
	w := server.New(t, emulator.Options{})
	w.Tenant.Inject(emulator.Fault{Operation: login, Kind: emulator.FaultStatus, Status: 429, RetryAfter: "2", Count: 1})
	w.StartOperator()
	start := time.Now()
	w.Ready(w.CreateTenant())
	if waited := time.Since(start); waited < 2*time.Second {
		t.Errorf("the tenant asked for 2s, and was asked again after %v", waited)
	}
	if n := w.Tenant.Calls()[login]; n != 2 {
		t.Errorf("%d logins were made, not 2", n)
	}
}

func TestWrongAdminCredentialsAreSaidAndMendedByALabelledSecret(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant, secret := w.IdentityTenant(), w.AdminSecret()
	right := secret.StringData[v1alpha1.ClientSecretKey]
	secret.Labels = map[string]string{v1alpha1.WatchLabel: "true"}
	secret.StringData[v1alpha1.ClientSecretKey] = "Wrong-Passw0rd"
	w.Create(secret, tenant)
	w.Condition(tenant, v1alpha1.ConditionAuthenticated, metav1.ConditionFalse, v1alpha1.ReasonUnauthorized)
	w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionTrue, v1alpha1.ReasonAnswered)
	if stalled := find(tenant, v1alpha1.ConditionStalled); stalled.Status != metav1.ConditionTrue {
		t.Error("the tenant does not say that somebody has to act")
	}
	application := w.OAuthClient("orders")
	w.Create(application)
	w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonTenantNotReady)
	w.Update(secret, func() { secret.Data[v1alpha1.ClientSecretKey] = []byte(right) })
	w.Ready(tenant, application)
}

func TestAMissingKeyIsNamed(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant, secret := w.IdentityTenant(), w.AdminSecret()
	delete(secret.StringData, v1alpha1.ClientIDKey)
	w.Create(secret, tenant)
	c := w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretIncomplete)
	if !strings.Contains(c.Message, `"client_id"`) || !strings.Contains(c.Message, secret.Namespace+"/corp-admin") {
		t.Errorf("the message does not name Secret and key: %s", c.Message)
	}
}

func TestAnUntrustedCertificateIsSaid(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.IdentityTenant()
	bundle := tenant.Spec.TLS
	tenant.Spec.TLS = nil
	w.Create(w.AdminSecret(), tenant)
	c := w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionFalse, v1alpha1.ReasonServerUnavailable)
	if !strings.Contains(c.Message, "certificate") {
		t.Errorf("the message does not speak of the certificate: %s", c.Message)
	}
	w.Update(tenant, func() {
		tenant.Spec.TLS = &v1alpha1.TLSConfig{CABundle: "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"}
	})
	w.Condition(tenant, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec)
	w.Update(tenant, func() { tenant.Spec.TLS = bundle })
	w.Ready(tenant)
}

func TestAnExpiredAdminTokenIsRenewedOnceAndNobodyNotices(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	application, _ := w.Provisioned("orders", "billing")
	w.Quiet()
	w.Tenant.RevokeTokens()
	calls := w.Tenant.Calls()
	w.Update(application, func() { application.Spec.Description = "Changed" })
	w.Ready(application)
	if made := w.Tenant.Calls().Sub(calls); made["OAuth2/Token/operator-admin"] != 1 {
		t.Errorf("%d logins were made, not 1:\n%s", made["OAuth2/Token/operator-admin"], made)
	}
}

func TestATenantThatComesLateIsFound(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.Tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultResetBefore, Count: 3})
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	_, _ = application, consumer
	if n := w.Tenant.Calls()["SaasManage/ImportAppFromTemplate"]; n != 1 {
		t.Errorf("the application was imported %d times", n)
	}
}

func TestTheClusterIDIsThatOfKubeSystemWhenNoneIsSet(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	tenant := w.IdentityTenant()
	tenant.Spec.ClusterID = ""
	w.Create(w.AdminSecret(), tenant)
	w.Ready(tenant)
	if len(tenant.Status.ClusterID) != 36 {
		t.Errorf("clusterID is %q, not a UID", tenant.Status.ClusterID)
	}
	if tenant.Status.LoginSuffix != "example.test" {
		t.Errorf("loginSuffix is %q", tenant.Status.LoginSuffix)
	}
}

func TestTheOffsetOfTheTenantsClockIsStoredWhenItMatters(t *testing.T) {
	for name, tc := range map[string]struct {
		offset time.Duration
		stored bool
	}{"7 minutes": {7 * time.Minute, true}, "5 seconds": {5 * time.Second, false}} {
		t.Run(name, func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			w.Tenant.SetClockOffset(tc.offset)
			w.StartOperator()
			tenant := w.CreateTenant()
			w.Ready(tenant)
			if (tenant.Status.ClockOffset != nil) != tc.stored {
				t.Fatalf("clockOffset is %v", tenant.Status.ClockOffset)
			}
			if tc.stored && (tenant.Status.ClockOffset.Duration-tc.offset).Abs() > 2*time.Second {
				t.Errorf("clockOffset is %v", tenant.Status.ClockOffset)
			}
			o, c := w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
			w.Create(o, c)
			w.Ready(o, c)
			mints := w.Tenant.Calls()["OAuth2/Token/orders"]
			w.Quiet()
			if n := w.Tenant.Calls()["OAuth2/Token/orders"]; n != mints {
				t.Errorf("%d more tokens were minted", n-mints)
			}
		})
	}
}

func find(t *v1alpha1.IdentityTenant, kind string) metav1.Condition {
	for _, c := range t.Status.Conditions {
		if c.Type == kind {
			return c
		}
	}
	return metav1.Condition{}
}
