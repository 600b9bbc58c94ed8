package oauthclient_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// stage is a part of an application's life in which the operator can be cut off.
type stage struct {
	// new says that there is no OAuthClient before it.
	new bool
	// exists says that somebody has made the application by hand before it.
	exists bool
	// begin lets it begin: what somebody does to the manifests.
	begin func(m *mortal)
	// meanwhile is what happens until the operator works again; nil for nothing.
	meanwhile func(m *mortal)
}

// stages of the life of OAuthClient orders, which has a permission for role Auditors and a claims script from the beginning.
func stages() map[string]stage {
	remove := func(m *mortal) { m.Delete(m.OAuthClient("orders")) }
	change := func(change func(spec *v1alpha1.OAuthClientSpec)) func(*mortal) {
		return func(m *mortal) {
			o := m.OAuthClient("orders")
			m.Update(o, func() { change(&o.Spec) })
		}
	}
	return map[string]stage{
		"the first application": {new: true, begin: createOrders},
		"a change of settings": {begin: change(func(spec *v1alpha1.OAuthClientSpec) {
			spec.Audience, spec.Description = "https://changed.example.com", "Changed"
			spec.Token = &v1alpha1.ApplicationToken{Lifetime: &metav1.Duration{Duration: time.Hour}}
			spec.ClaimsScript = "setClaim('Department', 'changed')"
		})},
		"no claims script any more": {begin: change(func(spec *v1alpha1.OAuthClientSpec) { spec.ClaimsScript = "" })},
		"the adoption of what exists already": {new: true, exists: true, begin: func(m *mortal) {
			o := ordersOf(m)
			o.Spec.AdoptionPolicy, o.Spec.DeletionPolicy = v1alpha1.AdoptionPolicyAdopt, v1alpha1.DeletionPolicyDelete
			m.Create(o)
		}},
		"more scopes": {begin: func(m *mortal) {
			m.Create(m.Scope("write", "orders", "write"))
			change(func(spec *v1alpha1.OAuthClientSpec) {
				spec.Scopes = append(spec.Scopes, v1alpha1.InlineScope{Name: "delete"})
			})(m)
		}},
		"other permissions": {begin: change(func(spec *v1alpha1.OAuthClientSpec) {
			spec.Permissions = []v1alpha1.Permission{{Role: "Readers", CreateRole: true}, {Role: "Keepers", Rights: []v1alpha1.ApplicationRight{"View"}}}
		})},
		"no role for clients any more":                    {begin: change(func(spec *v1alpha1.OAuthClientSpec) { spec.ClientRole = v1alpha1.ClientRoleNone })},
		"the deletion":                                    {begin: remove},
		"a role for clients that is begun and not wanted": {new: true, begin: createOrders, meanwhile: change(func(spec *v1alpha1.OAuthClientSpec) { spec.ClientRole = v1alpha1.ClientRoleNone })},
		"the deletion of what is begun":                   {new: true, begin: createOrders, meanwhile: remove},
		"a change that is taken back":                     {begin: change(func(spec *v1alpha1.OAuthClientSpec) { spec.Audience = "https://mistake.example.com" }), meanwhile: change(func(spec *v1alpha1.OAuthClientSpec) { spec.Audience = "https://orders.example.com" })},
		"a deletion right after changes":                  {begin: change(func(spec *v1alpha1.OAuthClientSpec) { spec.Permissions = nil }), meanwhile: remove},
	}
}

func ordersOf(m *mortal) *v1alpha1.OAuthClient {
	o := m.OAuthClient("orders")
	o.Spec.Permissions = []v1alpha1.Permission{{Role: "Auditors"}}
	o.Spec.ClaimsScript = "setClaim('Department', 'orders')"
	return o
}

func createOrders(m *mortal) { m.Create(ordersOf(m)) }

// end is how the operator is cut off.
type end struct {
	// killed says that the process ends. Otherwise it only misses an answer.
	killed bool
	// stranger says that somebody else makes an application by hand until the operator works again, and does not name it yet.
	stranger bool
}

// TestAnOperatorThatIsCutOffAfterAnyEffectEndsWithOneApplication goes through every stage without a disturbance first. Then it goes through it
// once for each call to the tenant and each write to kube-apiserver of that: the effect happens, its answer is lost, and either the operator
// works on or another one takes its place. All must end alike.
func TestAnOperatorThatIsCutOffAfterAnyEffectEndsWithOneApplication(t *testing.T) {
	for name, stage := range stages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMortal(t, emulator.Switches{})
			effects, want := m.undisturbed(stage)
			for at, effect := range effects {
				for how, end := range stage.ends() {
					t.Run(fmt.Sprintf("%s after %d, %s", how, at+1, effect), func(t *testing.T) { m.in(t).cutOff(stage, end, at+1, want) })
				}
			}
		})
	}
}

// TestAnApplicationWithoutANameIsTakenOnlyWithProof cuts the operator off while there may be an application that it has made and not named
// yet: on tenants that show who made it, and that do not, with and without one that somebody else makes meanwhile.
func TestAnApplicationWithoutANameIsTakenOnlyWithProof(t *testing.T) {
	for on, switches := range map[string]emulator.Switches{
		"a tenant that shows who made an application": {},
		"a tenant that hides who made an application": {HideOwner: true},
	} {
		for _, name := range []string{"the first application", "the deletion of what is begun"} {
			t.Run(name+" on "+on, func(t *testing.T) {
				t.Parallel()
				stage := stages()[name]
				m := newMortal(t, switches)
				effects, want := m.undisturbed(stage)
				named := slices.Index(effects, "SaasManage/UpdateApplicationDE")
				for at, effect := range effects[:named] {
					for how, end := range map[string]end{"killed": {killed: true}, "killed, and somebody makes another": {killed: true, stranger: true}} {
						t.Run(fmt.Sprintf("%s after %d, %s", how, at+1, effect), func(t *testing.T) { m.in(t).cutOff(stage, end, at+1, want) })
					}
				}
			})
		}
	}
}

// ends of a process in this stage. Where something happens meanwhile it has to be killed: it would go on at once otherwise.
func (s stage) ends() map[string]end {
	if s.meanwhile != nil {
		return map[string]end{"killed": {killed: true}}
	}
	return map[string]end{"killed": {killed: true}, "answer lost": {}}
}

// in returns the world for a subtest.
func (m *mortal) in(t *testing.T) *mortal {
	t.Helper()
	copied := *m
	copied.World, copied.t = m.In(t), t
	return &copied
}

// undisturbed goes through a stage, and returns its effects and what it ends with.
func (m *mortal) undisturbed(s stage) (effects []string, picture string) {
	m.t.Helper()
	m.prepare(s)
	s.begin(m)
	effects = m.process(0, false)
	if s.meanwhile != nil {
		s.meanwhile(m)
		m.process(0, false)
	}
	picture = m.picture()
	m.clear()
	return effects, picture
}

// cutOff goes through a stage with a disturbance after the effect of the given number.
func (m *mortal) cutOff(s stage, e end, at int, want string) {
	m.t.Helper()
	defer m.clear()
	m.prepare(s)
	s.begin(m)
	m.process(at, e.killed)
	strangers := ""
	if e.stranger {
		key, err := m.Tenant.AddApplication(map[string]any{"Name": "Half made by hand"})
		if err != nil {
			m.t.Fatal(err)
		}
		strangers = key
	}
	if s.meanwhile != nil {
		s.meanwhile(m)
	}
	if e.killed {
		m.process(0, false)
	}
	if diff := cmp.Diff(want, m.picture()); diff != "" {
		m.t.Errorf("it ends otherwise than undisturbed (-want +got):\n%s\nthe last effects were %q", diff, m.tape.Recorded())
	}
	m.checkUnconfigured(strangers)
}

// checkUnconfigured says what is wrong with the applications without a name: somebody else's has to be as it was, and what we left has to be
// named. Where the tenant shows who made an application, nothing is left but next to somebody else's.
func (m *mortal) checkUnconfigured(strangers string) {
	m.t.Helper()
	var named []string
	orders := m.orders()
	if orders != nil {
		named = orders.Status.Leftovers
	}
	for _, a := range m.Tenant.Applications() {
		switch {
		case a.Key == strangers && (a.ServiceName != "" || a.Name != "Half made by hand"):
			m.t.Errorf("the application of somebody else was taken: %+v", a)
		case a.Key == strangers || a.ServiceName != "":
		case !m.hidden && strangers == "":
			m.t.Errorf("application %s was left without a name", a.Key)
		case orders != nil && !slices.Contains(named, a.Key):
			m.t.Errorf("application %s was left without a name, and is not among the leftovers: %v", a.Key, named)
		}
	}
}

// prepare makes what a stage begins with.
func (m *mortal) prepare(s stage) {
	m.t.Helper()
	if s.exists {
		key, err := m.Tenant.AddApplication(map[string]any{"Name": "Made by hand", "ServiceName": "orders"})
		if err == nil {
			err = m.Tenant.AddGrant(key, emulator.SeedGrant{Role: "Keepers"})
		}
		if err != nil {
			m.t.Fatal(err)
		}
	}
	if !s.new {
		createOrders(m)
		m.process(0, false)
	}
}

// clear takes everything away, undisturbed.
func (m *mortal) clear() {
	m.t.Helper()
	m.Delete(m.Scope("write", "orders", "write"))
	m.Delete(m.OAuthClient("orders"))
	m.process(0, false)
	for _, a := range m.Tenant.Applications() {
		switch a.ServiceName {
		case "operator-admin":
		case "":
			if err := m.Tenant.RemoveApplication(a.Key); err != nil {
				m.t.Error(err)
			}
		default:
			m.t.Errorf("the deletion has left application %q", a.ServiceName)
		}
	}
	if made, found := m.Tenant.Role("Readers"); found {
		if err := m.Tenant.RemoveRole(made.ID); err != nil {
			m.t.Error(err)
		}
	}
	if _, found := m.Tenant.Role("orders clients"); found {
		m.t.Error("the deletion has left the role of the clients")
	}
}
