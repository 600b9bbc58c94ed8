package main

import (
	"context"

	"github.com/oauth-operator/oauth-operator/test/samples"
)

// applySamples applies config/samples, with the tenant that the demo has started.
func (d *demo) applySamples(ctx context.Context) error {
	overlay := d.file("samples")
	if err := samples.WriteOverlay(d.root, overlay, d.tenant); err != nil {
		return err
	}
	return d.kubectl(ctx, "apply", "--server-side", "-k", overlay)
}
