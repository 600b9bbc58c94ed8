package shards_test

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// TestSelectorsThatOverlapComeToRest as while selectors are changed, or by mistake: some things are done twice, and nothing is fought over.
func TestSelectorsThatOverlapComeToRest(t *testing.T) {
	w := server.New(t, emulator.Options{})
	work(t, w, east)
	work(t, w, v1alpha1.ShardLabel)
	work(t, w, "")
	tenant := in("east", w.IdentityTenant())
	objects, clients := []client.Object{tenant}, []*v1alpha1.ConfidentialClient{}
	w.Create(w.AdminSecret(), tenant)
	for i := range 3 {
		name := fmt.Sprint("orders-", i)
		application, c := in("east", w.OAuthClient(name)), in("east", w.ConfidentialClient(name, name, "read"))
		w.Create(application, c)
		objects, clients = append(objects, application, c), append(clients, c)
	}
	w.Ready(objects...)
	w.Quiet()
	for _, c := range clients {
		w.Update(c, func() { metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.RenewRequestAnnotation, "now") })
		w.Eventually("see another token", func() error {
			if w.Get(c); c.Status.LastHandledRenewRequest != "now" {
				return fmt.Errorf("the last request is %q", c.Status.LastHandledRenewRequest)
			}
			return nil
		})
	}
	w.Quiet()
	w.Ready(objects...)
	named := map[string]int{}
	for _, application := range w.Tenant.Applications() {
		named[application.ServiceName]++
	}
	for _, c := range clients {
		if named[c.Name] != 1 || named[""] > 0 {
			t.Errorf("there are %d applications %s, and %d without a name", named[c.Name], c.Name, named[""])
		}
		if requested := w.Tenant.Calls()["OAuth2/Token/"+c.Name]; requested > 6 {
			t.Errorf("%d tokens were requested for two that were needed, by three operators", requested)
		}
	}
}
