package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
)

const (
	// readyWithin is how long kube-controller-manager may take until it is healthy. It takes about two seconds.
	readyWithin = time.Minute
	// stopGrace is how long it may take to end. What it leaves undone is thrown away anyway.
	stopGrace = 5 * time.Second
)

// startControllerManager starts kube-controller-manager and waits until it is healthy.
func (c *ControlPlane) startControllerManager(ctx context.Context, o Options) error {
	arguments, health, err := c.controllerManagerArguments(o)
	if err != nil {
		return err
	}
	c.manager, err = c.guard.Start(process.Command{
		Name: "kube-controller-manager",
		Path: filepath.Join(o.Assets, "kube-controller-manager"),
		Args: arguments,
		Log:  filepath.Join(o.Directory, "kube-controller-manager.log"),
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not healthy within %s", readyWithin))
	defer cancel()
	return c.manager.WaitFor(ctx, health)
}

// controllerManagerArguments returns the flags, and a function that asks whether it is healthy.
func (c *ControlPlane) controllerManagerArguments(o Options) ([]string, func(context.Context) error, error) {
	// The name by which kube-apiserver knows it; each of its controllers then takes a ServiceAccount of its own.
	user, err := c.env.AddUser(envtest.User{Name: "system:kube-controller-manager"}, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("making a user for kube-controller-manager: %w", err)
	}
	content, err := user.KubeConfig()
	if err != nil {
		return nil, nil, fmt.Errorf("making a kubeconfig for kube-controller-manager: %w", err)
	}
	kubeconfig := filepath.Join(o.Directory, "kube-controller-manager.kubeconfig")
	ca := filepath.Join(o.Directory, "ca.crt")
	if err := errors.Join(os.WriteFile(kubeconfig, content, 0o600), os.WriteFile(ca, c.env.Config.CAData, 0o600)); err != nil {
		return nil, nil, fmt.Errorf("writing files for kube-controller-manager: %w", err)
	}
	address, err := process.FreeAddress()
	if err != nil {
		return nil, nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, nil, fmt.Errorf("looking for a free port: %w", err)
	}
	arguments := []string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=" + host,
		"--secure-port=" + port,
		"--cert-dir=" + filepath.Join(o.Directory, "kube-controller-manager"),
		"--root-ca-file=" + ca,
		"--service-account-private-key-file=" + filepath.Join(c.env.ControlPlane.APIServer.CertDir, "sa-signer.key"),
		"--use-service-account-credentials",
		"--leader-elect=false", // there is no other
	}
	if len(o.Controllers) > 0 {
		arguments = append(arguments, "--controllers="+strings.Join(o.Controllers, ","))
	}
	return arguments, process.Answers("https://" + address + "/healthz"), nil
}
