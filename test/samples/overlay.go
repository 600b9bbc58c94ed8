package samples

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/test/witness"
)

// The IdentityTenant of config/samples, and the Secret that it names.
const (
	tenantNamespace  = "identity"
	tenantName       = "corp"
	tenantSecretName = "corp-admin"
)

// object is a Kubernetes object, or a part of one, to be written as YAML.
type object = map[string]any

// WriteOverlay writes a kustomization on top of config/samples of a checkout, with what only a test knows: where the tenant is, which certificate
// authority it has, and its administrator's credential. The directory must not exist; neither it nor root may have symbolic links in their paths, because
// kustomize compares paths after it has resolved them.
func WriteOverlay(root, directory string, tenant *witness.Tenant) error {
	samples, err := filepath.Rel(directory, filepath.Join(root, "config", "samples"))
	if err != nil {
		return fmt.Errorf("finding config/samples: %w", err)
	}
	if err := os.Mkdir(directory, 0o700); err != nil {
		return fmt.Errorf("making the overlay's directory: %w", err)
	}
	files := map[string]object{
		"kustomization.yaml": {
			"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
			"resources": []string{samples, "secret.yaml"},
			"patches":   []object{{"path": "tenant.yaml"}},
		},
		"tenant.yaml": {
			"apiVersion": "oauth-operator.dev/v1alpha1", "kind": "IdentityTenant",
			"metadata": object{"namespace": tenantNamespace, "name": tenantName},
			"spec":     object{"url": tenant.URL, "tls": object{"caBundle": string(tenant.CA)}},
		},
		"secret.yaml": {
			"apiVersion": "v1", "kind": "Secret",
			"metadata": object{"namespace": tenantNamespace, "name": tenantSecretName},
			"stringData": object{
				"client_id": tenant.Administrator.ClientID, "client_secret": tenant.Administrator.ClientSecret,
			},
		},
	}
	for name, content := range files {
		text, err := yaml.Marshal(content)
		if err != nil {
			return fmt.Errorf("writing %s of the overlay: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(directory, name), text, 0o600); err != nil {
			return fmt.Errorf("writing %s of the overlay: %w", name, err)
		}
	}
	return nil
}
