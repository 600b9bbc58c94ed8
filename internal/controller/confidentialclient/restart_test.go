package confidentialclient_test

import (
	"fmt"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func TestAnOperatorThatIsStoppedAfterAnyCallLeavesOneOfEach(t *testing.T) {
	// 2 calls for the login, 10 for the application, 4 for the client: stopped after each of them, and once at the end.
	for after := 1; after <= 17; after++ {
		t.Run(fmt.Sprintf("after call %d", after), func(t *testing.T) {
			w := server.New(t, emulator.Options{})
			users, roles, applications := len(w.Tenant.Users()), len(w.Tenant.Roles()), len(w.Tenant.Applications())
			tenant, application, consumer := w.CreateTenant(), w.OAuthClient("orders"), w.ConfidentialClient("billing", "orders", "read")
			w.Create(application, consumer)
			stop := w.StartOperator()
			w.Eventually("see the calls", func() error {
				if n := w.Tenant.Calls().Total(); n < after && !w.IsReady(consumer) {
					return fmt.Errorf("%d calls were made", n)
				}
				return nil
			})
			stop()
			w.StartOperator()
			w.Ready(tenant, application, consumer)
			if got := []int{len(w.Tenant.Users()) - users, len(w.Tenant.Roles()) - roles, len(w.Tenant.Applications()) - applications}; got[0] != 1 || got[1] != 1 || got[2] != 1 {
				t.Errorf("there are %d users, %d roles and %d applications of ours, not one of each; leftovers are %v", got[0], got[1], got[2], application.Status.Leftovers)
			}
			w.Delete(consumer)
			w.Delete(application)
			w.Delete(tenant)
			w.Gone(consumer, application, tenant)
			if len(w.Tenant.Users()) != users || len(w.Tenant.Roles()) != roles || len(w.Tenant.Applications()) != applications {
				t.Error("the deletion has left something on the tenant")
			}
		})
	}
}
