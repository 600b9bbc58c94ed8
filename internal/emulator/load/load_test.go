package load

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

const (
	// clients call at the same time.
	clients = 8
	// Each work is measured in slices, in turn with the others, so that what else the machine does meets all of them alike.
	slices = 12
	slice  = 500 * time.Millisecond
)

// work is something whose rate is measured.
type work struct {
	name string
	// once does it one time.
	once func(context.Context) error
	// workers do it at the same time.
	workers int
	// against is the work whose rate is the measure, and least the part of it that is to be reached; none when empty.
	against string
	least   float64

	count   atomic.Int64
	elapsed time.Duration
	cpu     time.Duration // of this process
}

// run does the work for one slice.
func (w *work) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, slice)
	defer cancel()
	began, before := time.Now(), cpuTime()
	var workers sync.WaitGroup
	failures := make(chan error, w.workers)
	for range w.workers {
		workers.Go(func() {
			for ctx.Err() == nil {
				// A call that was begun is finished and counted.
				if err := w.once(context.WithoutCancel(ctx)); err != nil {
					failures <- err
					return
				}
				w.count.Add(1)
			}
		})
	}
	workers.Wait()
	w.elapsed += time.Since(began)
	w.cpu += cpuTime() - before
	close(failures)
	return <-failures
}

// rates are how often the work is done in a second of the clock, and in a second of a core.
func (w *work) rates() (perSecond, perCPUSecond float64) {
	count := float64(w.count.Load())
	return count / w.elapsed.Seconds(), count / w.cpu.Seconds()
}

// share is how much of the machine's cores the work got.
func (w *work) share() float64 {
	return w.cpu.Seconds() / w.elapsed.Seconds() / float64(runtime.GOMAXPROCS(0))
}

// cpuTime is how long this process has had a core.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// caller calls over HTTPS on connections that stay open.
type caller struct {
	client *http.Client
	header http.Header
}

func newCaller(t *testing.T, authority []byte) caller {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		t.Fatal("no certificate authority")
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: clients,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return caller{client: &http.Client{Transport: transport}, header: http.Header{}}
}

// post returns what calls an address with a body, and wants the answer to hold some text.
func (c caller) post(address, contentType, body, want string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
		if err != nil {
			return err
		}
		maps.Copy(request.Header, c.header)
		request.Header.Set("Content-Type", contentType)
		response, err := c.client.Do(request)
		if err != nil {
			return err
		}
		content, err := io.ReadAll(response.Body)
		if err := errors.Join(err, response.Body.Close()); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK || !strings.Contains(string(content), want) {
			return fmt.Errorf("answered %d without %s", response.StatusCode, want)
		}
		return nil
	}
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
	password = "Load-Password-1"
)

// seed has a client, applications with both kinds of token, and enough beside them that finding one is work.
func seed() emulator.Seed {
	s := emulator.DefaultSeed()
	s.Users[0].Password = password
	for i := range 200 {
		s.Users = append(s.Users, emulator.SeedUser{Name: fmt.Sprintf("user%d@example.test", i), Password: password, OauthClient: true})
		s.Applications = append(s.Applications, emulator.SeedApplication{ServiceName: fmt.Sprintf("application%d", i)})
	}
	for name, kind := range map[string]string{"jwt": "JwtRS256", "opaque": "Opaque"} {
		s.Applications = append(s.Applications, emulator.SeedApplication{
			ServiceName: name, Scopes: []emulator.SeedScope{{Scope: "read"}}, Profile: map[string]any{"TokenType": kind},
			Grants: []emulator.SeedGrant{{Role: "OAuth Operators"}},
		})
	}
	return s
}

func tokenForm(scope string) string {
	return url.Values{
		"grant_type": {"client_credentials"}, "scope": {scope}, "client_id": {"oauth-operator@example.test"}, "client_secret": {password},
	}.Encode()
}

// adminToken logs in.
func adminToken(t *testing.T, c caller, tenant *emulator.Emulator) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tenant.URL()+"/OAuth2/Token/operator-admin", strings.NewReader(tokenForm("all")))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", formType)
	response, err := c.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := errors.Join(json.NewDecoder(response.Body).Decode(&answer), response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer.AccessToken
}

// signing is bare RS256 over claims of the usual size.
func signing(t *testing.T) func(context.Context) error {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(strings.Repeat("claims", 60))
	return func(context.Context) error {
		sum := sha256.Sum256(text)
		_, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
		return err
	}
}

// bareServer answers HTTPS with a fixed JSON object after reading the body, and does nothing else.
func bareServer(t *testing.T, answerSize int) (address string, authority []byte) {
	t.Helper()
	body := []byte(`{"success":true,"Result":"` + strings.Repeat("x", answerSize) + `"}`)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		w.Header().Set("Content-Type", jsonType)
		_, _ = w.Write(body)
	}))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, pemOf(server.Certificate())
}

// enough is the share of the cores that signing has to get for seconds of the clock to be a measure. Where other work keeps
// the machine busy, seconds of a core are one: how long a call waits for the others then says nothing of the tenant.
const enough = 0.9

// TestTheTenantKeepsPace is not part of the usual tests: it takes a minute.
func TestTheTenantKeepsPace(t *testing.T) {
	if os.Getenv("EMULATOR_LOAD") == "" {
		t.Skip("run it by make emulator-load")
	}
	tenant, err := emulator.Start(emulator.Options{Seed: seed()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	})
	c := newCaller(t, tenant.CABundle())
	admin := newCaller(t, tenant.CABundle())
	admin.header.Set("Authorization", "Bearer "+adminToken(t, c, tenant))
	app, _ := tenant.Application("jwt")
	bare, authority := bareServer(t, 200)
	works := []*work{
		{name: "bare RS256 signing", once: signing(t), workers: runtime.GOMAXPROCS(0)},
		{
			name: "JWT tokens", once: c.post(tenant.URL()+"/OAuth2/Token/jwt", formType, tokenForm("read"), "access_token"), workers: clients,
			against: "bare RS256 signing", least: 0.7,
		},
		{name: "bare HTTPS handler", once: newCaller(t, authority).post(bare, formType, tokenForm("read"), "success"), workers: clients},
		{
			name: "opaque tokens", once: c.post(tenant.URL()+"/OAuth2/Token/opaque", formType, tokenForm("read"), "access_token"), workers: clients,
			against: "bare HTTPS handler", least: 0.5,
		},
		{
			name: "GetApplication", workers: clients, against: "bare HTTPS handler", least: 0.5,
			once: admin.post(tenant.URL()+"/SaasManage/GetApplication", jsonType, `{"_RowKey":"`+app.Key+`"}`, `"success":true`),
		},
		{
			name: "GetAppIDByServiceName", workers: clients, against: "bare HTTPS handler", least: 0.5,
			once: admin.post(tenant.URL()+"/SaasManage/GetAppIDByServiceName", jsonType, `{"Name":"jwt"}`, `"success":true`),
		},
		{
			name: "query for one user of 200", workers: clients, against: "bare HTTPS handler", least: 0.5,
			once: admin.post(tenant.URL()+"/Redrock/query", jsonType,
				`{"Script":"Select ID, Username, DisplayName, Email, MobileNumber, LastLogin from User WHERE Username='user77@example.test'"}`,
				`user77@example.test`),
		},
	}
	for range slices {
		for _, w := range works {
			if err := w.run(t.Context()); err != nil {
				t.Fatalf("%s: %v", w.name, err)
			}
		}
	}
	byName := map[string]*work{}
	for _, w := range works {
		byName[w.name] = w
	}
	alone := works[0].share() >= enough
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-28s %10s %14s   %s\n", "work", "per second", "per CPU second", "ratio")
	for _, w := range works {
		perSecond, perCPUSecond := w.rates()
		fmt.Fprintf(&table, "%-28s %10.0f %14.0f", w.name, perSecond, perCPUSecond)
		if against := byName[w.against]; against != nil {
			otherSecond, otherCPUSecond := against.rates()
			clock, cpu := perSecond/otherSecond, perCPUSecond/otherCPUSecond
			fmt.Fprintf(&table, "   %.2f (%.2f by CPU) of %s, at least %.2f", clock, cpu, w.against, w.least)
			ratio := cpu
			if alone {
				ratio = clock
			}
			if ratio < w.least {
				t.Errorf("%s: %.2f of %s, want %.2f", w.name, ratio, w.against, w.least)
			}
		}
		table.WriteByte('\n')
	}
	if !alone {
		fmt.Fprintf(&table, "Signing got %.0f %% of the cores: the machine is busy, and the CPU's seconds count.\n", 100*works[0].share())
	}
	t.Log(table.String())
}

func pemOf(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}
