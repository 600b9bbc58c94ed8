package report

import "sigs.k8s.io/controller-runtime/pkg/client"

// StatusPatch returns the patch by which StoreStatus writes.
func StatusPatch(stored, object Object) (client.Patch, error) { return statusPatch(stored, object) }
