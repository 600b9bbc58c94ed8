package clusterfaults_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// TestARestartOfTheControlPlaneChangesNothing ends etcd and kube-apiserver under a running operator, and starts them again.
func TestARestartOfTheControlPlaneChangesNothing(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	s := newStage(t, w)
	calls, written := w.Tenant.Calls(), w.Writes()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Ready(s.application, s.old)
	s.Quiet()
	if now := string(w.TokenSecret(s.old).Data[v1alpha1.AccessTokenKey]); now != s.token {
		t.Error("the restart has cost a token")
	}
	if made := w.Tenant.Calls().Sub(calls); made.Total() > 0 {
		t.Errorf("the restart has cost calls:\n%s", made)
	}
	if more := w.Writes().Since(written); more.Total() > 0 {
		t.Errorf("the restart has cost writes: %s", more)
	}
	s.ask()
	s.expectDone()
}

// TestARestartInTheMiddleOfWork is the same while the operator has much to do.
func TestARestartInTheMiddleOfWork(t *testing.T) {
	w := server.New(t, emulator.Options{})
	w.StartOperator()
	s := newStage(t, w)
	s.ask()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.expectDone()
}
