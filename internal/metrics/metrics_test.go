package metrics_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/metrics"
	"github.com/oauth-operator/oauth-operator/internal/renewal"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// known are all metrics of the operator, with their labels.
var known = map[string]string{
	"oauth_operator_credential_next_rotation_timestamp_seconds": "name,namespace",
	"oauth_operator_objects":                                    "kind",
	"oauth_operator_orphans":                                    "name,namespace",
	"oauth_operator_shard_objects":                              "kind,shard",
	"oauth_operator_tenant_circuit_open":                        "name,namespace",
	"oauth_operator_tenant_clock_offset_seconds":                "name,namespace",
	"oauth_operator_tenant_gate_wait_seconds":                   "class",
	"oauth_operator_tenant_request_duration_seconds":            "operation",
	"oauth_operator_tenant_requests_total":                      "code,operation",
	"oauth_operator_token_expiry_timestamp_seconds":             "name,namespace",
	"oauth_operator_token_mints_total":                          "reason,result",
	"oauth_operator_token_renewal_timestamp_seconds":            "name,namespace",
}

// series returns the value of each series of gauges and counters, and the names of all metrics with their labels.
func series(t *testing.T, from prometheus.Gatherer) (values map[string]float64, names map[string]string) {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values, names = map[string]float64{}, map[string]string{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var labels, pairs []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, label.GetName())
				pairs = append(pairs, label.GetValue())
			}
			names[family.GetName()] = strings.Join(labels, ",")
			values[family.GetName()+" "+strings.Join(pairs, " ")] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	return values, names
}

func TestTheMetricsOfALife(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	identity, o, c := w.CreateTenant(), w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
	c.Spec.Credential = &v1alpha1.ClientCredential{Rotation: &v1alpha1.CredentialRotation{Interval: &metav1.Duration{Duration: 720 * time.Hour}}}
	w.Create(o, c)
	w.Ready(identity, o, c)
	w.Quiet()
	w.Get(c)
	values, names := series(t, w.Metrics)
	if diff := cmp.Diff(known, names); diff != "" {
		t.Errorf("names and labels (-want +got):\n%s", diff)
	}
	problems, err := testutil.GatherAndLint(w.Metrics)
	if err != nil || len(problems) > 0 {
		t.Errorf("the linter says %v, error %v", problems, err)
	}
	// Labels are sorted by name: the name comes before the namespace.
	client, corp := " "+c.Name+" "+c.Namespace, " "+identity.Name+" "+identity.Namespace
	for name, want := range map[string]float64{
		"oauth_operator_token_expiry_timestamp_seconds" + client:             float64(c.Status.Token.ExpirationTime.Unix()),
		"oauth_operator_token_renewal_timestamp_seconds" + client:            float64(c.Status.Token.RenewalTime.Unix()),
		"oauth_operator_credential_next_rotation_timestamp_seconds" + client: float64(c.Status.Credential.NextRotationTime.Unix()),
		"oauth_operator_token_mints_total SecretMissing success":             1,
		"oauth_operator_tenant_circuit_open" + corp:                          0,
		"oauth_operator_orphans" + corp:                                      0,
		"oauth_operator_tenant_requests_total 200 OAuth2/Token":              2, // one of them is the login
		"oauth_operator_tenant_request_duration_seconds OAuth2/Token":        2,
		"oauth_operator_tenant_gate_wait_seconds login":                      1,
		"oauth_operator_objects OAuthClient":                                 1,
		"oauth_operator_shard_objects OAuthClient ":                          1,
	} {
		if got, found := values[name]; !found || got != want {
			t.Errorf("%s is %v, found %v, want %v", name, got, found, want)
		}
	}

	w.Delete(c)
	w.Gone(c)
	w.Delete(o)
	w.Gone(o)
	w.Delete(identity)
	w.Gone(identity)
	w.Eventually("see the series of the objects go", func() error {
		values, _ := series(t, w.Metrics)
		for name := range values {
			if strings.HasSuffix(name, c.Namespace) || strings.HasSuffix(name, identity.Namespace) {
				return fmt.Errorf("%s is still there", name)
			}
		}
		return nil
	})
}

func TestTheMetricsOfARestartAreThereWithoutAPass(t *testing.T) {
	w := server.New(t, emulator.Options{})
	stop := w.StartOperator()
	_, c := w.Provisioned("orders", "billing")
	w.Quiet()
	stop()
	w.StartOperator()
	w.Eventually("see the expiry", func() error {
		values, _ := series(t, w.Metrics)
		if got := values["oauth_operator_token_expiry_timestamp_seconds "+c.Name+" "+c.Namespace]; got != float64(c.Status.Token.ExpirationTime.Unix()) {
			return fmt.Errorf("it is %v", got)
		}
		return nil
	})
	values, _ := series(t, w.Metrics)
	for name := range values {
		if strings.HasPrefix(name, "oauth_operator_token_mints_total") {
			t.Errorf("a restart has minted: %s", name)
		}
	}
}

func TestAnOutageAndOrphansAreSeen(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	w.Provisioned("orders", "billing")
	identity := w.IdentityTenant()
	w.Get(identity)
	identity.Status.Orphans = []v1alpha1.Orphan{{Kind: "OAuthClient", Name: "shop/old", ID: "key"}}
	identity.Status.Orphans[0].Time.Time = time.Now()
	if err := w.Client.Status().Update(w.Context(), identity); err != nil {
		t.Fatal(err)
	}
	w.Tenant.Inject(emulator.Fault{Operation: "*", Kind: emulator.FaultStatus, Status: 502})
	for i := range 8 {
		w.Create(w.OAuthClient(fmt.Sprintf("application-%d", i)))
	}
	corp := " " + identity.Name + " " + identity.Namespace
	w.Eventually("see the outage", func() error {
		values, _ := series(t, w.Metrics)
		if values["oauth_operator_tenant_circuit_open"+corp] != 1 || values["oauth_operator_orphans"+corp] != 1 {
			return fmt.Errorf("the series are %v", values)
		}
		return nil
	})
}

func TestMintsAreCountedByReasonAndResult(t *testing.T) {
	calls := metrics.NewCalls()
	calls.Minted(renewal.RenewalDue, nil)
	calls.Minted(renewal.RenewalDue, fmt.Errorf("requesting token: %w", errors.New("odd")))
	(*metrics.Calls)(nil).Minted(renewal.RenewalDue, nil)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(calls)
	values, _ := series(t, registry)
	want := map[string]float64{
		"oauth_operator_token_mints_total RenewalDue success":    1,
		"oauth_operator_token_mints_total RenewalDue unexpected": 1,
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTheDocumentationNamesAllMetrics and no others.
func TestTheDocumentationNamesAllMetrics(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(environment.Root(), "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(oauth_operator_[a-z_]+)` \\| [a-z]+ \\| ([^|]*) \\|").FindAllStringSubmatch(string(text), -1) {
		labels := strings.Split(strings.ReplaceAll(row[2], "`", ""), ", ")
		slices.Sort(labels)
		documented[row[1]] = strings.Join(labels, ",")
	}
	if diff := cmp.Diff(known, documented); diff != "" {
		t.Errorf("(-code +documentation):\n%s", diff)
	}
}
