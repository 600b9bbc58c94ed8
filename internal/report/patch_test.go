package report_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/report"
)

// TestAPatchOfTheStatusIsThatOfTheWholeObject holds it to what client.MergeFrom makes of two objects that differ in nothing but the status.
func TestAPatchOfTheStatusIsThatOfTheWholeObject(t *testing.T) {
	full := v1alpha1.OAuthClientStatus{
		ObservedGeneration: 1, ApplicationKey: "a", ApplicationOrigin: v1alpha1.ApplicationCreated, AppliedHash: "<hash>",
		ImportIntent: &v1alpha1.ImportIntent{KnownKeys: []string{"b", "c"}, Time: noon},
		Endpoints:    &v1alpha1.OAuthEndpoints{Token: "https://one", Issuer: "https://issuer"},
		Scopes:       &v1alpha1.ScopesStatus{Count: 1, Applied: []v1alpha1.AppliedScope{{Name: "read", Hash: "1"}}, Retained: []string{"read"}},
		Conditions:   []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue, Reason: "Available", LastTransitionTime: noon}},
	}
	changed := func(change func(*v1alpha1.OAuthClientStatus)) v1alpha1.OAuthClientStatus {
		s := *full.DeepCopy()
		change(&s)
		return s
	}
	for name, tc := range map[string]struct{ before, after v1alpha1.OAuthClientStatus }{
		"a first status":            {v1alpha1.OAuthClientStatus{}, full},
		"the end of a status":       {full, v1alpha1.OAuthClientStatus{}},
		"nothing":                   {full, full},
		"a member that goes":        {full, changed(func(s *v1alpha1.OAuthClientStatus) { s.ImportIntent, s.AppliedHash = nil, "" })},
		"a member that comes":       {changed(func(s *v1alpha1.OAuthClientStatus) { s.Scopes = nil }), full},
		"a member of a member":      {full, changed(func(s *v1alpha1.OAuthClientStatus) { s.ImportIntent.Ended, s.ImportIntent.KnownKeys = true, nil })},
		"members of several":        {full, changed(func(s *v1alpha1.OAuthClientStatus) { s.Scopes.Retained, s.Endpoints.Token = nil, "https://two" })},
		"a list, which is replaced": {full, changed(func(s *v1alpha1.OAuthClientStatus) { s.Conditions[0].Reason = "Suspended" })},
	} {
		t.Run(name, func(t *testing.T) {
			stored := &v1alpha1.OAuthClient{ObjectMeta: metav1.ObjectMeta{Name: "orders", ResourceVersion: "7"}, Status: tc.before}
			object := stored.DeepCopy()
			object.Status = tc.after
			patch, err := report.StatusPatch(stored, object)
			if err != nil {
				t.Fatal(err)
			}
			whole := client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})
			want, got := content(t, whole, object), content(t, patch, object)
			if _, found := want["status"]; !found {
				want["status"] = map[string]any{}
			}
			if diff := cmp.Diff(want, got); diff != "" || patch.Type() != whole.Type() {
				t.Errorf("a patch of type %s (-want +got):\n%s", patch.Type(), diff)
			}
		})
	}
}

// content decodes what a patch sends.
func content(t *testing.T, patch client.Patch, object client.Object) map[string]any {
	t.Helper()
	text, err := patch.Data(object)
	if err != nil {
		t.Fatal(err)
	}
	var decoded map[string]any
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}
