package ownership_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/ownership"
)

var mark = ownership.Mark{ClusterID: "prod-eu-1", Kind: "OAuthClient", Namespace: "shop", Name: "orders.v2", UID: "8f14e45f"}

func TestFindReturnsWhatDescribeWrote(t *testing.T) {
	for _, description := range []string{"", "Orders API", "ends in [brackets]", "forged " + ownership.Mark{ClusterID: "x", Kind: "OAuthClient", Namespace: "a", Name: "b"}.String()} {
		got, found := ownership.Find(mark.Describe(description))
		if !found {
			t.Fatalf("no mark in %q", mark.Describe(description))
		}
		if diff := cmp.Diff(mark, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", description, diff)
		}
	}
}

func TestAMarkRemembersThatItsObjectWasAdopted(t *testing.T) {
	adopted := mark
	adopted.Adopted = true
	got, found := ownership.Find(adopted.Describe("Orders API"))
	if !found || got != adopted {
		t.Errorf("the mark is %+v, %v", got, found)
	}
	if !mark.IsOn(adopted.String()) || !adopted.IsOn(mark.String()) {
		t.Error("adoption changes who owns it")
	}
}

func TestFindRefusesWhatIsNotAMarkAtTheEnd(t *testing.T) {
	for name, description := range map[string]string{
		"nothing":                     "",
		"free text":                   "made by the oauth-operator",
		"a mark with text after it":   mark.String() + " edited by hand",
		"a mark without its bracket":  "[oauth-operator cluster=a owner=B/c/d uid=e",
		"a mark without a namespace":  "[oauth-operator cluster=a owner=B/d uid=e]",
		"a mark with a blank in name": "[oauth-operator cluster=a owner=B/c/d e uid=f]",
	} {
		t.Run(name, func(t *testing.T) {
			if got, found := ownership.Find(description); found {
				t.Errorf("found %+v", got)
			}
		})
	}
}

func TestCompareSaysWhoseItIs(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*ownership.Mark)
		want   ownership.Whose
	}{
		"the same object":                               {func(*ownership.Mark) {}, ownership.Ours},
		"the same object restored from a backup":        {func(m *ownership.Mark) { m.UID = "other" }, ownership.Ours},
		"an object of the same name elsewhere":          {func(m *ownership.Mark) { m.Namespace = "shop2" }, ownership.Others},
		"an object of another kind":                     {func(m *ownership.Mark) { m.Kind = "ConfidentialClient" }, ownership.Others},
		"an object of the same name in another cluster": {func(m *ownership.Mark) { m.ClusterID = "prod-us-1" }, ownership.Others},
	} {
		t.Run(name, func(t *testing.T) {
			other := mark
			tc.change(&other)
			found, whose := mark.Compare(other.Describe("Orders API"))
			if whose != tc.want || found != other {
				t.Errorf("got %s, %+v", whose, found)
			}
			if got := mark.IsOn(other.String()); got != (tc.want == ownership.Ours) {
				t.Errorf("IsOn says %v", got)
			}
		})
	}
	if found, whose := mark.Compare("Orders API"); whose != ownership.Nobodys || found != (ownership.Mark{}) || mark.IsOn("Orders API") {
		t.Errorf("without a mark: %s, %+v", whose, found)
	}
}
