package resilience

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// Manager starts the operator as people run it: cmd/manager, as a process of its own.
type Manager struct {
	t         *testing.T
	guard     *process.Guard
	directory string
	namespace string
}

// NewManager builds the operator for a world. It works in the whole cluster.
func NewManager(t *testing.T, w *environment.World) *Manager {
	t.Helper()
	m := &Manager{t: t, directory: t.TempDir(), namespace: w.Namespace("operator")}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", m.file("manager"), "./cmd/manager")
	build.Dir, build.Env = environment.Root(), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the operator: %v\n%s", err, out)
	}
	if err := clientcmd.WriteToFile(kubeconfigOf(w.Config()), m.file("kubeconfig")); err != nil {
		t.Fatal(err)
	}
	var err error
	if m.guard, err = process.NewGuard(m.directory); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.guard.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func (m *Manager) file(name string) string { return filepath.Join(m.directory, name) }

// Start starts a process. Whoever starts it kills or stops it.
func (m *Manager) Start(ctx context.Context) *process.Process {
	m.t.Helper()
	health, err := process.FreeAddress()
	if err != nil {
		m.t.Fatal(err)
	}
	p, err := m.guard.Start(process.Command{
		Name: "manager", Path: m.file("manager"), Log: m.file("log"),
		Args: []string{"--kubeconfig=" + m.file("kubeconfig"), "--operator-namespace=" + m.namespace, "--health-probe-bind-address=" + health},
	})
	if err != nil {
		m.t.Fatal(err)
	}
	if err := p.WaitFor(ctx, process.Answers("http://"+health+"/readyz")); err != nil {
		m.t.Fatal(err)
	}
	return p
}

// kubeconfigOf returns what a process of its own reaches kube-apiserver with.
func kubeconfigOf(config *rest.Config) clientcmdapi.Config {
	const name = "resilience"
	out := *clientcmdapi.NewConfig()
	out.Clusters[name] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	out.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: config.CertData, ClientKeyData: config.KeyData, Token: config.BearerToken}
	out.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	out.CurrentContext = name
	return out
}
