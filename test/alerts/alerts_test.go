// Package alerts_test holds the alert rules to the metrics and the runbooks. What the rules do is tested by promtool: make alerts.
package alerts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/test/environment"
)

// rules is the part of a rule file that is looked at.
type rules struct {
	Groups []struct {
		Rules []struct {
			Alert       string            `json:"alert"`
			Expr        string            `json:"expr"`
			Annotations map[string]string `json:"annotations"`
		} `json:"rules"`
	} `json:"groups"`
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{environment.Root()}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

func TestEveryAlertIsKnownAndHasARunbookAndATest(t *testing.T) {
	var file rules
	parse(t, read(t, "config", "prometheus", "rules.yaml"), &file)
	tests, documented := read(t, "config", "prometheus", "rules_test.yaml"), read(t, "docs", "metrics.md")
	alerts := 0
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			alerts++
			for _, metric := range regexp.MustCompile(`oauth_operator_[a-z_]+`).FindAllString(rule.Expr, -1) {
				if !strings.Contains(documented, "`"+metric+"`") {
					t.Errorf("%s uses %s, which is not in docs/metrics.md", rule.Alert, metric)
				}
			}
			_, runbook, _ := strings.Cut(rule.Annotations["runbook_url"], "/blob/main/")
			if !strings.HasPrefix(read(t, filepath.FromSlash(runbook)), "# "+rule.Alert+"\n") {
				t.Errorf("the runbook %s is not about %s", runbook, rule.Alert)
			}
			if rule.Annotations["summary"] == "" || !strings.Contains(tests, "alertname: "+rule.Alert+"\n") {
				t.Errorf("%s has no summary, or no test in which it fires", rule.Alert)
			}
		}
	}
	if alerts < 4 {
		t.Errorf("there are %d alerts", alerts)
	}
}

func TestThePrometheusRuleIsTheRuleFile(t *testing.T) {
	var file map[string]any
	var object struct {
		Spec map[string]any `json:"spec"`
	}
	parse(t, read(t, "config", "prometheus", "rules.yaml"), &file)
	parse(t, read(t, "config", "prometheus", "prometheusrule.yaml"), &object)
	if diff := cmp.Diff(file, object.Spec); diff != "" {
		t.Errorf("(-rules.yaml +prometheusrule.yaml):\n%s", diff)
	}
}
