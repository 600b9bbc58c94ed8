package chromium

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrNotFound says that there is no Chromium on this machine.
var ErrNotFound = errors.New("no Chromium found: install it (on Debian, the package chromium), or name it in CHROMIUM")

// Options say what a browser is for.
type Options struct {
	// Directory is for the profile; it is to be empty.
	Directory string
	// TrustedKey is the Base64 of the SHA-256 of a public key (SubjectPublicKeyInfo): certificates in a chain with it are trusted.
	TrustedKey string
}

// Browser is a running Chromium.
type Browser struct {
	command *exec.Cmd
	session *session
	exited  chan struct{}
}

// Find returns the path of a Chromium: that of the environment variable CHROMIUM, else what is in PATH under one of its names. The error is
// ErrNotFound.
func Find() (string, error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNotFound
}

// Start starts a browser without a window. It ends with ctx, or when it is closed.
func Start(ctx context.Context, options Options) (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	// Chromium reads commands from file descriptor 3 and answers on 4.
	commands, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	read, answers, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making a pipe: %w", err), commands.Close(), write.Close())
	}
	command := exec.CommandContext(ctx, path, arguments(options)...)
	command.ExtraFiles = []*os.File{commands, answers}
	command.Env = append(os.Environ(), "HOME="+options.Directory, "XDG_CONFIG_HOME="+options.Directory, "XDG_CACHE_HOME="+options.Directory)
	// It has children of its own, which end with its process group.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	err = command.Start()
	err = errors.Join(err, commands.Close(), answers.Close())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting Chromium: %w", err), write.Close(), read.Close())
	}
	b := &Browser{command: command, session: newSession(write, read), exited: make(chan struct{})}
	go func() {
		defer close(b.exited)
		_ = command.Wait() // it is killed, which is no news
	}()
	return b, nil
}

func arguments(options Options) []string {
	flags := []string{
		"--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-default-browser-check", "--password-store=basic",
		"--user-data-dir=" + filepath.Join(options.Directory, "profile"),
	}
	if options.TrustedKey != "" {
		flags = append(flags, "--ignore-certificate-errors-spki-list="+options.TrustedKey)
	}
	if os.Geteuid() == 0 {
		flags = append(flags, "--no-sandbox") // its sandbox refuses root, as in a container
	}
	return append(flags, "about:blank")
}

// Close ends the browser with all that it has started.
func (b *Browser) Close() error {
	_ = syscall.Kill(-b.command.Process.Pid, syscall.SIGKILL) // it has nothing to save
	<-b.exited
	return b.session.close()
}

// Open opens a page in a new tab.
func (b *Browser) Open(ctx context.Context, address string) (*Page, error) {
	var target struct{ TargetID string }
	if err := b.session.call(ctx, "", "Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return nil, err
	}
	var attached struct{ SessionID string }
	if err := b.session.call(ctx, "", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	p := &Page{session: b.session, id: attached.SessionID}
	for _, domain := range []string{"Log", "Page"} {
		if err := p.call(ctx, domain+".enable", nil, nil); err != nil {
			return nil, err
		}
	}
	if err := p.navigate(ctx, address); err != nil {
		return nil, err
	}
	return p, nil
}

// Complaints returns what the browser has put into its log: requests that failed, and what a page's policy forbade.
func (b *Browser) Complaints() string { return strings.Join(b.session.complaints(), "\n") }
