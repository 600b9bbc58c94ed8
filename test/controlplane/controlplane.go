// Package controlplane runs a Kubernetes control plane on this machine: etcd, kube-apiserver with RBAC and, which envtest
// alone does not have, kube-controller-manager, so that owners' dependents are collected and namespaces end.
//
// There are no nodes: nothing runs Pods.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
)

// Options say what to run and where.
type Options struct {
	// Assets is the directory with etcd, kube-apiserver, kube-controller-manager and kubectl, such as
	// hack/control-plane.sh prints.
	Assets string
	// Directory holds data, certificates, kubeconfigs and logs. It must exist; Stop leaves it alone.
	Directory string
	// CRDs are files or directories with the kinds to install. They are there before kube-controller-manager starts:
	// its garbage collector looks for new kinds only twice a minute, and until then dependents of their objects stay.
	CRDs []string
	// Controllers are the controllers of kube-controller-manager to run, in the form of its flag of that name. All that it
	// runs by default when empty.
	Controllers []string
	// NoControllers leaves kube-controller-manager out: nothing collects what owners leave, and namespaces never end.
	NoControllers bool
}

// ControlPlane is a control plane that runs. Stop it.
type ControlPlane struct {
	guard     *process.Guard
	env       *envtest.Environment
	logs      []*os.File // of etcd and kube-apiserver
	manager   *process.Process
	kubectl   string
	directory string
}

// Start starts the control plane and returns when it is ready, or when ctx has ended. Its processes end when this
// process does, whatever becomes of it: guard sees to that.
func Start(ctx context.Context, guard *process.Guard, o Options) (_ *ControlPlane, err error) {
	env := &envtest.Environment{CRDDirectoryPaths: o.CRDs, ErrorIfCRDPathMissing: true}
	c := &ControlPlane{guard: guard, env: env, kubectl: filepath.Join(o.Assets, "kubectl"), directory: o.Directory}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	if err := c.configure(o); err != nil {
		return nil, err
	}
	if _, err := env.Start(); err != nil {
		err = fmt.Errorf("starting etcd and kube-apiserver: %w", err)
		for _, log := range c.logs {
			if env.Config != nil {
				break // they run; a kind is refused, and the error says why
			}
			err = fmt.Errorf("%w\n%s", err, process.Tail(log.Name(), 5))
		}
		return nil, err
	}
	if err := ctx.Err(); err != nil { // envtest cannot be interrupted
		return nil, fmt.Errorf("starting etcd and kube-apiserver: %w", err)
	}
	if err := os.WriteFile(c.Kubeconfig(), env.KubeConfig, 0o600); err != nil {
		return nil, fmt.Errorf("writing the administrator's kubeconfig: %w", err)
	}
	if err := CheckVersion(env.Config); err != nil {
		return nil, err
	}
	if o.NoControllers {
		return c, nil
	}
	if err := c.startControllerManager(ctx, o); err != nil {
		return nil, err
	}
	return c, nil
}

// configure sets up envtest, before it starts anything.
func (c *ControlPlane) configure(o Options) error {
	if err := complete(o); err != nil {
		return err
	}
	etcd, err := c.guard.Wrap(filepath.Join(o.Assets, "etcd"))
	if err != nil {
		return err
	}
	apiServer, err := c.guard.Wrap(filepath.Join(o.Assets, "kube-apiserver"))
	if err != nil {
		return err
	}
	for _, name := range []string{"etcd", "certificates"} {
		if err := os.MkdirAll(filepath.Join(o.Directory, name), 0o700); err != nil {
			return fmt.Errorf("making the control plane's directories: %w", err)
		}
	}
	c.env.ControlPlane.Etcd = &envtest.Etcd{Path: etcd, DataDir: filepath.Join(o.Directory, "etcd")}
	c.env.ControlPlane.KubectlPath = c.kubectl
	for _, name := range []string{"etcd.log", "kube-apiserver.log"} {
		log, err := os.Create(filepath.Join(o.Directory, name))
		if err != nil {
			return fmt.Errorf("making the control plane's logs: %w", err)
		}
		c.logs = append(c.logs, log)
	}
	server := c.env.ControlPlane.GetAPIServer()
	c.env.ControlPlane.Etcd.Out, c.env.ControlPlane.Etcd.Err = c.logs[0], c.logs[0]
	server.Out, server.Err = c.logs[1], c.logs[1]
	server.Path, server.CertDir = apiServer, filepath.Join(o.Directory, "certificates")
	// Some distributions have this plugin on, which asks who may change owner references. Better to learn here that a permission is missing.
	server.Configure().Append("enable-admission-plugins", "OwnerReferencesPermissionEnforcement")
	return nil
}

// complete says whether every binary is there.
func complete(o Options) error {
	names := []string{"etcd", "kube-apiserver", "kubectl"}
	if !o.NoControllers {
		names = append(names, "kube-controller-manager")
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(o.Assets, name)); err != nil {
			return fmt.Errorf("looking for the control plane's binaries (hack/control-plane.sh gets them): %w", err)
		}
	}
	return nil
}

// Config is how an administrator reaches kube-apiserver.
func (c *ControlPlane) Config() *rest.Config { return rest.CopyConfig(c.env.Config) }

// Kubeconfig is the file with the same, for kubectl.
func (c *ControlPlane) Kubeconfig() string { return filepath.Join(c.directory, "admin.kubeconfig") }

// EtcdURL is where etcd listens, for plain HTTP from this machine.
func (c *ControlPlane) EtcdURL() string { return c.env.ControlPlane.Etcd.URL.String() }

// Kubectl is the kubectl of the same version.
func (c *ControlPlane) Kubectl() string { return c.kubectl }

// Version is the version of Kubernetes, as kube-apiserver tells it.
func (c *ControlPlane) Version() (string, error) { return version(c.Config()) }

// Stop ends everything, etcd last: a kube-apiserver that has lost its etcd takes minutes to end.
func (c *ControlPlane) Stop() error {
	var err error
	if c.manager != nil {
		err = c.manager.Stop(stopGrace)
	}
	err = errors.Join(err, c.env.Stop())
	for _, log := range c.logs {
		err = errors.Join(err, log.Close())
	}
	return err
}
