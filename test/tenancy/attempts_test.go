package tenancy_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// attempt is an object by which somebody tries to get more than access grants.
type attempt struct {
	// kind of the object.
	kind string
	// in is the part of the world in whose namespace it is; billing when empty.
	in string
	// spec in YAML; ${shop} is the name of that namespace.
	spec string
	// reason that the object is to give, and what its message says. A Scope says it in Accepted, all others in Ready.
	reason, says string
}

// least is how many attempts there are to be in the table of those that are refused before any call.
const least = 60

// attempts are all that are refused before any call to the tenant, by family and name.
func attempts() map[string]map[string]attempt {
	return map[string]map[string]attempt{
		"namespaces": namespaceAttempts(), "roles": roleAttempts(), "scopes": scopeAttempts(), "types and lifetimes": tokenAttempts(),
		"applications": applicationAttempts(), "users": userAttempts(), "Secrets": secretAttempts(),
	}
}

// TestAttemptsAreRefusedBeforeAnyCallToTheTenant makes one attempt after the other on one stage. Each must give its reason without a call to the
// tenant, without a write to anything but the object itself, and without a look at Secrets of others. They stay: a new process that meets all of
// them at once must not do more, and neither must their deletion.
func TestAttemptsAreRefusedBeforeAnyCallToTheTenant(t *testing.T) {
	s := newStage(t)
	s.plantForgeries()
	made := 0
	var refused []client.Object
	before := s.Tenant.Calls()
	for _, family := range slices.Sorted(maps.Keys(attempts())) {
		table := attempts()[family]
		for _, name := range slices.Sorted(maps.Keys(table)) {
			made++
			object := fmt.Sprintf("attempt-%d", made)
			t.Run(family+"/"+name, func(t *testing.T) {
				writes := s.Writes()
				refused = append(refused, s.in(t).try(object, table[name]))
				s.in(t).expectNothing(before)
				s.in(t).expectOwnWrites(table[name], writes)
			})
		}
	}
	if made < least {
		t.Errorf("there are %d attempts, fewer than %d", made, least)
	}
	t.Run("all at once, by a new process", func(t *testing.T) {
		s.Quiet()
		s.stop()
		for _, object := range refused {
			s.Get(object)
		}
		passes := s.Passes()
		s.StartOperator()
		s.Settled(passes, len(refused))
		s.in(t).expectNothing(before)
		for _, object := range refused {
			was := object.DeepCopyObject()
			if s.IsReady(object) {
				t.Errorf("%T %s is Ready", object, object.GetName())
			}
			if diff := cmp.Diff(was, object); diff != "" {
				t.Errorf("%T %s was written to (-was +is):\n%s", object, object.GetName(), diff)
			}
		}
	})
	t.Run("their deletion", func(t *testing.T) {
		for _, object := range refused {
			s.Delete(object)
		}
		for _, object := range refused {
			s.Gone(object)
		}
		s.in(t).expectNothing(before)
	})
}

// try makes an attempt and waits until it is refused.
func (s *stage) try(name string, a attempt) client.Object {
	s.t.Helper()
	in := a.in
	if in == "" {
		in = "billing"
	}
	object := s.make(a.kind, in, name, a.spec)
	condition := v1alpha1.ConditionReady
	if a.kind == scope {
		condition = v1alpha1.ConditionAccepted
	}
	c := s.Condition(object, condition, metav1.ConditionFalse, a.reason)
	if says := s.expand(a.says); !strings.Contains(c.Message, says) {
		s.t.Errorf("the message does not say %q: %s", says, c.Message)
	}
	return object
}

// expectNothing says what has been called since earlier, and which Secrets of others were looked at.
func (s *stage) expectNothing(earlier emulator.Counters) {
	s.t.Helper()
	if made := s.Tenant.Calls().Sub(earlier); made.Total() != 0 {
		s.t.Errorf("the tenant was called:\n%s", made)
	}
	for _, part := range []string{"identity", "shop", "operator"} {
		for _, resource := range []string{"secrets", "configmaps"} {
			if s.HasRead(part, resource, jewels) {
				s.t.Errorf("the operator has read %s %s of namespace %s", resource, jewels, part)
			}
		}
	}
}

// expectOwnWrites says what was written since earlier besides the object of an attempt. An OAuthClient tells in its status which Scopes it does not
// take, and an IdentityTenant counts who names it.
func (s *stage) expectOwnWrites(a attempt, earlier environment.Writes) {
	s.t.Helper()
	for what := range s.Writes().Since(earlier) {
		_, resource, _ := strings.Cut(what, " ")
		kind, _, _ := strings.Cut(resource, "/")
		// Whether a Scope is in use is told in its own time, also of the attempt before.
		if kind != strings.ToLower(a.kind)+"s" && resource != "identitytenants/status" && resource != "scopes/status" && (a.kind != scope || resource != "oauthclients/status") {
			s.t.Errorf("something else was written: %s", what)
		}
	}
}
