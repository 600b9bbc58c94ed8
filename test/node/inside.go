//go:build linux

package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/template"
	"time"

	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
)

const (
	nodeName = "node1"
	// serviceNetwork is that of Services. kube-apiserver has the first address.
	serviceNetwork = "10.96.0.0/16"
	serverAddress  = "10.96.0.1"
	podNetwork     = "10.244.0.0/24"
)

// readyWithin is how long each part may take until it is ready. All of them together take about six seconds.
const readyWithin = time.Minute

//go:embed files
var files embed.FS

// node is a cluster that comes up.
type node struct {
	options
	certificates string
	guard        *process.Guard
}

// inside brings the cluster up in the namespaces that it finds itself in, and runs the command.
func inside(o options) error {
	hierarchies, err := ownHierarchies()
	if err != nil {
		return err
	}
	if err := errors.Join(mountFiles(o.directory, hierarchies), connect()); err != nil {
		return err
	}
	guard, err := process.NewGuard(o.directory)
	if err != nil {
		return err
	}
	n := &node{options: o, certificates: filepath.Join(o.directory, "certificates"), guard: guard}
	ctx := context.Background()
	started := time.Now()
	for _, step := range []func(context.Context) error{
		n.issueCertificates, n.startControlPlane, n.startContainerd, n.importImages, n.startNode,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "node: a cluster of one node is ready after %.1f s\n", time.Since(started).Seconds())
	command := exec.Command(o.command[0], o.command[1:]...) //nolint:noctx // the caller's
	command.Env = append(environmentWithout(stageVariable),
		"KUBECONFIG="+n.kubeconfig(), "PATH="+o.assets+string(os.PathListSeparator)+os.Getenv("PATH"))
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	return command.Run()
}

// kubeconfig is the administrator's.
func (n *node) kubeconfig() string { return filepath.Join(n.certificates, "admin.kubeconfig") }

// start starts a program with a log in the node's directory.
func (n *node) start(name, path string, args ...string) (*process.Process, error) {
	return n.guard.Start(process.Command{Name: name, Path: path, Args: args, Log: filepath.Join(n.directory, name+".log")})
}

// startKubernetes starts one of Kubernetes' programs, or etcd.
func (n *node) startKubernetes(name string, args ...string) (*process.Process, error) {
	return n.start(name, filepath.Join(n.assets, name), args...)
}

// wait waits until a program says that it is ready.
func wait(ctx context.Context, p *process.Process, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not ready within %s", readyWithin))
	defer cancel()
	return p.WaitFor(ctx, ready)
}

// succeeds returns a function, for wait, that is content when a command is.
func succeeds(name string, args ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("running %s: %w: %s", filepath.Base(name), err, out)
		}
		return nil
	}
}

// configure writes one of the files with what only this node knows, and returns its path.
func (n *node) configure(name, path string) error {
	parsed, err := template.ParseFS(files, "files/"+name)
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	err = parsed.Execute(file, map[string]string{
		"SandboxImage": n.sandboxImage, "PluginDirectory": pluginDirectory, "PodNetwork": podNetwork,
		"Certificates": n.certificates, "NodeName": nodeName,
	})
	return errors.Join(err, file.Close())
}
