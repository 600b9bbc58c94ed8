package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/test/controlplane"
	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
	"github.com/oauth-operator/oauth-operator/test/witness"
)

// Files of the emulator in the demo's directory.
const (
	tenantCAFile         = "tenant-ca.pem"
	tenantCredentialFile = "tenant-administrator.json"
)

func (d *demo) startControlPlane(ctx context.Context) error {
	directory := d.file("control-plane")
	if err := os.Mkdir(directory, 0o700); err != nil {
		return fmt.Errorf("making the control plane's directory: %w", err)
	}
	var err error
	d.plane, err = controlplane.Start(ctx, d.guard, controlplane.Options{
		Assets:    d.assets,
		Directory: directory,
		CRDs:      []string{filepath.Join(d.root, "config", "crd", "bases")},
		Controllers: []string{
			"garbage-collector-controller", "namespace-controller", "serviceaccount-controller",
			"root-ca-certificate-publisher-controller", "clusterrole-aggregation-controller",
		},
	})
	if err != nil {
		return err
	}
	d.cluster, err = client.New(d.plane.Config(), client.Options{Scheme: scheme.Scheme})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	version, err := d.plane.Version()
	if err != nil {
		return err
	}
	d.Say("Kubernetes %s at %s", version, d.plane.Config().Host)
	return nil
}

func (d *demo) startTenant(ctx context.Context) error {
	var err error
	d.emulator, err = d.run("identity-emulator", "--listen=127.0.0.1:0",
		"--ca-file="+d.file(tenantCAFile), "--admin-credential-file="+d.file(tenantCredentialFile))
	if err != nil {
		return err
	}
	// It prints its address when everything that it writes is there.
	var url string
	err = d.emulator.WaitFor(ctx, func(context.Context) error {
		for line := range strings.Lines(d.emulator.LastLines(20)) {
			if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "tenant" {
				url = fields[1]
				return nil
			}
		}
		return errors.New("it has not printed its address")
	})
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(d.file(tenantCAFile))
	if err != nil {
		return fmt.Errorf("reading the tenant's certificate authority: %w", err)
	}
	content, err := os.ReadFile(d.file(tenantCredentialFile))
	if err != nil {
		return fmt.Errorf("reading the administrator's credential: %w", err)
	}
	var administrator witness.Credential
	if err := json.Unmarshal(content, &administrator); err != nil {
		return fmt.Errorf("reading the administrator's credential: %w", err)
	}
	d.tenant = witness.New(url, ca, administrator)
	d.Say("%s, administrator %s", url, administrator.ClientID)
	d.before, err = d.tenant.Inventory(ctx)
	if err != nil {
		return err
	}
	d.Quote(d.before.String())
	return nil
}

func (d *demo) install(ctx context.Context) error {
	for _, directory := range []string{"crd", "local"} {
		// Server-side, because the kinds are there already: they had to be before kube-controller-manager was.
		err := d.kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-k", filepath.Join(d.root, "config", directory))
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) startOperator(ctx context.Context) error {
	content, err := d.plane.ServiceAccountKubeconfig(ctx, operatorNamespace, operatorServiceAccount)
	if err != nil {
		return err
	}
	kubeconfig := d.file("operator.kubeconfig")
	if err := os.WriteFile(kubeconfig, content, 0o600); err != nil {
		return fmt.Errorf("writing the operator's kubeconfig: %w", err)
	}
	health, err := process.FreeAddress()
	if err != nil {
		return err
	}
	d.operator, err = d.run("manager", "--kubeconfig="+kubeconfig, "--operator-namespace="+operatorNamespace,
		"--leader-elect", "--metrics-bind-address=0", "--health-probe-bind-address="+health,
		"--zap-encoder=console", "--zap-stacktrace-level=panic") // for people to read
	if err != nil {
		return err
	}
	if err := d.operator.WaitFor(ctx, process.Answers("http://"+health+"/readyz")); err != nil {
		return err
	}
	d.Say("ready, as system:serviceaccount:%s:%s", operatorNamespace, operatorServiceAccount)
	return nil
}
