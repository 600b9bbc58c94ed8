// Package ownership writes and reads the mark that the operator leaves on everything it makes on a tenant.
//
// The mark stands at the end of a description, because applications, roles and users all have one and nothing else that is free
// text. It is what tells our objects from other people's, and from those of another cluster on the same tenant.
package ownership

import (
	"fmt"
	"regexp"
	"strings"
)

// Mark names the object of the cluster that an object on the tenant belongs to.
type Mark struct {
	// ClusterID of the cluster (IdentityTenant status.clusterID).
	ClusterID string
	// Kind, Namespace and Name of the object in the cluster.
	Kind, Namespace, Name string
	// UID of the object. It changes when the object is restored from a backup, so it does not decide who owns what.
	UID string
	// Adopted says that somebody else had made what is marked. It is orphaned by default when its owner is deleted, and the fact has to
	// outlive the owner's status.
	Adopted bool
}

// marks finds marks; the names of clusters, kinds, namespaces, objects and UIDs have none of the characters that delimit them.
var marks = regexp.MustCompile(`\[oauth-operator cluster=([^\s\]]+) owner=([^\s/\]]+)/([^\s/\]]+)/([^\s/\]]+) uid=([^\s\]]*)( adopted)?\]`)

// String returns the mark as it is written at the end of a description.
func (m Mark) String() string {
	adopted := ""
	if m.Adopted {
		adopted = " adopted"
	}
	return fmt.Sprintf("[oauth-operator cluster=%s owner=%s/%s/%s uid=%s%s]", m.ClusterID, m.Kind, m.Namespace, m.Name, m.UID, adopted)
}

// Owner returns kind, namespace and name for a message.
func (m Mark) Owner() string {
	return fmt.Sprintf("%s %s/%s of cluster %q", m.Kind, m.Namespace, m.Name, m.ClusterID)
}

// Whose says to whom something on the tenant belongs, seen from one owner.
type Whose string

const (
	// Nobodys carries no mark: it was not made by an operator, or somebody has edited its description.
	Nobodys Whose = "Nobodys"
	// Ours carries a mark of the same owner.
	Ours Whose = "Ours"
	// Others carries a mark of another owner, in this cluster or elsewhere.
	Others Whose = "Others"
)

// Compare says whose something on the tenant is by its description, and returns the mark that it carries: the zero Mark for what is nobody's. A
// restored object has a new UID and is still the same owner.
func (m Mark) Compare(description string) (found Mark, whose Whose) {
	found, marked := Find(description)
	switch {
	case !marked:
		return found, Nobodys
	case m.ClusterID == found.ClusterID && m.Kind == found.Kind && m.Namespace == found.Namespace && m.Name == found.Name:
		return found, Ours
	}
	return found, Others
}

// IsOn says whether something on the tenant is ours by its description.
func (m Mark) IsOn(description string) bool {
	_, whose := m.Compare(description)
	return whose == Ours
}

// Describe appends the mark to a description.
func (m Mark) Describe(description string) string {
	if description == "" {
		return m.String()
	}
	return description + " " + m.String()
}

// Strip returns a description without the mark at its end, and without the blanks before it.
func Strip(description string) string {
	mark, marked := Find(description)
	if !marked {
		return description
	}
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(description), mark.String()))
}

// Find returns the mark at the end of a description. A mark anywhere else counts for nothing: a description is partly free text,
// and what stands there must not pass for the operator's own.
func Find(description string) (Mark, bool) {
	description = strings.TrimSpace(description)
	all := marks.FindAllStringSubmatchIndex(description, -1)
	if len(all) == 0 {
		return Mark{}, false
	}
	at := all[len(all)-1]
	if at[1] != len(description) {
		return Mark{}, false
	}
	group := func(i int) string { return description[at[2*i]:at[2*i+1]] }
	adopted := at[2*6] >= 0
	return Mark{ClusterID: group(1), Kind: group(2), Namespace: group(3), Name: group(4), UID: group(5), Adopted: adopted}, true
}
