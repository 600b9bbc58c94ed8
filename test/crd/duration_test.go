package crd_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/test/schema"
)

// durationField is a field that takes a duration.
type durationField struct {
	kind, path string
	// spec with a place for the duration.
	spec string
	// read lists the kind with the typed client, and returns the field of the one object there is.
	read func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration
	// short is set where the bounds leave no room for hours.
	short bool
	// least is the shortest duration that is taken, where that is more than a minute.
	least time.Duration
}

func durationFields() []durationField {
	return []durationField{
		{
			kind: identityTenant, path: "spec.timeout", spec: tenantWith(`timeout: "%s"`), short: true,
			read: func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration {
				return one(t, reader, namespace, &v1alpha1.IdentityTenantList{}, func(l *v1alpha1.IdentityTenantList) []v1alpha1.IdentityTenant { return l.Items }).Spec.Timeout
			},
		},
		{
			kind: identityTenant, path: "spec.access.maxTokenLifetime", spec: tenantWith(`access: {maxTokenLifetime: "%s"}`),
			read: func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration {
				return one(t, reader, namespace, &v1alpha1.IdentityTenantList{}, func(l *v1alpha1.IdentityTenantList) []v1alpha1.IdentityTenant { return l.Items }).Spec.Access.MaxTokenLifetime
			},
		},
		{
			kind: identityTenant, path: "spec.driftCheckInterval", spec: tenantWith(`driftCheckInterval: "%s"`),
			read: func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration {
				return one(t, reader, namespace, &v1alpha1.IdentityTenantList{}, func(l *v1alpha1.IdentityTenantList) []v1alpha1.IdentityTenant { return l.Items }).Spec.DriftCheckInterval
			},
		},
		{
			kind: identityTenant, path: "spec.deletionTimeout", spec: tenantWith(`deletionTimeout: "%s"`),
			read: func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration {
				return one(t, reader, namespace, &v1alpha1.IdentityTenantList{}, func(l *v1alpha1.IdentityTenantList) []v1alpha1.IdentityTenant { return l.Items }).Spec.DeletionTimeout
			},
		},
		{
			kind: oauthClient, path: "spec.token.lifetime", spec: applicationWith(`token: {lifetime: "%s"}`),
			read: func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration {
				return one(t, reader, namespace, &v1alpha1.OAuthClientList{}, func(l *v1alpha1.OAuthClientList) []v1alpha1.OAuthClient { return l.Items }).Spec.Token.Lifetime
			},
		},
		{
			kind: oauthClient, path: "spec.token.refreshToken.lifetime",
			spec: applicationWith(`redirectURIs: ["https://a.example.com/"], token: {grantTypes: [AuthorizationCode], refreshToken: {lifetime: "%s"}}`),
			read: func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration {
				return one(t, reader, namespace, &v1alpha1.OAuthClientList{}, func(l *v1alpha1.OAuthClientList) []v1alpha1.OAuthClient { return l.Items }).Spec.Token.RefreshToken.Lifetime
			},
		},
		{
			kind: confidentialClient, path: "spec.credential.rotation.interval", spec: clientWith(`credential: {rotation: {interval: "%s"}}`), least: time.Hour,
			read: func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration {
				return one(t, reader, namespace, &v1alpha1.ConfidentialClientList{}, func(l *v1alpha1.ConfidentialClientList) []v1alpha1.ConfidentialClient { return l.Items }).Spec.Credential.Rotation.Interval
			},
		},
		{
			kind: confidentialClient, path: "spec.credential.rotation.overlap", spec: clientWith(`credential: {rotation: {strategy: DualIdentity, overlap: "%s"}}`),
			read: func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration {
				return one(t, reader, namespace, &v1alpha1.ConfidentialClientList{}, func(l *v1alpha1.ConfidentialClientList) []v1alpha1.ConfidentialClient { return l.Items }).Spec.Credential.Rotation.Overlap
			},
		},
		{
			kind: confidentialClient, path: "spec.token.propagationAllowance", spec: clientWith(`token: {propagationAllowance: "%s"}`), short: true,
			read: func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration {
				return one(t, reader, namespace, &v1alpha1.ConfidentialClientList{}, func(l *v1alpha1.ConfidentialClientList) []v1alpha1.ConfidentialClient { return l.Items }).Spec.Token.PropagationAllowance
			},
		},
		{
			kind: confidentialClient, path: "spec.token.renewBefore", spec: clientWith(`token: {renewBefore: "%s"}`),
			read: func(t *testing.T, reader client.Reader, namespace string) *metav1.Duration {
				return one(t, reader, namespace, &v1alpha1.ConfidentialClientList{}, func(l *v1alpha1.ConfidentialClientList) []v1alpha1.ConfidentialClient { return l.Items }).Spec.Token.RenewBefore
			},
		},
	}
}

// one lists a namespace, in which there must be one object, and returns it.
func one[L client.ObjectList, T any](t *testing.T, reader client.Reader, namespace string, list L, items func(L) []T) T {
	t.Helper()
	if err := reader.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
		t.Fatalf("the list of the kind is broken for everybody: %v", err)
	}
	found := items(list)
	if len(found) != 1 {
		t.Fatalf("there are %d objects", len(found))
	}
	return found[0]
}

// spellings returns spellings of durations and what they mean; short ones for a field that takes two minutes at most.
func spellings(short bool) map[string]time.Duration {
	all := map[string]time.Duration{
		"90s":         90 * time.Second,
		"1m30s":       90 * time.Second,
		"1.5m":        90 * time.Second,
		"90000ms":     90 * time.Second,
		"0.025h":      90 * time.Second,
		"60s500ms":    60*time.Second + 500*time.Millisecond,
		"000000090s":  90 * time.Second,
		"30s1m":       90 * time.Second,
		"0h0m60s":     time.Minute,
		"1m0.000001s": time.Minute + time.Microsecond,
	}
	if !short {
		maps.Copy(all, map[string]time.Duration{
			"1h30m":                          90 * time.Minute,
			"1.5h":                           90 * time.Minute,
			"5400000ms":                      90 * time.Minute,
			"0.5h":                           30 * time.Minute,
			"5h":                             5 * time.Hour,
			"8760h":                          8760 * time.Hour,
			"525600m":                        8760 * time.Hour,
			"1.123456789012345678901234567h": time.Hour + 7*time.Minute + 24*time.Second + 444440444,
		})
	}
	return all
}

func TestDurationsAreTakenAndListedAgain(t *testing.T) {
	w := newWorld(t)
	for _, field := range durationFields() {
		for spelling, want := range spellings(field.short) {
			if want < field.least {
				continue
			}
			t.Run(field.path+" "+spelling, func(t *testing.T) {
				object := manifest(t, w.Namespace("shop"), field.kind, fmt.Sprintf(field.spec, spelling))
				if err := strict(w).Create(t.Context(), object); err != nil {
					t.Fatal(err)
				}
				defer w.Delete(object)
				if got := field.read(t, w.Client, object.GetNamespace()); got == nil || got.Duration != want {
					t.Errorf("it is read as %v instead of %v", got, want)
				}
			})
		}
	}
}

func TestWhatIsNoDurationIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, field := range durationFields() {
		for _, spelling := range []string{
			"", "0", "90", "1d", "1w", "1 h", " 1h", "1h ", "-5m", "+5m", "5M", "1H", "P1D", "1h-5m", ".5h", "1.h", "1e3s", "5us", "1µs", "0x5s", "1,5h",
			"99999999999999999h", "99999999999999999999999999999h", "9223372036854775808ms", "inf", "null", "1h\n",
		} {
			t.Run(fmt.Sprintf("%s %q", field.path, spelling), func(t *testing.T) {
				object := manifest(t, w.Namespace("shop"), field.kind, strings.Replace(field.spec, "%s", strings.ReplaceAll(spelling, "\n", `\n`), 1))
				err := strict(w).Create(t.Context(), object)
				if err == nil {
					w.Delete(object)
					t.Fatal("it is taken")
				}
				var status apierrors.APIStatus
				if !errors.As(err, &status) || !apierrors.IsInvalid(err) {
					t.Fatalf("it is not refused as invalid: %v", err)
				}
				says := field.path[strings.LastIndex(field.path, ".")+1:] + " must be a duration between "
				if d, err := time.ParseDuration(spelling); err == nil && d > time.Second {
					says = durationPattern // the bounds have nothing against it, only its spelling is not ours
				}
				if !slices.ContainsFunc(status.Status().Details.Causes, func(c metav1.StatusCause) bool { return c.Field == field.path && strings.Contains(c.Message, says) }) {
					t.Errorf("the answer does not say what a duration is:\n%s", format(status.Status().Details.Causes))
				}
			})
		}
	}
}

// TestEveryDurationIsTested reads the durations from the CRDs, and checks that each is bounded so that Go can parse what is stored.
func TestEveryDurationIsTested(t *testing.T) {
	fields := durationFields()
	for _, n := range specNodes(t) {
		if !strings.Contains(n.Pattern, "(ms|s|m|h)") && !slices.ContainsFunc(n.Validations, func(v schema.Validation) bool { return strings.Contains(v.Rule, "duration(self)") }) {
			continue
		}
		if !slices.ContainsFunc(fields, func(f durationField) bool { return f.kind == n.Kind && f.path == n.Path }) {
			t.Errorf("%s %s takes durations and is not tested", n.Kind, n.Path)
		}
		if n.Pattern == "" || n.MaxLength == nil || len(n.Validations) == 0 {
			t.Errorf("%s %s takes durations and needs a pattern, a length and bounds: one that Go cannot parse breaks every list", n.Kind, n.Path)
		}
	}
}
