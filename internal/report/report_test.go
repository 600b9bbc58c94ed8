package report_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
	"github.com/oauth-operator/oauth-operator/internal/report"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

var noon = metav1.NewTime(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))

// failed is an error of a class.
type failed failure.Class

func (f failed) Error() string               { return "it failed" }
func (f failed) FailureClass() failure.Class { return failure.Class(f) }

func notFound() error {
	return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, "mine")
}

func TestReason(t *testing.T) {
	missing := types.NamespacedName{Namespace: "shop", Name: "mine"}
	for name, tc := range map[string]struct {
		err     error
		want    string
		stalled bool
		blocked bool
	}{
		"an outage":                     {failed(failure.Transient), v1alpha1.ReasonServerUnavailable, false, false},
		"a timeout":                     {fmt.Errorf("asking: %w", context.DeadlineExceeded), v1alpha1.ReasonServerUnavailable, false, false},
		"throttled":                     {failed(failure.Throttled), v1alpha1.ReasonThrottled, false, false},
		"refused":                       {failed(failure.Rejected), v1alpha1.ReasonRequestRejected, true, false},
		"no right":                      {failed(failure.Unauthorized), v1alpha1.ReasonUnauthorized, true, false},
		"an answer without a meaning":   {failed(failure.Unexpected), v1alpha1.ReasonUnexpectedResponse, false, false},
		"an error that nobody classed":  {errors.New("what"), v1alpha1.ReasonUnexpectedResponse, false, false},
		"a client's refused credential": {&oauth.Error{Code: oauth.CodeInvalidClient, Class: failure.Unauthorized}, v1alpha1.ReasonInvalidClient, true, false},
		"blocked by a tenant":           {fmt.Errorf("pass: %w", &report.Blocked{Reason: v1alpha1.ReasonTenantNotReady}), v1alpha1.ReasonTenantNotReady, false, true},
		"not admitted":                  {&report.Blocked{Reason: v1alpha1.ReasonNotAdmitted}, v1alpha1.ReasonNotAdmitted, true, true},
		"somebody else's on the tenant": {fmt.Errorf("pass: %w", &report.Refused{Reason: v1alpha1.ReasonConflict}), v1alpha1.ReasonConflict, true, false},
		"a Secret that is not there":    {&secret.NotFoundError{Secret: missing}, v1alpha1.ReasonSecretNotFound, false, false},
		"a Secret that lacks a key":     {&secret.MissingKeyError{Secret: missing}, v1alpha1.ReasonSecretIncomplete, false, false},
		"a Secret that is not ours":     {&secret.NotOwnedError{Secret: missing}, v1alpha1.ReasonSecretConflict, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := report.Reason(tc.err); got != tc.want {
				t.Errorf("reason %s instead of %s", got, tc.want)
			}
			if got := report.NeedsSomebody(tc.err); got != tc.stalled {
				t.Errorf("needs somebody: %v", got)
			}
			if got := report.IsBlocked(tc.err); got != tc.blocked {
				t.Errorf("blocked: %v", got)
			}
			if report.FromCluster(tc.err) {
				t.Error("it passes for an answer of kube-apiserver")
			}
		})
	}
}

func TestFromClusterSeesThroughWrapping(t *testing.T) {
	if !report.FromCluster(fmt.Errorf("reading: %w", notFound())) {
		t.Error("an answer of kube-apiserver is not recognised")
	}
	if report.FromCluster(nil) {
		t.Error("nil is")
	}
}

func TestProgressIsWhatKstatusReads(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want []string
	}{
		"fine":                    {nil, nil},
		"on its way":              {failed(failure.Transient), []string{"Reconciling True ServerUnavailable"}},
		"waiting for an object":   {&report.Blocked{Reason: v1alpha1.ReasonTenantNotReady}, []string{"Reconciling True TenantNotReady"}},
		"somebody has to act":     {failed(failure.Rejected), []string{"Stalled True RequestRejected"}},
		"somebody has to consent": {&report.Blocked{Reason: v1alpha1.ReasonNotAdmitted}, []string{"Stalled True NotAdmitted"}},
	} {
		for before, err := range map[string]error{"fine": nil, "on its way": failed(failure.Transient), "stalled": failed(failure.Rejected)} {
			t.Run(name+", was "+before, func(t *testing.T) {
				var list []metav1.Condition
				c := report.Conditions{List: &list, Generation: 2, Now: noon}
				c.Progress(err)
				c.Progress(tc.err)
				var got []string
				for _, condition := range list {
					got = append(got, condition.Type+" "+string(condition.Status)+" "+condition.Reason)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestAnObjectThatStaysRefusedHasNothingToWrite(t *testing.T) {
	for name, err := range map[string]error{"on its way": failed(failure.Transient), "stalled": failed(failure.Rejected)} {
		t.Run(name, func(t *testing.T) {
			var list []metav1.Condition
			report.Conditions{List: &list, Generation: 1, Now: noon}.Progress(err)
			before := slices.Clone(list)
			report.Conditions{List: &list, Generation: 1, Now: metav1.NewTime(noon.Add(time.Hour))}.Progress(err)
			if diff := cmp.Diff(before, list); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

func TestAConditionKeepsTheTimeOfItsTransition(t *testing.T) {
	later := metav1.NewTime(noon.Add(time.Hour))
	var list []metav1.Condition
	report.Conditions{List: &list, Generation: 1, Now: noon}.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, "a")
	report.Conditions{List: &list, Generation: 2, Now: later}.True(v1alpha1.ConditionReady, v1alpha1.ReasonAvailable, "b")
	want := []metav1.Condition{{Type: "Ready", Status: "True", Reason: "Available", Message: "b", ObservedGeneration: 2, LastTransitionTime: noon}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	report.Conditions{List: &list, Generation: 2, Now: later}.Unknown(v1alpha1.ConditionReady, v1alpha1.ReasonPending, "c")
	if !list[0].LastTransitionTime.Equal(&later) {
		t.Errorf("the transition is at %v", list[0].LastTransitionTime)
	}
}

// TestMessagesAreStoredAsTheyAreMeant: a message that comes back from kube-apiserver otherwise than it was sent would be written for ever.
func TestMessagesAreStoredAsTheyAreMeant(t *testing.T) {
	for name, message := range map[string]string{
		"a short message":                        "the tenant refused it",
		"a message of the greatest length":       strings.Repeat("a", 1024),
		"a long message":                         strings.Repeat("a", 5000),
		"a long message of two-byte letters":     strings.Repeat("ü", 5000),
		"a long message of two-byte letters, +1": "a" + strings.Repeat("ü", 5000),
		"a long message of four-byte letters":    "ab" + strings.Repeat("🔑", 5000),
		"a message that is no text":              "answer \xff\xfe",
		"a long message that is no text":         strings.Repeat("\xff", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			var list []metav1.Condition
			report.Conditions{List: &list, Now: noon}.Failed(v1alpha1.ConditionReady, errors.New(message))
			got := list[0].Message
			if !utf8.ValidString(got) {
				t.Errorf("it is not UTF-8: %q", got)
			}
			if len(got) > 1024 || len(message) > 1024 && utf8.ValidString(message) && (!strings.HasSuffix(got, "...") || len(got) < 1020) {
				t.Errorf("%d bytes are stored: %q", len(got), got)
			}
			if utf8.ValidString(message) && len(message) <= 1024 && got != message {
				t.Errorf("it is stored as %q", got)
			}
		})
	}
}

func TestDependents(t *testing.T) {
	names := func(n int) (out []types.NamespacedName) {
		for i := range n {
			out = append(out, types.NamespacedName{Namespace: "shop", Name: fmt.Sprint(i)})
		}
		return out
	}
	for name, tc := range map[string]struct {
		kinds map[string]int
		names []types.NamespacedName
		want  string
	}{
		"one": {map[string]int{"Scope": 1}, names(1), "deletion waits for 1 Scope: shop/0; delete them first"},
		"kinds are in order, and those without any are left out": {
			map[string]int{"Scope": 2, "ConfidentialClient": 3, "OAuthClient": 0},
			names(5),
			"deletion waits for 3 ConfidentialClient and 2 Scope: shop/0, shop/1, shop/2, shop/3, shop/4; delete them first",
		},
		"many": {
			map[string]int{"Scope": 200},
			names(200),
			"deletion waits for 200 Scope: shop/0, shop/1, shop/2, shop/3, shop/4 and others; delete them first",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := report.Dependents(tc.kinds, tc.names)
			if err.Error() != tc.want || report.Reason(err) != v1alpha1.ReasonDependentsExist || !report.IsBlocked(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestReadyTransitionTellsChangesOnly(t *testing.T) {
	ready := func(status metav1.ConditionStatus, reason, message string) []metav1.Condition {
		return []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: message}}
	}
	for name, tc := range map[string]struct {
		before, after []metav1.Condition
		want          string
	}{
		"the first time":            {nil, ready("True", "Available", "it works"), "Normal Available it works"},
		"it breaks":                 {ready("True", "Available", "it works"), ready("False", "TokenExpired", "100% over"), "Warning TokenExpired 100% over"},
		"it breaks otherwise":       {ready("False", "Throttled", "a"), ready("False", "TokenExpired", "b"), "Warning TokenExpired b"},
		"it stays as it is":         {ready("True", "Available", "a"), ready("True", "Available", "b"), ""},
		"nothing is known yet":      {nil, ready("Unknown", "Pending", "a"), ""},
		"there is no condition yet": {nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := events.NewFakeRecorder(1)
			report.ReadyTransition(recorder, &v1alpha1.Scope{Status: v1alpha1.ScopeStatus{Conditions: tc.after}}, tc.before)
			close(recorder.Events)
			if got := <-recorder.Events; got != tc.want {
				t.Errorf("got %q", got)
			}
		})
	}
}
