package crd_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/test/environment"
	"github.com/oauth-operator/oauth-operator/test/schema"
)

// rejection is a manifest that is refused.
type rejection struct {
	// was is the spec of the object before; empty when it is refused at its creation.
	was string
	// spec in YAML.
	spec string
	// field that the answer names.
	field string
	// says is what the answer says of the field.
	says string
}

// rejections returns all tables, by kind.
func rejections() map[string]map[string]rejection {
	return map[string]map[string]rejection{
		identityTenant:     rejectedIdentityTenants(),
		oauthClient:        rejectedOAuthClients(),
		scope:              rejectedScopes(),
		confidentialClient: rejectedConfidentialClients(),
	}
}

func TestManifestsAreRefusedWithAMessageThatTeaches(t *testing.T) {
	w := newWorld(t)
	for kind, table := range rejections() {
		for name, tc := range table {
			t.Run(kind+"/"+name, func(t *testing.T) {
				causes := refuse(t, w, kind, tc)
				if !slices.ContainsFunc(causes, func(c metav1.StatusCause) bool { return c.Field == tc.field && strings.Contains(c.Message, tc.says) }) {
					t.Errorf("no complaint about %s that says %q, but:\n%s", tc.field, tc.says, format(causes))
				}
			})
		}
	}
}

// refuse sends a manifest, which must not be taken, and returns what kube-apiserver complains about.
func refuse(t *testing.T, w *environment.World, kind string, tc rejection) []metav1.StatusCause {
	t.Helper()
	var err error
	if tc.was == "" {
		err = strict(w).Create(t.Context(), manifest(t, w.Namespace("shop"), kind, tc.spec), client.DryRunAll)
	} else {
		object := manifest(t, w.Namespace("shop"), kind, tc.was)
		if err := strict(w).Create(t.Context(), object); err != nil {
			t.Fatalf("the object as it was before is refused: %v", err)
		}
		defer w.Delete(object.DeepCopy())
		setSpec(t, object, tc.spec)
		err = strict(w).Update(t.Context(), object, client.DryRunAll)
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || !apierrors.IsInvalid(err) {
		t.Fatalf("the manifest is not refused as invalid: %v", err)
	}
	return status.Status().Details.Causes
}

// TestEveryRuleHasAManifestThatBreaksIt reads the rules from the CRDs, so that none can be added untested.
func TestEveryRuleHasAManifestThatBreaksIt(t *testing.T) {
	tables := rejections()
	index := regexp.MustCompile(`\[\d+\]`)
	for _, n := range specNodes(t) {
		for _, r := range rulesOf(n) {
			broken := false
			for _, tc := range tables[r.kind] {
				field := index.ReplaceAllString(strings.ReplaceAll(tc.field, "[x]", ".x"), "[]") // CEL names the value of a map otherwise than a schema does
				broken = broken || field == r.path && strings.Contains(tc.says, r.says)
			}
			if !broken {
				t.Errorf("no rejected %s breaks this rule of %s: %s", r.kind, r.path, r.says)
			}
		}
	}
}

// TestMessagesTeach: a message says what is wrong or what is needed in a sentence of its own, and no rule goes without.
func TestMessagesTeach(t *testing.T) {
	for _, n := range specNodes(t) {
		for _, v := range n.Validations {
			field := n.Path[strings.LastIndexAny(n.Path, ".")+1:]
			switch {
			case v.Message == "":
				t.Errorf("%s %s: rule %s has no message", n.Kind, n.Path, v.Rule)
			case n.Path != "spec" && !namesField(n, v.Message):
				t.Errorf("%s %s: message %q does not name %s", n.Kind, n.Path, v.Message, field)
			case len(v.Message) < 30:
				t.Errorf("%s %s: message %q is too short to teach", n.Kind, n.Path, v.Message)
			}
		}
	}
}

// namesField says whether a message names the field that it is about, or one inside of it.
func namesField(n schema.Node, message string) bool {
	field := strings.TrimSuffix(n.Path[strings.LastIndex(n.Path, ".")+1:], "[]")
	if strings.Contains(message, field) {
		return true
	}
	for name := range n.Properties {
		if strings.Contains(message, name) {
			return true
		}
	}
	return false
}

func format(causes []metav1.StatusCause) string {
	var lines []string
	for _, cause := range causes {
		lines = append(lines, cause.Field+": "+cause.Message)
	}
	return strings.Join(lines, "\n")
}
