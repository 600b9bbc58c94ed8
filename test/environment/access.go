package environment

import "k8s.io/client-go/rest"

// Config returns how a cluster administrator reaches kube-apiserver: a copy, for clients that listen to warnings or impersonate somebody.
func (w *World) Config() *rest.Config { return rest.CopyConfig(w.config) }
