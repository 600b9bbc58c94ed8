package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runOnce runs the command until it has said what it serves, and returns what it wrote.
func runOnce(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var errorOutput bytes.Buffer
	output := &endingWriter{end: cancel}
	err = run(ctx, args, output, &errorOutput)
	return output.String(), errorOutput.String(), err
}

// endingWriter ends the command at its first word.
type endingWriter struct {
	bytes.Buffer
	end func()
}

func (w *endingWriter) Write(p []byte) (int, error) {
	defer w.end()
	return w.Buffer.Write(p)
}

func TestCommandPublishesHowToReachTheTenant(t *testing.T) {
	dir := t.TempDir()
	caFile, credentialFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "admin.json")
	stdout, _, err := runOnce(t, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--ca-file", caFile,
		"--admin-credential-file", credentialFile, "--hosts", "tenant.test, 127.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(caFile)
	if err != nil || !bytes.HasPrefix(ca, []byte("-----BEGIN CERTIFICATE-----")) {
		t.Errorf("CA file holds %q, %v", ca, err)
	}
	content, err := os.ReadFile(credentialFile)
	if err != nil {
		t.Fatal(err)
	}
	var credential map[string]string
	if err := json.Unmarshal(content, &credential); err != nil {
		t.Fatal(err)
	}
	if credential["client_id"] != "oauth-operator@example.test" || len(credential["client_secret"]) < 20 {
		t.Errorf("credential file has client_id %q", credential["client_id"])
	}
	info, err := os.Stat(credentialFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("credential file has mode %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("directory holds %v, %v", left, err)
	}
	for _, want := range []string{"not for production", "https://127.0.0.1:", "http://127.0.0.1:", caFile, credentialFile} {
		if !strings.Contains(stdout, want) {
			t.Errorf("banner %q lacks %q", stdout, want)
		}
	}
	if strings.Contains(stdout, credential["client_secret"]) {
		t.Error("the banner holds the secret")
	}
}

func TestCommandReadsASeed(t *testing.T) {
	seed := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(seed, []byte("users: [{name: boss@corp.test}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, _, err := runOnce(t, "--listen", "127.0.0.1:0", "--seed", seed, "--switches", "{keysAbsent: true}")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout, "boss@corp.test") {
		t.Errorf("banner %q lacks the administrator", stdout)
	}
}

func TestTheExampleOfASeedIsGood(t *testing.T) {
	directory := t.TempDir()
	credentialFile := filepath.Join(directory, "admin.json")
	_, _, err := runOnce(t, "--listen", "127.0.0.1:0", "--seed", "seed.example.yaml", "--admin-credential-file", credentialFile)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(credentialFile)
	if err != nil || !strings.Contains(string(content), "Only-For-Demos-1") {
		t.Errorf("the administrator has another password than the example says, %v", err)
	}
}

func TestCommandKeepsAnAuditLogAndItsState(t *testing.T) {
	dir := t.TempDir()
	audit, state := filepath.Join(dir, "audit.log"), filepath.Join(dir, "state.json")
	for range 2 {
		stdout, _, err := runOnce(t, "--listen", "127.0.0.1:0", "--audit", audit, "--state", state, "--rate-limit", "100")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(stdout, state) {
			t.Errorf("banner %q lacks the state file", stdout)
		}
	}
	for _, path := range []string{audit, state} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
}

func TestCommandRefuses(t *testing.T) {
	cases := map[string][]string{
		"an address that others can reach": {"--listen", "0.0.0.0:0"},
		"a seed that is not there":         {"--listen", "127.0.0.1:0", "--seed", "/nothing/here"},
		"an unknown switch":                {"--listen", "127.0.0.1:0", "--switches", "{x: true}"},
		"an audit log in no directory":     {"--listen", "127.0.0.1:0", "--audit", "/nothing/here/audit.log"},
		"a state file in no directory":     {"--listen", "127.0.0.1:0", "--state", "/nothing/here/state.json"},
		"a negative rate limit":            {"--listen", "127.0.0.1:0", "--rate-limit", "-1"},
		"an argument":                      {"serve"},
		"an unknown flag":                  {"--port", "1"},
		"a directory that is not there":    {"--listen", "127.0.0.1:0", "--ca-file", "/nothing/here/ca.pem"},
	}
	for name, args := range cases {
		t.Run(name, func(t *testing.T) {
			if stdout, _, err := runOnce(t, args...); err == nil {
				t.Errorf("no error; output %q", stdout)
			}
		})
	}
}

func TestHelpSaysThatItIsNotForProduction(t *testing.T) {
	_, stderr, err := runOnce(t, "--help")
	if !errors.Is(err, flag.ErrHelp) || !strings.Contains(stderr, "not for production") {
		t.Errorf("help is %q, %v", stderr, err)
	}
}
