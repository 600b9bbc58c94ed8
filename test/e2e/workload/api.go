package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// callerHeader is in which callers tell their name, for the account only.
const callerHeader = "X-Caller"

// account is what the API knows of one caller.
type account struct {
	Accepted int    `json:"accepted"`
	Refused  int    `json:"refused"`
	Tokens   int    `json:"tokens"` // different ones
	Reason   string `json:"reason"` // of the last refusal

	seen map[[sha256.Size]byte]bool
}

// api answers those who show a good token, and keeps account of all.
type api struct {
	verifier *oidc.IDTokenVerifier
	mu       sync.Mutex
	callers  map[string]*account
}

// runAPI serves at port 8080: / for callers with a token, /account for the test.
func runAPI(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("api", flag.ContinueOnError)
	issuer := flags.String("issuer", "", "`URL` that tokens have to name as their issuer")
	keys := flags.String("keys", "", "`URL` of the keys that sign them")
	audience := flags.String("audience", "", "`URL` that they have to be for")
	ca := flags.String("ca", "", "`file` with the certificate authority of these addresses")
	if err := flags.Parse(args); err != nil {
		return err
	}
	authority, err := os.ReadFile(*ca)
	if err != nil {
		return fmt.Errorf("reading the certificate authority: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}
	set := oidc.NewRemoteKeySet(oidc.ClientContext(ctx, client), *keys)
	a := &api{verifier: oidc.NewVerifier(*issuer, set, &oidc.Config{ClientID: *audience}), callers: map[string]*account{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /account", a.tell)
	mux.HandleFunc("GET /", a.answer)
	server := &http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	fmt.Println("serving")
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}

// answer verifies a token as a resource server does (RFC 6750): signature, issuer, audience and expiry.
func (a *api) answer(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	_, err := a.verifier.Verify(r.Context(), token)
	a.note(r.Header.Get(callerHeader), token, err)
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func (a *api) note(caller, token string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	of := a.callers[caller]
	if of == nil {
		of = &account{seen: map[[sha256.Size]byte]bool{}}
		a.callers[caller] = of
	}
	if err != nil {
		of.Refused++
		of.Reason = err.Error()
		return
	}
	of.Accepted++
	of.seen[sha256.Sum256([]byte(token))] = true
	of.Tokens = len(of.seen)
}

func (a *api) tell(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = json.NewEncoder(w).Encode(a.callers) // who asked has gone if this fails
}
