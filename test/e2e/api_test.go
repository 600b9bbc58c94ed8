package e2e_test

import (
	"encoding/json"
	"fmt"
	"time"
)

// api is the API that the workloads call, as its account tells about them.
type api struct {
	c       *cluster
	address string
}

// account is what the API knows of one caller.
type account struct {
	Accepted, Refused, Tokens int
	Reason                    string
}

// api opens a way to the API's account.
func (c *cluster) api() *api {
	c.t.Helper()
	ports := c.tunnel("billing", "deployment/api", "8080")
	return &api{c: c, address: "http://127.0.0.1:" + ports["8080"] + "/account"}
}

func (a *api) accounts() map[string]account {
	a.c.t.Helper()
	accounts := map[string]account{}
	if err := json.Unmarshal(a.c.get(a.address), &accounts); err != nil {
		a.c.t.Fatal(err)
	}
	return accounts
}

// seesTokens waits until a caller has come with so many different tokens. Nobody may be refused meanwhile.
func (a *api) seesTokens(caller string, tokens int) {
	a.c.t.Helper()
	a.c.eventually(fmt.Sprintf("%s has shown %d tokens", caller, tokens), 3*time.Minute, func() string {
		a.hasRefusedNobody()
		if now := a.accounts()[caller]; now.Tokens < tokens {
			return fmt.Sprintf("it has shown %d", now.Tokens)
		}
		return ""
	})
	now := a.accounts()[caller]
	a.c.say("  %s: %d calls accepted, %d refused, %d tokens", caller, now.Accepted, now.Refused, now.Tokens)
}

func (a *api) hasRefusedNobody() {
	a.c.t.Helper()
	for caller, account := range a.accounts() {
		if account.Refused > 0 {
			a.c.t.Fatalf("the API has refused %s %d times, and accepted it %d times: %s", caller, account.Refused, account.Accepted, account.Reason)
		}
	}
}
