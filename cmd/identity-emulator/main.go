// Command identity-emulator serves a local CyberArk Identity tenant for demos and development. It is not for
// production: it hands its administrator's credentials out, and keeps private keys in its state file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "identity-emulator:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. What is served goes to stdout, one line per call to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	options, err := o.emulatorOptions()
	if err != nil {
		return err
	}
	if !o.quiet {
		options.Logger = slog.New(slog.NewTextHandler(stderr, nil))
	}
	audit, err := o.openAudit()
	if err != nil {
		return err
	}
	if audit != nil {
		options.Audit = audit
		defer func() { err = errors.Join(err, audit.Close()) }()
	}
	tenant, err := emulator.Start(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenant.Close()) }()
	if err := o.publish(tenant); err != nil {
		return err
	}
	fmt.Fprint(stdout, banner(tenant, o))
	<-ctx.Done()
	return nil
}

// banner says what is served and where its credentials are. It holds no secret.
func banner(tenant *emulator.Emulator, o options) string {
	clientID, _ := tenant.AdminCredential()
	text := "identity-emulator: a local identity tenant, not for production\n" +
		"  tenant         " + tenant.URL() + "\n" +
		"  administrator  " + clientID + "\n"
	if control := tenant.ControlURL(); control != "" {
		text += "  control port   " + control + "\n"
	}
	if o.state != "" {
		text += "  kept in        " + o.state + "\n"
	}
	if o.caFile != "" {
		text += "  CA written to  " + o.caFile + "\n"
	}
	if o.adminCredentialFile != "" {
		text += "  credential in  " + o.adminCredentialFile + "\n"
	}
	return text
}
