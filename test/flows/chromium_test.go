package flows_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserDeadline is when a browser ends in any case, so that no page can hold up the test. The test takes some seconds.
const browserDeadline = 2 * time.Minute

// findChromium returns the path of a Chromium: that of the environment variable CHROMIUM, else what is in PATH under one of its names. It skips
// the test when there is none.
func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium found: install it (on Debian, the package chromium), or name it in CHROMIUM")
	return ""
}

// visitorAtBrowser sits at a Chromium with one tab, and has a keyboard and no mouse.
type visitorAtBrowser struct {
	t     *testing.T
	stage *stage
	tab   context.Context // of chromedp, which keeps the tab there

	mu   sync.Mutex // guards what follows: the browser complains while the test goes on
	said []string
}

// visitorAtBrowser starts a browser that trusts the tenant, and that ends with the test.
func (s *stage) visitorAtBrowser(chromium string) *visitorAtBrowser {
	s.t.Helper()
	home := s.t.TempDir()
	// Not the library's defaults, which take away what protects a person: the pages are to work in the browser that people have.
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium), chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("password-store", "basic"), chromedp.Flag("ignore-certificate-errors-spki-list", s.tenantKey()),
		chromedp.Env("HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home),
	}
	v := &visitorAtBrowser{t: s.t, stage: s}
	// The test's own context ends before the cleanup, which closes the browser in good order.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), browserDeadline)
	ctx, free := chromedp.NewExecAllocator(ctx, options...)
	// What the library cannot read could have been a complaint.
	v.tab, _ = chromedp.NewContext(ctx, chromedp.WithListener(v.listen), chromedp.WithErrorf(v.hears))
	s.t.Cleanup(func() {
		defer cancel()
		defer free() // waits until the last process has ended and the profile is removed
		if err := chromedp.Cancel(v.tab); err != nil {
			s.t.Errorf("closing the browser: %v", err)
		}
	})
	return v
}

// tenantKey returns the Base64 of the SHA-256 of the public key in the tenant's certificate. The certificate is verified here, and the browser is
// told to trust its key: to give it the authority would take more programs.
func (s *stage) tenantKey() string {
	s.t.Helper()
	response, err := s.https.Get(s.Tenant.URL()) //nolint:noctx // the tenant of the test answers at once
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	sum := sha256.Sum256(response.TLS.PeerCertificates[0].RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// listen keeps what the browser puts into its log, such as requests that failed and what a page's policy forbade, and what no script caught.
func (v *visitorAtBrowser) listen(event any) {
	switch event := event.(type) {
	case *log.EventEntryAdded:
		v.hears("%s: %s %s", event.Entry.Source, event.Entry.Text, event.Entry.URL)
	case *runtime.EventExceptionThrown:
		v.hears("uncaught: %s", event.ExceptionDetails.Text)
	}
}

func (v *visitorAtBrowser) hears(format string, values ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.said = append(v.said, fmt.Sprintf(format, values...))
}

// complaints returns what the browser has complained of so far.
func (v *visitorAtBrowser) complaints() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.said)
}

// opens a page, and waits until it is there.
func (v *visitorAtBrowser) opens(address string) {
	v.t.Helper()
	if err := chromedp.Do(v.tab, chromedp.Navigate(address)); err != nil {
		v.t.Fatalf("opening %s: %v", address, err)
	}
}

// types presses one key after the other where the focus is.
func (v *visitorAtBrowser) types(keys string) {
	v.t.Helper()
	if err := chromedp.Do(v.tab, chromedp.KeyEvent(keys)); err != nil {
		v.t.Fatalf("typing: %v", err)
	}
}

// sees waits for a page with the title, on which the focus is on what has the label; no focus is looked for when that is empty.
func (v *visitorAtBrowser) sees(title, focus string) {
	v.t.Helper()
	const expression = `(() => {
		const at = document.activeElement;
		return { title: document.title, focus: at?.labels?.[0]?.innerText ?? at?.innerText ?? "", ready: document.readyState };
	})()`
	v.stage.Eventually("see "+title+" in the browser", func() error {
		seen, err := chromedp.Run(v.tab, chromedp.Evaluate[struct{ Title, Focus, Ready string }](expression))
		if err != nil {
			return err // between two pages, for example
		}
		if seen.Ready != "complete" || seen.Title != title || (focus != "" && seen.Focus != focus) {
			return fmt.Errorf("the page %q has the focus on %q; %q", seen.Title, seen.Focus, v.complaints())
		}
		return nil
	})
}

// announced looks for what a screen reader says of itself.
func (v *visitorAtBrowser) announced(want string) {
	v.t.Helper()
	got, err := chromedp.Run(v.tab, chromedp.Evaluate[string](`document.querySelector("[role=alert]").innerText`))
	if err != nil || got != want {
		v.t.Errorf("announced: %q (%v)", got, err)
	}
}

// picture keeps what the page looks like where SCREENSHOTS names a directory.
func (v *visitorAtBrowser) picture(name string) {
	v.t.Helper()
	directory := os.Getenv("SCREENSHOTS")
	if directory == "" {
		return
	}
	png, err := chromedp.Run(v.tab, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(directory, name+".png"), png, 0o600)
	}
	if err != nil {
		v.t.Error(err)
	}
}
