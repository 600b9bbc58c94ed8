package e2e_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/witness"
)

const tenantNamespace = "identity-emulator"

// tenant is the local tenant in its pod.
type tenant struct {
	// Tenant reaches it by a tunnel, because Services have addresses in the cluster only.
	*witness.Tenant
	// address is that of its Service.
	address string
}

// startTenant runs the local tenant in the cluster.
func (c *cluster) startTenant() *tenant {
	c.t.Helper()
	administrator := witness.Credential{ClientID: emulator.DefaultSeed().Users[0].Name, ClientSecret: "Aa1-" + rand.Text()}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenantNamespace}}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: tenantNamespace, Name: tenantNamespace},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "https", Port: 443}}},
	}
	seed := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: tenantNamespace, Name: "seed"},
		Data:       map[string][]byte{"seed.yaml": c.seed(administrator.ClientSecret)},
	}
	for _, object := range []client.Object{namespace, service, seed} {
		if err := c.Create(c.t.Context(), object); err != nil {
			c.t.Fatal(err)
		}
	}
	address := service.Spec.ClusterIP
	c.kubectlWith(c.manifest("tenant.yaml", address), "apply", "--server-side", "--force-conflicts", "-f", "-")
	c.rolledOut(tenantNamespace, tenantNamespace)
	ports := c.tunnel(tenantNamespace, "deployment/"+tenantNamespace, "443", "8444")
	return &tenant{
		Tenant:  witness.New("https://127.0.0.1:"+ports["443"], c.get("http://127.0.0.1:"+ports["8444"]+"/ca.pem"), administrator),
		address: address,
	}
}

// seed is the default seed of the local tenant, with an administrator whose password is known.
func (c *cluster) seed(password string) []byte {
	c.t.Helper()
	seed := emulator.DefaultSeed()
	seed.Users[0].Password = password
	text, err := yaml.Marshal(seed)
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

// forwarding is how kubectl tells a port that it has opened.
var forwarding = regexp.MustCompile(`^Forwarding from 127\.0\.0\.1:(\d+) -> (\d+)$`)

// tunnel opens local ports to ports of a pod until the test ends, and returns them by those of the pod.
func (c *cluster) tunnel(namespace, target string, ports ...string) map[string]string {
	c.t.Helper()
	args := []string{"--namespace=" + namespace, "port-forward", "--address=127.0.0.1", target}
	for _, port := range ports {
		args = append(args, ":"+port)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.t.Context()))
	command := exec.CommandContext(ctx, "kubectl", args...)
	out, err := command.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		cancel()
		_ = command.Wait() // it says that it was killed
	})
	lines := bufio.NewScanner(out)
	opened := map[string]string{}
	for len(opened) < len(ports) && lines.Scan() {
		if match := forwarding.FindStringSubmatch(lines.Text()); match != nil {
			opened[match[2]] = match[1]
		}
	}
	if len(opened) < len(ports) {
		c.t.Fatalf("a tunnel to %s of namespace %s: kubectl opened %v only", target, namespace, opened)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // "Handling connection" again and again
	return opened
}

// get returns what an address answers.
func (c *cluster) get(address string) []byte {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: status %d, error %v", address, response.StatusCode, err)
	}
	return body
}

// inventory is what there is on the tenant.
func (c *cluster) inventory(t *tenant) string {
	c.t.Helper()
	found, err := t.Inventory(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return found.String()
}
