// Package samples applies the use cases of config/samples to a kube-apiserver and a tenant, and checks what becomes of them there.
package samples
