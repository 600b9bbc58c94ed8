package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// asCommand makes the test binary run the command instead of the tests.
const asCommand = "IDENTITY_EMULATOR_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the command as a process of its own, with a client.
type process struct {
	command *exec.Cmd
	url     string
	client  *http.Client
	token   string
}

// begin starts the command on a state file and waits until it serves.
func begin(t *testing.T, directory string) *process {
	t.Helper()
	caFile, credentialFile := filepath.Join(directory, "ca.pem"), filepath.Join(directory, "admin.json")
	command := exec.CommandContext(t.Context(), os.Args[0], "--listen", "127.0.0.1:0", "--quiet", "--ca-file", caFile,
		"--admin-credential-file", credentialFile, "--state", filepath.Join(directory, "state.json"))
	command.Env, command.Stderr = append(os.Environ(), asCommand+"=1"), os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{command: command}
	for lines := bufio.NewScanner(output); p.url == "" && lines.Scan(); {
		if _, after, found := strings.Cut(lines.Text(), "tenant         "); found {
			p.url = after
		}
	}
	if p.url == "" {
		t.Fatal("the command does not serve")
	}
	ca, err := os.ReadFile(caFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	p.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	content, err := os.ReadFile(credentialFile)
	if err != nil {
		t.Fatal(err)
	}
	var credential map[string]string
	if err := json.Unmarshal(content, &credential); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"all"}}
	form.Set("client_id", credential["client_id"])
	form.Set("client_secret", credential["client_secret"])
	answer, err := p.post(t.Context(), "/oauth2/token/operator-admin", "application/x-www-form-urlencoded", form.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if p.token, _ = answer["access_token"].(string); p.token == "" {
		t.Fatalf("no token: %v", answer["error"])
	}
	return p
}

func (p *process) post(ctx context.Context, path, contentType, body string) (map[string]any, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer map[string]any
	err = json.Unmarshal(content, &answer)
	return answer, err
}

// kill ends the process as the system does when memory is short.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.command.Wait()
	p.client.CloseIdleConnections()
}

// TestWhatWasAnsweredSurvivesAKill lets several clients store roles while the process is killed, twice. What was answered is there
// afterwards, and so are the token and the certificate authority that the clients hold.
func TestWhatWasAnsweredSurvivesAKill(t *testing.T) {
	directory := t.TempDir()
	var mu sync.Mutex
	stored := map[string]bool{}
	oldToken := ""
	for round := range 2 {
		p := begin(t, directory)
		if oldToken == "" {
			oldToken = p.token
		}
		enough := make(chan struct{})
		var once sync.Once
		var clients sync.WaitGroup
		for client := range 4 {
			clients.Go(func() {
				for n := range 1000 {
					name := fmt.Sprintf("role %d %d %d", round, client, n)
					answer, err := p.post(context.WithoutCancel(t.Context()), "/Roles/StoreRole", "application/json", `{"Name":"`+name+`"}`)
					if err != nil {
						return // it was killed
					}
					mu.Lock()
					if answer["success"] == true {
						stored[name] = true
					}
					if len(stored) >= 20*(round+1) {
						once.Do(func() { close(enough) })
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		p.kill(t)
		clients.Wait()
	}
	p := begin(t, directory)
	defer p.kill(t)
	p.token = oldToken
	answer, err := p.post(t.Context(), "/Redrock/query", "application/json", `{"Script":"SELECT Name FROM Role"}`)
	if err != nil || answer["success"] != true {
		t.Fatalf("the first token opens nothing any more: %v, %v", answer, err)
	}
	text := fmt.Sprint(answer["Result"])
	for name := range stored {
		if !strings.Contains(text, "Name:"+name+"]") {
			t.Errorf("%s was answered and is lost", name)
		}
	}
	t.Logf("%d roles were stored and are there", len(stored))
}
