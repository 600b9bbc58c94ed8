package resilience

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/ownership"
)

// Picture tells everything there is in the world, in the cluster and on the tenant, but what differs from one life of the same objects to another:
// times, identifiers, hashes, passwords, tokens, and the log of changes. What the tenant has and a status names as a leftover is not part of it.
func (w *World) Picture() string {
	w.t.Helper()
	w.catchUp()
	all := map[string]any{}
	for _, resource := range reconciled() {
		for _, o := range w.cache.all(resource) {
			all[resource+" "+o.GetName()] = []any{o.GetFinalizers(), scrub(statusTree(w, o))}
		}
	}
	secrets := &corev1.SecretList{}
	for _, namespace := range w.namespaces() {
		if err := w.Client.List(w.t.Context(), secrets, client.InNamespace(namespace)); err != nil {
			w.t.Fatal(err)
		}
		for _, s := range secrets.Items {
			if w.isAbandoned(&s) {
				continue
			}
			delete(s.Annotations, v1alpha1.LastResetAnnotation) // an operator that was cut off may have to set a password twice
			all["secret "+s.Namespace+"/"+s.Name] = []any{
				s.Type, s.Labels, slices.Sorted(maps.Keys(s.Data)), slices.Sorted(maps.Keys(s.Annotations)), len(s.OwnerReferences),
			}
		}
	}
	w.portrayTenant(all)
	raw, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		w.t.Fatal(err)
	}
	text := strings.NewReplacer(w.names()...).Replace(string(raw))
	text = derived.ReplaceAllString(text, ".HASH$1@")
	return moment.ReplaceAllString(text, "TIME")
}

var (
	// derived finds the hash in a derived login name.
	derived = regexp.MustCompile(`\.[0-9a-f]{10}(-b)?@`)
	// moment finds the times in messages.
	moment = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
)

// statuses returns the status of each object as it is.
func (w *World) statuses() map[string]any {
	w.t.Helper()
	all := map[string]any{}
	for _, resource := range reconciled() {
		for _, o := range w.cache.all(resource) {
			all[resource+" "+o.GetName()] = statusTree(w, o)
		}
	}
	return all
}

func statusTree(w *World, object client.Object) any {
	w.t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		w.t.Fatal(err)
	}
	tree := struct {
		Status map[string]any `json:"status"`
	}{}
	if err := json.Unmarshal(raw, &tree); err != nil {
		w.t.Fatal(err)
	}
	return tree.Status
}

// scrub takes out of a status what differs from one life to another.
func scrub(tree any) any {
	switch node := tree.(type) {
	case map[string]any:
		for key, value := range node {
			switch lower := strings.ToLower(key); {
			case lower == "changes", lower == "leftovers", lower == "lasthandledreconcilerequest", strings.HasSuffix(lower, "time"), lower == "keyid":
				delete(node, key)
			case strings.HasSuffix(lower, "hash"), lower == "observedcredentials":
				node[key] = "SET"
			default:
				node[key] = scrub(value)
			}
		}
	case []any:
		node = slices.DeleteFunc(node, func(item any) bool {
			condition, ok := item.(map[string]any)
			if ok && slices.Contains([]any{v1alpha1.ConditionCredentialValid, v1alpha1.ConditionTokenVerified}, condition["type"]) {
				delete(condition, "observedGeneration") // it tells when the last token was requested
			}
			return ok && condition["type"] == v1alpha1.ConditionLeftoverSuspected
		})
		for i := range node {
			node[i] = scrub(node[i])
		}
		return node
	}
	return tree
}

// portrayTenant adds what the tenant has.
func (w *World) portrayTenant(all map[string]any) {
	named, stands := w.leftovers(), w.identifiers()
	byName := func(a, b string) int { return cmp.Compare(stands[a], stands[b]) }
	for _, a := range w.Tenant.Applications() {
		if a.ServiceName == "" && a.Owner != "" && (slices.Contains(named, a.Key) || w.unproven && len(w.cache.all(oauthClients)) == 0) {
			continue // what strangers have made has no owner of ours
		}
		slices.SortFunc(a.Grants, func(a, b emulator.Grant) int { return cmp.Compare(a.PrincipalName, b.PrincipalName) })
		all["application "+cmp.Or(a.ServiceName, a.Name, "without a name")] = a
	}
	for _, r := range w.Tenant.Roles() {
		if slices.SortFunc(r.Members, byName); !w.letsOff(r.ID, r.Description) {
			all["role "+r.Name] = r
		}
	}
	for _, u := range w.Tenant.Users() {
		if slices.SortFunc(u.RoleIDs, byName); !w.letsOff(u.ID, u.Description) {
			all["user "+u.Name] = u
		}
	}
}

// letsOff says whether a user or a role was made too late for its owner to know it.
func (w *World) letsOff(id, description string) bool {
	_, marked := ownership.Find(description)
	return w.lateMaking && marked && !slices.Contains(w.known(), id)
}

// isAbandoned says whether a Secret was made too late for the ConfidentialClient that it is for to remove it.
func (w *World) isAbandoned(s *corev1.Secret) bool {
	owner, found := strings.CutPrefix(s.Name, "credential-")
	if len(s.OwnerReferences) > 0 {
		owner, found = string(s.OwnerReferences[0].UID), true
	}
	return w.lateMaking && found && !slices.ContainsFunc(w.cache.all(clients), func(o client.Object) bool { return string(o.GetUID()) == owner })
}

// leftovers returns the row keys that statuses name.
func (w *World) leftovers() []string {
	var keys []string
	for _, o := range w.cache.all(oauthClients) {
		keys = append(keys, o.(*v1alpha1.OAuthClient).Status.Leftovers...)
	}
	return keys
}

// identifiers returns what differs from one world to another, with what it stands for.
func (w *World) identifiers() map[string]string {
	stands := map[string]string{w.Tenant.URL(): "TENANT"}
	for _, namespace := range w.namespaces() {
		part, _, _ := strings.Cut(namespace, "-")
		stands[namespace] = part
	}
	for _, resource := range reconciled() {
		for _, o := range w.cache.all(resource) {
			stands[string(o.GetUID())] = "UID of " + resource + " " + o.GetName()
		}
	}
	for _, a := range w.Tenant.Applications() {
		stands[a.Key] = "KEY of " + a.ServiceName
	}
	for _, r := range w.Tenant.Roles() {
		if !r.BuiltIn {
			stands[r.ID] = "ID of " + r.Name
		}
	}
	for _, u := range w.Tenant.Users() {
		stands[u.ID] = "ID of " + u.Name
	}
	return stands
}

// names pairs identifiers with what they stand for, the longest first.
func (w *World) names() []string {
	stands := w.identifiers()
	keys := slices.SortedFunc(maps.Keys(stands), func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) })
	pairs := make([]string, 0, 2*len(keys))
	for _, key := range keys {
		pairs = append(pairs, key, strings.NewReplacer("-"+w.suffix(), "").Replace(stands[key]))
	}
	return pairs
}

// suffix is what the names of the world's namespaces end in.
func (w *World) suffix() string {
	_, suffix, _ := strings.Cut(w.Namespace("shop"), "-")
	return suffix
}

// stranger is what is on every tenant, and is not the operator's.
const stranger = "Somebody else's"

// settleStrangers makes an application, a role and a user that nobody declares, and applications that were never named.
func (w *World) settleStrangers() {
	w.t.Helper()
	if _, err := w.Tenant.AddApplication(map[string]any{"Name": stranger, "ServiceName": "elsewhere"}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Tenant.AddApplication(map[string]any{"Name": stranger + " half made"}); err != nil {
		w.t.Fatal(err)
	}
	for _, name := range []string{"Auditors", "Keepers", stranger} {
		if _, err := w.Tenant.AddRole(emulator.SeedRole{Name: name}); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.Tenant.AddUser(emulator.SeedUser{Name: "somebody@example.test", Password: "Correct-horse-9", Roles: []string{stranger}}); err != nil {
		w.t.Fatal(err)
	}
}

// String tells what a break is, for the names of tests.
func (b Break) String() string { return fmt.Sprintf("%s %d", b.Fault, b.At) }
