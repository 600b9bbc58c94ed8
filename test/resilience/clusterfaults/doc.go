// Package clusterfaults lets the cluster fail under a running operator: kube-apiserver and etcd go and come back, refuse, throttle and forget, watches
// break, objects go without asking, and somebody starts a second operator.
package clusterfaults
