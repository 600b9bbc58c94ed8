//go:build linux

package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

func (n *node) startContainerd(ctx context.Context) error {
	configuration := filepath.Join(n.directory, "containerd.toml")
	if err := n.configure("containerd.toml", configuration); err != nil {
		return err
	}
	containerd, err := n.start("containerd", "containerd", "--config", configuration)
	if err != nil {
		return err
	}
	return wait(ctx, containerd, succeeds("ctr", "version"))
}

// importImages makes the images known to kubelet, which then need not be pulled.
func (n *node) importImages(ctx context.Context) error {
	for _, image := range n.images {
		out, err := exec.CommandContext(ctx, "ctr", "--namespace=k8s.io", "image", "import", image).CombinedOutput()
		if err != nil {
			return fmt.Errorf("importing %s: %w: %s", filepath.Base(image), err, out)
		}
	}
	return nil
}

// startNode starts kubelet and kube-proxy, and waits until the node takes pods.
func (n *node) startNode(ctx context.Context) error {
	if err := n.configure("network.conflist", "/etc/cni/net.d/pods.conflist"); err != nil {
		return err
	}
	kubeletConfiguration, proxyConfiguration := filepath.Join(n.directory, "kubelet.yaml"), filepath.Join(n.directory, "kube-proxy.yaml")
	if err := n.configure("kubelet.yaml", kubeletConfiguration); err != nil {
		return err
	}
	if err := n.configure("kube-proxy.yaml", proxyConfiguration); err != nil {
		return err
	}
	kubelet, err := n.startKubernetes("kubelet", "--config="+kubeletConfiguration, "--kubeconfig="+filepath.Join(n.certificates, "kubelet.kubeconfig"),
		"--hostname-override="+nodeName, "--node-ip="+nodeAddress)
	if err != nil {
		return err
	}
	if _, err := n.startKubernetes("kube-proxy", "--config="+proxyConfiguration); err != nil {
		return err
	}
	return wait(ctx, kubelet, succeeds(filepath.Join(n.assets, "kubectl"), "--kubeconfig="+n.kubeconfig(),
		"wait", "--for=condition=Ready", "--timeout=1s", "node/"+nodeName))
}
