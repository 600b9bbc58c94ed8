package controlplane

import (
	"fmt"
	"os"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// CheckVersion returns an error when a kube-apiserver is of another version of Kubernetes than K8S_VERSION asks for, such as 1.34.4: binaries that
// were there already may be of any. Without K8S_VERSION every version will do.
func CheckVersion(config *rest.Config) error {
	wanted := os.Getenv("K8S_VERSION")
	if wanted == "" {
		return nil
	}
	found, err := version(config)
	if err != nil {
		return err
	}
	if found != "v"+wanted {
		return fmt.Errorf("K8S_VERSION asks for %s, and kube-apiserver is %s; unset KUBEBUILDER_ASSETS to let hack/control-plane.sh choose", wanted, found)
	}
	return nil
}

// version is the version of Kubernetes, as kube-apiserver tells it.
func version(config *rest.Config) (string, error) {
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return "", fmt.Errorf("making a client: %w", err)
	}
	told, err := clients.Discovery().ServerVersion()
	if err != nil {
		return "", fmt.Errorf("asking kube-apiserver for its version: %w", err)
	}
	return told.GitVersion, nil
}
