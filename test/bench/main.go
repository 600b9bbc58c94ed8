// Command bench measures what the operator costs: it starts a control plane, a local tenant and the operator, each in a process of its own, puts a
// load on them in several scenarios, and prints one table.
//
// It is meant to be run by `make bench`, which builds what it runs. Everything that it starts ends with it. docs/performance.md says what is
// measured, and how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/oauth-operator/oauth-operator/test/narration"
)

func main() {
	o := options{}
	flag.StringVar(&o.size, "size", "default", "how much: "+strings.Join(sizeNames(), ", "))
	flag.StringVar(&o.only, "only", "", "`scenarios` to run, separated by commas; all when empty")
	flag.StringVar(&o.root, "root", ".", "`directory` of the repository, with bin/ built")
	flag.StringVar(&o.programs, "programs", "", "`directory` with the operator and the local tenant to measure, such as those of another commit; bin of the repository when empty")
	flag.StringVar(&o.output, "output", "", "`file` to write the figures to as JSON; none when empty")
	flag.StringVar(&o.profiles, "profiles", "", "`directory` to write profiles of the operator to, some for each scenario; none when empty")
	flag.StringVar(&o.operatorFlags, "operator-flags", "", "further `flags` for the operator, separated by blanks, such as --concurrency=16")
	flag.Parse()
	log.SetLogger(logr.Discard()) // envtest's; what matters is told below

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // the second signal ends this process at once, and the watchdog ends the rest
	o.assets = os.Getenv("KUBEBUILDER_ASSETS")
	if err := run(ctx, o, narration.New(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the flags set.
type options struct {
	size, only, root, programs, output, profiles, operatorFlags string
	// assets is the directory with the control plane's binaries.
	assets string
}

// run measures, and tells what came out. A target that is missed is no error: figures depend on the machine.
func run(ctx context.Context, o options, n *narration.Narrator) (err error) {
	b, err := newBench(o, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	chosen, err := chosenScenarios(o.only)
	if err != nil {
		return err
	}
	if err := b.startControlPlane(ctx); err != nil {
		return err
	}
	for _, s := range chosen {
		n.Heading("%s: %s", s.name, s.title)
		if err := b.measure(ctx, s); err != nil {
			return fmt.Errorf("measuring %s: %w", s.name, err)
		}
	}
	if err := b.leaveStage(); err != nil {
		return err
	}
	b.report.Seconds = n.Elapsed().Seconds()
	n.Print("\n" + b.report.table())
	if o.output == "" {
		return nil
	}
	return b.report.write(o.output)
}
