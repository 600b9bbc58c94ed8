package secret

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// Content is what is published.
type Content struct {
	// AccessToken, its type, its scopes and its times; all zero but IssueTime when the token is not delivered: it was requested to try
	// the credential, and not kept.
	AccessToken    oauth.Secret
	TokenType      string
	Scope          string
	IssueTime      time.Time
	ExpirationTime time.Time
	// TenantExpirationTime is zero when the tenant told none.
	TenantExpirationTime time.Time
	// SpecHash of everything that the token depends on.
	SpecHash string
	// RenewRequest is the request for a new token that this one answers; empty for none.
	RenewRequest string
	// Rollout identifies the last change for which workloads are to be restarted; empty for none.
	Rollout string
	// Others are the client credentials and the endpoints, as far as they are delivered.
	Others map[Field]oauth.Secret
}

// Published is what a Secret holds.
type Published struct {
	// UID of the Secret; empty when there is none.
	UID types.UID
	// Version changes with every write to the Secret.
	Version string
	// Intact says that the Secret holds what was published of the token, with all its times.
	Intact bool
	// OthersIntact says that it holds what was published beside the token.
	OthersIntact bool
	// Layout that was published; only meaningful when Intact.
	Layout Layout
	// Content that was published; only meaningful when Intact, and Others when OthersIntact.
	Content Content

	// Live says that the Secret was looked for past any cache.
	Live bool

	object *corev1.Secret
}

// Found says that there is a Secret of ours.
func (p Published) Found() bool { return p.UID != "" }

// Holds says whether a Secret is in every respect but the token as it is wanted.
func (p Published) Holds(layout Layout, others map[Field]oauth.Secret, dress Dress, claim Claim) bool {
	return p.isLabelled(claim) && claim.isOn(p.object) && dress.isOn(p.object) && p.OthersIntact && p.Layout.Equal(layout) && maps.EqualFunc(p.Content.Others, others, oauth.Secret.Equal)
}

// IsEdited says whether somebody else has changed something that was published beside the token: keys, labels or annotations.
func (p Published) IsEdited(dress Dress, claim Claim) bool {
	return p.Found() && (!p.isLabelled(claim) || !p.OthersIntact || dress.isEdited(p.object))
}

// isLabelled says whether the Secret carries the labels by which it is watched.
func (p Published) isLabelled(claim Claim) bool {
	return p.object != nil && within(claim.labels(), p.object.Labels)
}

// CredentialDiffers says whether client credentials are published that are not the given ones.
func (p Published) CredentialDiffers(others map[Field]oauth.Secret) bool {
	if !p.Intact || !p.OthersIntact || !p.Layout.HoldsCredential() {
		return false
	}
	return slices.ContainsFunc(credentialFields(), func(field Field) bool {
		wanted, is := others[field]
		return is && !wanted.Equal(p.Content.Others[field])
	})
}

// HasCredential says whether there are client credentials in the Secret. wanted is the layout that the owner asks for: it says where to
// look when somebody has edited the Secret.
func (p Published) HasCredential(wanted Layout) bool { return len(p.credentialKeys(wanted)) > 0 }

// credentialKeys returns the keys in the Secret that hold client credentials.
func (p Published) credentialKeys(wanted Layout) []string {
	if !p.Found() {
		return nil
	}
	layouts := []Layout{p.Layout}
	if !p.Intact {
		layouts = append(layouts, wanted)
	}
	var keys []string
	for _, layout := range layouts {
		for _, field := range layout.secretive() {
			if _, is := p.object.Data[layout[field]]; is {
				keys = append(keys, layout[field])
			}
		}
	}
	return keys
}

// read takes from a Secret what was published in it.
func read(s *corev1.Secret) Published {
	p := Published{UID: s.UID, Version: s.ResourceVersion, Layout: parseLayout(s.Annotations[v1alpha1.KeysAnnotation]), object: s}
	token, others := split(p.Layout, s.Data)
	issue, okIssue := parseTime(s.Annotations[v1alpha1.IssueTimeAnnotation])
	expiration, okExpiration := parseTime(s.Annotations[v1alpha1.ExpirationTimeAnnotation])
	tenantExpiration, _ := parseTime(s.Annotations[v1alpha1.TenantExpirationTimeAnnotation])
	p.Intact = okIssue && s.Annotations[v1alpha1.FingerprintAnnotation] == fingerprint(token, s.Annotations)
	if p.Layout.HoldsToken() {
		p.Intact = p.Intact && okExpiration && len(token[p.Layout[FieldAccessToken]]) > 0
	}
	p.OthersIntact = s.Annotations[v1alpha1.DeliveryFingerprintAnnotation] == deliveryFingerprint(others)
	p.Content = Content{
		AccessToken:          oauth.NewSecret(string(token[p.Layout[FieldAccessToken]])),
		TokenType:            string(token[p.Layout[FieldTokenType]]),
		Scope:                string(token[p.Layout[FieldScope]]),
		IssueTime:            issue,
		ExpirationTime:       expiration,
		TenantExpirationTime: tenantExpiration,
		SpecHash:             s.Annotations[v1alpha1.TokenSpecHashAnnotation],
		Rollout:              s.Annotations[v1alpha1.RolloutAnnotation],
		RenewRequest:         s.Annotations[v1alpha1.HandledRenewRequestAnnotation],
	}
	for field, key := range p.Layout {
		if value, present := others[key]; present {
			if p.Content.Others == nil {
				p.Content.Others = map[Field]oauth.Secret{}
			}
			p.Content.Others[field] = oauth.NewSecret(string(value))
		}
	}
	return p
}

// split divides what a Secret holds of a layout into the token's keys and the others.
func split(layout Layout, data map[string][]byte) (token, others map[string][]byte) {
	token, others = map[string][]byte{}, map[string][]byte{}
	for field, key := range layout {
		value, present := data[key]
		switch {
		case !present:
		case slices.Contains(tokenFields(), field):
			token[key] = value
		default:
			others[key] = value
		}
	}
	return token, others
}

// render returns the data and the annotations that publish content in a layout, without those of a template.
func render(content Content, layout Layout) (data map[string][]byte, annotations map[string]string) {
	annotations = map[string]string{
		v1alpha1.IssueTimeAnnotation:     formatTime(content.IssueTime),
		v1alpha1.TokenSpecHashAnnotation: content.SpecHash,
		v1alpha1.KeysAnnotation:          layout.String(),
	}
	if content.Rollout != "" {
		annotations[v1alpha1.RolloutAnnotation] = content.Rollout
	}
	if content.RenewRequest != "" {
		annotations[v1alpha1.HandledRenewRequestAnnotation] = content.RenewRequest
	}
	values := fields(content, content.Others, layout)
	for field, value := range content.Others {
		if field.isTemplate() {
			values[field] = value
		}
	}
	if layout.HoldsToken() {
		annotations[v1alpha1.ExpirationTimeAnnotation] = formatTime(content.ExpirationTime)
		if !content.TenantExpirationTime.IsZero() {
			annotations[v1alpha1.TenantExpirationTimeAnnotation] = formatTime(content.TenantExpirationTime)
		}
	}
	data = make(map[string][]byte, len(layout))
	for field, key := range layout {
		data[key] = []byte(values[field].Reveal())
	}
	token, others := split(layout, data)
	annotations[v1alpha1.FingerprintAnnotation] = fingerprint(token, annotations)
	if sum := deliveryFingerprint(others); sum != "" {
		annotations[v1alpha1.DeliveryFingerprintAnnotation] = sum
	}
	return data, annotations
}

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}
