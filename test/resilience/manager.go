package resilience

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
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
	world     *environment.World
	guard     *process.Guard
	directory string
	namespace string
}

// Life is a process of the operator.
type Life struct {
	*process.Process
	manager *Manager
	// profiles and metrics are where it serves them.
	profiles, metrics string
}

// NewManager builds the operator for a world. It works in the whole cluster.
func NewManager(t *testing.T, w *environment.World) *Manager {
	t.Helper()
	m := &Manager{t: t, world: w, directory: t.TempDir(), namespace: w.Namespace("operator")}
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

// Start starts a process, which logs everything that it can. Whoever starts it kills it.
func (m *Manager) Start(ctx context.Context) *Life {
	m.t.Helper()
	addresses := make([]string, 3)
	for i := range addresses {
		var err error
		if addresses[i], err = process.FreeAddress(); err != nil {
			m.t.Fatal(err)
		}
	}
	health, profiles, metrics := addresses[0], addresses[1], addresses[2]
	p, err := m.guard.Start(process.Command{
		Name: "manager", Path: m.file("manager"), Log: m.file("log"),
		Args: []string{
			"--kubeconfig=" + m.file("kubeconfig"), "--operator-namespace=" + m.namespace, "--health-probe-bind-address=" + health,
			"--pprof-bind-address=" + profiles, "--metrics-bind-address=" + metrics, "--zap-log-level=10",
		},
	})
	if err != nil {
		m.t.Fatal(err)
	}
	if err := p.WaitFor(ctx, process.Answers("http://"+health+"/readyz")); err != nil {
		m.t.Fatal(err)
	}
	return &Life{Process: p, manager: m, profiles: profiles, metrics: metrics}
}

// Kill ends the process at once. What it has logged must not have anything secret in it.
func (l *Life) Kill() {
	l.Process.Kill()
	log, err := os.ReadFile(l.manager.file("log"))
	if err != nil {
		l.manager.t.Error(err)
	}
	l.manager.world.Saw("the log of the operator", string(log))
}

// Look reads all that the process serves about itself. That must not have anything secret in it either.
func (l *Life) Look(ctx context.Context) {
	l.manager.t.Helper()
	for _, page := range []string{
		"cmdline", "heap", "heap?debug=1", "allocs?debug=1", "goroutine?debug=1", "goroutine?debug=2", "block?debug=1", "mutex?debug=1", "threadcreate?debug=1",
		"profile?seconds=1", "trace?seconds=1",
	} {
		l.manager.world.Saw("the profile "+page+" of the operator", l.read(ctx, "http://"+l.profiles+"/debug/pprof/"+page))
	}
	l.manager.world.Saw("the metrics of the operator", l.read(ctx, "http://"+l.metrics+"/metrics"))
}

// read returns what a page has, unpacked.
func (l *Life) read(ctx context.Context, url string) string {
	l.manager.t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		l.manager.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		l.manager.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || len(body) == 0 {
		l.manager.t.Fatalf("reading %s: status %d, %d bytes, %v", url, answer.StatusCode, len(body), err)
	}
	packed, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return string(body) // it is not packed
	}
	if body, err = io.ReadAll(packed); err != nil {
		l.manager.t.Fatalf("unpacking %s: %v", url, err)
	}
	return string(body)
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
