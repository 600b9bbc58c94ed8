package application

import (
	"cmp"
	"fmt"
	"regexp/syntax"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// Scope is one scope of an application.
type Scope struct {
	Name         string   `json:"name"`
	Description  string   `json:"description,omitempty"`
	RESTPatterns []string `json:"restPatterns,omitempty"`
}

// Rejection says why a Scope object does not get onto the application.
type Rejection struct {
	// Scope object that was rejected.
	Scope types.NamespacedName
	// Name of the scope in it.
	Name string
	// Reason is one of those of the condition Accepted.
	Reason string
	// Message for the owner of the Scope: what, where and what to do.
	Message string
}

// Merged are the scopes of an application from all their sources.
type Merged struct {
	// Scopes by name.
	Scopes []Scope
	// Retained are the names of scopes that nothing declares any more and that stay on the application as they are; see Undeclared.
	Retained []string
	// Rejected Scope objects, in the order in which they were considered.
	Rejected []Rejection
}

// Rejection returns why the Scope object of the given name was rejected, or nil when it was taken.
func (m Merged) Rejection(scope types.NamespacedName) *Rejection {
	for i := range m.Rejected {
		if m.Rejected[i].Scope == scope {
			return &m.Rejected[i]
		}
	}
	return nil
}

// Undeclared returns which of the applied scopes nothing declares any more. They may be retained while somebody requests them. One whose
// Scope object lost the consent to attach is not among them: consent that is withdrawn takes effect.
func (m Merged) Undeclared(applied []v1alpha1.AppliedScope) []string {
	var names []string
	for _, a := range applied {
		declared := slices.ContainsFunc(m.Scopes, func(s Scope) bool { return s.Name == a.Name })
		refused := slices.ContainsFunc(m.Rejected, func(r Rejection) bool { return r.Name == a.Name && r.Reason == v1alpha1.ReasonNotAdmitted })
		if !declared && !refused {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Merge joins the inline scopes of an OAuthClient with the Scope objects that name it. A scope that is declared inline wins over a
// Scope object of the same name; of two Scope objects the older one wins. admits says whether the OAuthClient admits Scope
// objects of a namespace. The error names the inline scope that cannot be carried out.
func Merge(oauthClient *v1alpha1.OAuthClient, scopes []v1alpha1.Scope, admits func(namespace string) bool) (Merged, error) {
	m := Merged{}
	holder := map[string]string{} // who has a name
	for _, s := range oauthClient.Spec.Scopes {
		if reason, message := checkPatterns(oauthClient, s.Name, s.RESTPatterns); reason != "" {
			return Merged{}, fmt.Errorf("spec.scopes: %s", message)
		}
		holder[s.Name] = "spec.scopes of the OAuthClient"
		m.Scopes = append(m.Scopes, Scope{Name: s.Name, Description: s.Description, RESTPatterns: s.RESTPatterns})
	}
	scopes = slices.Clone(scopes)
	slices.SortStableFunc(scopes, func(a, b v1alpha1.Scope) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	for i := range scopes {
		s := &scopes[i]
		if !s.DeletionTimestamp.IsZero() {
			continue
		}
		reason, message := judge(oauthClient, s, holder, admits)
		if reason != "" {
			m.Rejected = append(m.Rejected, Rejection{Scope: types.NamespacedName{Namespace: s.Namespace, Name: s.Name}, Name: s.Spec.Name, Reason: reason, Message: message})
			continue
		}
		holder[s.Spec.Name] = fmt.Sprintf("Scope %s/%s", s.Namespace, s.Name)
		m.Scopes = append(m.Scopes, Scope{Name: s.Spec.Name, Description: s.Spec.Description, RESTPatterns: s.Spec.RESTPatterns})
	}
	slices.SortFunc(m.Scopes, func(a, b Scope) int { return cmp.Compare(a.Name, b.Name) })
	return m, nil
}

// judge returns why a Scope object is rejected; an empty reason means that it is taken.
func judge(oauthClient *v1alpha1.OAuthClient, s *v1alpha1.Scope, holder map[string]string, admits func(namespace string) bool) (reason, message string) {
	if !admits(s.Namespace) {
		return v1alpha1.ReasonNotAdmitted, fmt.Sprintf("OAuthClient %s/%s does not admit Scopes of namespace %q; its spec.scopeAttachment decides", oauthClient.Namespace, oauthClient.Name, s.Namespace)
	}
	if reason, message := checkPatterns(oauthClient, s.Spec.Name, s.Spec.RESTPatterns); reason != "" {
		return reason, message
	}
	if by, taken := holder[s.Spec.Name]; taken {
		return v1alpha1.ReasonConflict, fmt.Sprintf("scope %q is declared by %s already; choose another name, or remove one of the two", s.Spec.Name, by)
	}
	return "", ""
}

func checkPatterns(oauthClient *v1alpha1.OAuthClient, scope string, patterns []string) (reason, message string) {
	if len(patterns) > 0 && oauthClient.Spec.Type != v1alpha1.ApplicationTypeOAuth2Client {
		return v1alpha1.ReasonTypeMismatch, fmt.Sprintf("scope %q has restPatterns, but application %q is of type %s, whose tokens do not open the tenant's own APIs; remove restPatterns", scope, oauthClient.Spec.ApplicationID, oauthClient.Spec.Type)
	}
	for i, pattern := range patterns {
		// It is the tenant who matches. To compile a pattern of a few hundred characters can take 45 MB and a sixteenth of a second; to read it does not.
		if _, err := syntax.Parse(pattern, syntax.Perl); err != nil {
			return v1alpha1.ReasonInvalidPattern, fmt.Sprintf("restPatterns[%d] of scope %q is not a regular expression (RE2): %v", i, scope, err)
		}
	}
	return "", ""
}
