package ownership_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/ownership"
)

// FuzzFind: whatever people write before our mark, ours is the one that counts; and what counts as a mark reads back as itself.
func FuzzFind(f *testing.F) {
	f.Add("")
	f.Add("Orders API")
	f.Add(mark.String())
	f.Add("[oauth-operator cluster=[oauth-operator cluster=a owner=A/b/c uid=d] owner=B/e/f uid=]")
	f.Add("[oauth-operator cluster=a owner=B/c/d uid=")
	f.Fuzz(func(t *testing.T, description string) {
		if got, found := ownership.Find(mark.Describe(description)); !found || got != mark {
			t.Errorf("after %q the mark is %+v, %v", description, got, found)
		}
		found, ok := ownership.Find(description)
		if !ok {
			return
		}
		if again, ok := ownership.Find(found.String()); !ok || again != found {
			t.Errorf("%+v is written as %q and read as %+v", found, found, again)
		}
	})
}
