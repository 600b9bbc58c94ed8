package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

// options are the flags of the command.
type options struct {
	listen              string
	control             string
	allowNonLoopback    bool
	hosts               string
	publicURL           string
	seed                string
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
		if err := writeFile(o.caFile, tenant.CABundle(), 0o644); err != nil {
			return fmt.Errorf("writing certificate authority: %w", err)
		}
	}
	if o.adminCredentialFile != "" {
		id, secret := tenant.AdminCredential()
		text, err := json.Marshal(map[string]string{"client_id": id, "client_secret": secret})
		if err != nil {
			return fmt.Errorf("encoding administrator's credential: %w", err)
		}
		if err := writeFile(o.adminCredentialFile, append(text, '\n'), 0o600); err != nil {
			return fmt.Errorf("writing administrator's credential: %w", err)
		}
	}
	return nil
}

// writeFile replaces a file atomically. The temporary file is private until it has its mode.
func writeFile(path string, content []byte, mode os.FileMode) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	if _, err := temporary.Write(content); err != nil {
		return errors.Join(err, temporary.Close())
	}
	if err := errors.Join(temporary.Chmod(mode), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
