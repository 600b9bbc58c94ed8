package shard_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/shard"
)

func parse(t *testing.T, text string) shard.Selector {
	t.Helper()
	s, err := shard.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func labelled(value string) *v1alpha1.Scope {
	o := &v1alpha1.Scope{}
	if value != "" {
		o.Labels = map[string]string{v1alpha1.ShardLabel: value}
	}
	return o
}

func TestASelectorPicksObjectsByTheirLabels(t *testing.T) {
	const a, b, none = "a", "b", ""
	for text, picks := range map[string][]string{
		"":                                        {a, b, none},
		"oauth-operator.dev/shard=a":              {a},
		"oauth-operator.dev/shard":                {a, b},
		"!oauth-operator.dev/shard":               {none},
		"oauth-operator.dev/shard notin (a)":      {b, none},
		"oauth-operator.dev/shard!=a":             {b, none},
		"oauth-operator.dev/shard in (a,b)":       {a, b},
		"oauth-operator.dev/shard,team=elsewhere": {},
	} {
		t.Run(text, func(t *testing.T) {
			s, picked := parse(t, text), map[string]bool{}
			for _, value := range picks {
				picked[value] = true
			}
			for _, value := range []string{a, b, none} {
				if got := s.Has(labelled(value)); got != picked[value] {
					t.Errorf("an object with the label %q is picked: %v", value, got)
				}
			}
			if s.All() != (text == "") {
				t.Errorf("it picks all: %v", s.All())
			}
		})
	}
	if !(shard.Selector{}).Has(labelled(a)) {
		t.Error("the zero value does not pick all")
	}
}

func TestSelectorsThatSayTheSameShareALease(t *testing.T) {
	for name, tc := range map[string]struct {
		one, other string
		same       bool
	}{
		"in another order":             {"a=1,b=2", "b=2,a=1", true},
		"with blanks":                  {"a in (1, 2)", "a in (1,2)", true},
		"with values in another order": {"a in (2,1)", "a in (1,2)", true},
		"by another operator":          {"a==1", "a in (1)", true},
		"by another negation":          {"a!=1", "a notin (1)", true},
		"twice the same":               {"a=1,a==1", "a=1", true},
		"another value":                {"a=1", "a=2", false},
		"the rest":                     {"a=1", "a!=1", false},
		"there, and not there":         {"a", "!a", false},
		"greater, and less":            {"a>1", "a<1", false},
		"one of two requirements":      {"a=1,b=1", "a=1", false},
		"everything":                   {"", "a", false},
	} {
		t.Run(name, func(t *testing.T) {
			one, other := parse(t, tc.one), parse(t, tc.other)
			if same := one.Lease("operator") == other.Lease("operator"); same != tc.same {
				t.Errorf("%q and %q share a lease: %v", tc.one, tc.other, same)
			}
			if same := one.String() == other.String(); same != tc.same {
				t.Errorf("they are spelt %q and %q", one, other)
			}
		})
	}
}

func TestALeaseHasAName(t *testing.T) {
	if name := parse(t, "").Lease("operator"); name != "operator" {
		t.Errorf("the lease of everything is %q", name)
	}
	name := parse(t, "oauth-operator.dev/shard notin (a,b)").Lease("operator")
	if !strings.HasPrefix(name, "operator-") || len(validation.IsDNS1123Subdomain(name)) > 0 {
		t.Errorf("the lease of a shard is %q", name)
	}
	// A shard keeps its lease through upgrades: another name would make two leaders for a while.
	if name != "operator-ef4c13f1a3" {
		t.Errorf("the lease is %q", name)
	}
}

func TestWhatIsNoSelectorIsRefused(t *testing.T) {
	for _, text := range []string{"a b", "=a", "a in", "a=%", "a in (1"} {
		if _, err := shard.Parse(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// The canonical text is a selector itself.
func TestTheSpellingOfASelectorIsASelector(t *testing.T) {
	s := parse(t, parse(t, "!b,oauth-operator.dev/shard==a,c>4").String())
	object := &metav1.ObjectMeta{Labels: map[string]string{v1alpha1.ShardLabel: "a", "c": "5"}}
	if !s.Has(object) {
		t.Errorf("%q does not pick what it says", s)
	}
}
