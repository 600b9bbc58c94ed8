// Command manager runs the oauth-operator.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"

	// The authorities of public tenants, for an image that has no files. Where the system has its own, those are trusted instead.
	_ "golang.org/x/crypto/x509roots/fallback"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/oauth-operator/oauth-operator/internal/operator"
	"github.com/oauth-operator/oauth-operator/internal/version"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

// profiledLocks is of how many waits for a lock one is recorded, where profiles are served.
const profiledLocks = 100

func run() error {
	options := operator.DefaultOptions(os.Getenv("POD_NAMESPACE"))
	options.AddFlags(flag.CommandLine)
	logging := zap.Options{}
	logging.BindFlags(flag.CommandLine)
	flag.Parse()

	operator.SetLogger(zap.New(zap.UseFlagOptions(&logging)))
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster: %w", err)
	}
	if options.ProfilingAddress != "0" {
		runtime.SetMutexProfileFraction(profiledLocks)
	}
	ctx := ctrl.SetupSignalHandler()
	leaveRoom(ctx)
	mgr, err := operator.New(ctx, config, options)
	if err != nil {
		return err
	}
	ctrl.Log.Info("Starting", "version", version.String(), "namespace", options.Namespace, "shard", options.Shard.String(), "lease", options.Shard.Lease(operator.Name))
	return mgr.Start(ctx)
}
