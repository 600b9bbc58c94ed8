// Package samples applies what is in config/samples to a kube-apiserver and a tenant, and checks what becomes of the use cases there.
package samples
