// Command node runs a whole Kubernetes cluster of one node, for as long as a command runs:
//
//	node --assets DIRECTORY --sandbox-image NAME --image FILE... -- COMMAND...
//
// It starts etcd, kube-apiserver, kube-controller-manager, kube-scheduler, containerd, kubelet and kube-proxy, imports the images, and runs the command
// with KUBECONFIG set and kubectl in its PATH. Its exit status is the command's. No engine, no registry and no virtual machine are needed: everything
// lives in namespaces of its own (mount, network, process, host name, IPC, cgroup) and ends with them, also when node is killed. Nothing of the
// machine is changed but for empty directories that serve as mount points.
//
// Pods have a network (ptp and host-local of the CNI plugins) and Services (kube-proxy). There is no cluster DNS, no way out of the machine, and
// nothing enforces a NetworkPolicy.
//
// It needs Linux with cgroup v1, root, containerd, runc, the CNI plugins, iproute2 and iptables; it says what is missing.
package main
