package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/internal/emulator/atomicfile"
)

// options are the flags of the command.
type options struct {
	listen              string
	control             string
	allowNonLoopback    bool
	hosts               string
	publicURL           string
	seed                string
	state               string
	audit               string
	callsPerSecond      float64
	switches            string
	caFile              string
	adminCredentialFile string
	quiet               bool
}

func parseOptions(args []string, output io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("identity-emulator", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.Usage = func() {
		fmt.Fprint(output, "identity-emulator serves a local CyberArk Identity tenant over HTTPS for demos and development.\n"+
			"It is not for production.\n\nFlags:\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8443", "`address` of the tenant, HTTPS")
	flags.StringVar(&o.control, "control", "",
		"`address` of the control port, plain HTTP without authentication; none when empty")
	flags.BoolVar(&o.allowNonLoopback, "allow-non-loopback", false, "permit addresses that other machines can reach")
	flags.StringVar(&o.hosts, "hosts", "", "further `names` in the server certificate, comma-separated")
	flags.StringVar(&o.publicURL, "public-url", "", "tenant `URL` in issuers and discovery; default: that of --listen")
	flags.StringVar(&o.seed, "seed", "", "YAML `file` with the users, roles and applications to start with")
	flags.StringVar(&o.state, "state", "",
		"`file` to keep the tenant in, which survives a restart then; it holds private keys. In memory when empty")
	flags.StringVar(&o.audit, "audit", "", "`file` to append a line of JSON to for each call, without secrets")
	flags.Float64Var(&o.callsPerSecond, "rate-limit", 0, "`calls` per second beyond which the tenant answers 429; 0 for no limit")
	flags.StringVar(&o.switches, "switches", "",
		"readings of undocumented behaviour, as YAML `text`, such as '{mergeProfile: true}'")
	flags.StringVar(&o.caFile, "ca-file", "", "`file` to write the certificate authority to, as PEM")
	flags.StringVar(&o.adminCredentialFile, "admin-credential-file", "",
		"`file` to write the administrator's client_id and client_secret to, as JSON, readable by its owner only")
	flags.BoolVar(&o.quiet, "quiet", false, "do not log calls")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("reading flags: unexpected argument %q", flags.Arg(0))
	}
	return o, nil
}

// emulatorOptions reads the seed file and the switches.
func (o options) emulatorOptions() (emulator.Options, error) {
	result := emulator.Options{
		Address: o.listen, ControlAddress: o.control, AllowNonLoopback: o.allowNonLoopback, PublicURL: o.publicURL,
		StateFile: o.state, RateLimit: emulator.RateLimit{PerSecond: o.callsPerSecond},
	}
	for host := range strings.SplitSeq(o.hosts, ",") {
		if host = strings.TrimSpace(host); host != "" {
			result.Hosts = append(result.Hosts, host)
		}
	}
	if o.seed != "" {
		text, err := os.ReadFile(o.seed)
		if err != nil {
			return emulator.Options{}, fmt.Errorf("reading seed: %w", err)
		}
		if result.Seed, err = emulator.ParseSeed(text); err != nil {
			return emulator.Options{}, err
		}
	}
	if o.switches != "" {
		switches, err := emulator.ParseSwitches([]byte(o.switches))
		if err != nil {
			return emulator.Options{}, err
		}
		result.Switches = switches
	}
	return result, nil
}

// publish writes the files that tell others how to reach the tenant. They appear whole or not at all, so that a script
// may wait for them.
func (o options) publish(tenant *emulator.Emulator) error {
	if o.caFile != "" {
		if err := atomicfile.Write(o.caFile, tenant.CABundle(), 0o644); err != nil {
			return fmt.Errorf("writing certificate authority: %w", err)
		}
	}
	if o.adminCredentialFile != "" {
		id, secret := tenant.AdminCredential()
		text, err := json.Marshal(map[string]string{"client_id": id, "client_secret": secret})
		if err != nil {
			return fmt.Errorf("encoding administrator's credential: %w", err)
		}
		if err := atomicfile.Write(o.adminCredentialFile, append(text, '\n'), 0o600); err != nil {
			return fmt.Errorf("writing administrator's credential: %w", err)
		}
	}
	return nil
}

// openAudit opens the audit log for appending; nil without one.
func (o options) openAudit() (*os.File, error) {
	if o.audit == "" {
		return nil, nil //nolint:nilnil // no log is no error
	}
	file, err := os.OpenFile(o.audit, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the audit log: %w", err)
	}
	return file, nil
}
