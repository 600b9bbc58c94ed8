//go:build linux

package main

import (
	"context"
	"crypto/x509/pkix"
	"errors"
	"path/filepath"

	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
)

// issueCertificates makes the certificates by which the parts of a cluster know each other, as kubeadm would.
func (n *node) issueCertificates(context.Context) error {
	a, err := newAuthority(n.certificates)
	if err != nil {
		return err
	}
	masters := []string{"system:masters"}
	return errors.Join(
		a.issue("kube-apiserver", pkix.Name{CommonName: "kube-apiserver"},
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost", "127.0.0.1", serverAddress, nodeAddress),
		a.issue("kubelet-server", pkix.Name{CommonName: nodeName}, nodeName, nodeAddress, "127.0.0.1"),
		a.issue("kubelet-client", pkix.Name{CommonName: "kube-apiserver-kubelet-client", Organization: masters}),
		a.kubeconfig("admin", pkix.Name{CommonName: "admin", Organization: masters}),
		a.kubeconfig("kube-controller-manager", pkix.Name{CommonName: "system:kube-controller-manager"}),
		a.kubeconfig("kube-scheduler", pkix.Name{CommonName: "system:kube-scheduler"}),
		a.kubeconfig("kube-proxy", pkix.Name{CommonName: "system:kube-proxy"}),
		a.kubeconfig("kubelet", pkix.Name{CommonName: "system:node:" + nodeName, Organization: []string{"system:nodes"}}),
	)
}

// startControlPlane starts what a cluster needs before it has nodes. The network is the node's own, so the ports are the usual ones.
func (n *node) startControlPlane(ctx context.Context) error {
	_, err := n.startKubernetes("etcd",
		"--data-dir="+filepath.Join(n.directory, "etcd"), "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
		"--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
		"--initial-cluster=default=http://127.0.0.1:2380")
	if err != nil {
		return err
	}
	file := func(name string) string { return filepath.Join(n.certificates, name) }
	server, err := n.startKubernetes("kube-apiserver",
		"--etcd-servers=http://127.0.0.1:2379",
		"--bind-address=0.0.0.0", "--advertise-address="+nodeAddress, "--secure-port=6443",
		"--tls-cert-file="+file("kube-apiserver.crt"), "--tls-private-key-file="+file("kube-apiserver.key"),
		"--client-ca-file="+file("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file="+file("service-account.pub"), "--service-account-signing-key-file="+file("service-account.key"),
		"--kubelet-client-certificate="+file("kubelet-client.crt"), "--kubelet-client-key="+file("kubelet-client.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
		"--service-cluster-ip-range="+serviceNetwork, "--profiling=false")
	if err != nil {
		return err
	}
	ready := succeeds(filepath.Join(n.assets, "kubectl"), "--kubeconfig="+n.kubeconfig(), "get", "--raw=/readyz")
	if err := wait(ctx, server, ready); err != nil {
		return err
	}
	for _, program := range []struct {
		name   string
		health string
		args   []string
	}{
		{"kube-controller-manager", "https://127.0.0.1:10257/healthz", []string{
			"--root-ca-file=" + file("ca.crt"), "--service-account-private-key-file=" + file("service-account.key"),
			"--use-service-account-credentials",
		}},
		{"kube-scheduler", "https://127.0.0.1:10259/healthz", nil},
	} {
		kubeconfig := file(program.name + ".kubeconfig")
		p, err := n.startKubernetes(program.name, append(program.args,
			"--kubeconfig="+kubeconfig, "--authentication-kubeconfig="+kubeconfig, "--authorization-kubeconfig="+kubeconfig,
			"--bind-address=127.0.0.1", "--cert-dir="+filepath.Join(n.directory, program.name), "--leader-elect=false")...)
		if err != nil {
			return err
		}
		if err := wait(ctx, p, process.Answers(program.health)); err != nil {
			return err
		}
	}
	return nil
}
