package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// The IdentityTenant of config/samples, and the Secret that it names.
const (
	tenantNamespace  = "identity"
	tenantName       = "corp"
	tenantSecretName = "corp-admin"
)

// applySamples applies config/samples, with what only the demo knows: where the tenant is, which certificate authority it
// has, and its administrator's credential.
func (d *demo) applySamples(ctx context.Context) error {
	overlay := d.file("samples")
	if err := d.writeOverlay(overlay); err != nil {
		return err
	}
	return d.kubectl(ctx, "apply", "--server-side", "-k", overlay)
}

// object is a Kubernetes object, or a part of one, to be written as YAML.
type object = map[string]any

// writeOverlay writes a kustomization on top of config/samples.
func (d *demo) writeOverlay(directory string) error {
	samples, err := filepath.Rel(directory, filepath.Join(d.root, "config", "samples"))
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
			"spec":     object{"url": d.tenant.url, "tls": object{"caBundle": string(d.tenant.ca)}},
		},
		"secret.yaml": {
			"apiVersion": "v1", "kind": "Secret",
			"metadata": object{"namespace": tenantNamespace, "name": tenantSecretName},
			"stringData": object{
				"client_id": d.tenant.administrator.ClientID, "client_secret": d.tenant.administrator.ClientSecret,
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
