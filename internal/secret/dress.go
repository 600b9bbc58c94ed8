package secret

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// Dress is the type of a published Secret, with the labels and annotations that its owner wants on it beside the operator's.
type Dress struct {
	Type        corev1.SecretType
	Labels      map[string]string
	Annotations map[string]string
}

// DressOf returns what a ConfidentialClient asks for; s may be nil.
func DressOf(s *v1alpha1.PublishedSecret) Dress {
	dress := Dress{Type: corev1.SecretTypeOpaque}
	if s == nil || s.Template == nil {
		return dress
	}
	dress.Type = cmp.Or(corev1.SecretType(s.Template.Type), dress.Type)
	if m := s.Template.Metadata; m != nil {
		dress.Labels, dress.Annotations = texts(m.Labels), texts(m.Annotations)
	}
	return dress
}

func texts[T ~string](named map[string]T) map[string]string {
	out := make(map[string]string, len(named))
	for name, text := range named {
		out[name] = string(text)
	}
	return out
}

const (
	labelPrefix      = "label:"
	annotationPrefix = "annotation:"
	sumPrefix        = "sum:"
)

// names returns what the annotation MetadataAnnotation says: which labels and annotations are the owner's, and a hash of their values, by
// which an edit by somebody else is told from a change that the owner wants. It is empty without any.
func (d Dress) names() string {
	values := map[string][]byte{}
	for name, value := range d.Labels {
		values[labelPrefix+name] = []byte(value)
	}
	for name, value := range d.Annotations {
		values[annotationPrefix+name] = []byte(value)
	}
	if len(values) == 0 {
		return ""
	}
	names := slices.Sorted(maps.Keys(values))
	return strings.Join(append(names, sumPrefix+fingerprint(values, nil)), ",")
}

// annotations returns all annotations of the Secret, given those that describe its content.
func (d Dress) annotations(content map[string]string) map[string]string {
	out := merged(d.Annotations, content)
	if names := d.names(); names != "" {
		out[v1alpha1.MetadataAnnotation] = names
	}
	return out
}

// isOn says whether the Secret has it all, and nothing that was written for an earlier one.
func (d Dress) isOn(s *corev1.Secret) bool {
	return s != nil && s.Annotations[v1alpha1.MetadataAnnotation] == d.names() && within(d.Labels, s.Labels) && within(d.Annotations, s.Annotations)
}

// isEdited says whether the Secret was given it, and has it no more.
func (d Dress) isEdited(s *corev1.Secret) bool {
	return s != nil && s.Annotations[v1alpha1.MetadataAnnotation] == d.names() && !d.isOn(s)
}

func within(part, whole map[string]string) bool {
	for name, text := range part {
		if got, is := whole[name]; !is || got != text {
			return false
		}
	}
	return true
}

// undress takes the labels and annotations out of a Secret that were written for its owner. Who edits the list of them can make us take
// what is somebody else's, but only from a Secret that they can edit themselves.
func undress(s *corev1.Secret) {
	for name := range strings.SplitSeq(s.Annotations[v1alpha1.MetadataAnnotation], ",") {
		if label, ok := strings.CutPrefix(name, labelPrefix); ok {
			delete(s.Labels, label)
		}
		if annotation, ok := strings.CutPrefix(name, annotationPrefix); ok {
			delete(s.Annotations, annotation)
		}
	}
	delete(s.Annotations, v1alpha1.MetadataAnnotation)
}

// sheds says whether labels or annotations are on the Secret that were written for its owner and are not wanted any more.
func (d Dress) sheds(s *corev1.Secret) bool {
	kept := s.DeepCopy()
	undress(kept)
	kept.Labels, kept.Annotations = merged(kept.Labels, d.Labels), merged(kept.Annotations, d.Annotations)
	gone := func(before, after map[string]string) bool {
		for name := range before {
			if _, stays := after[name]; !stays && name != v1alpha1.MetadataAnnotation {
				return true
			}
		}
		return false
	}
	_, listed := s.Annotations[v1alpha1.MetadataAnnotation]
	return gone(s.Labels, kept.Labels) || gone(s.Annotations, kept.Annotations) || listed && d.names() == ""
}
