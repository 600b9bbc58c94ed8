package identity_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator/redrock"
	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/identity"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// transport answers in the place of a tenant.
type transport func(*http.Request) (status int, body string)

// RoundTrip implements http.RoundTripper.
func (f transport) RoundTrip(request *http.Request) (*http.Response, error) {
	status, body := f(request)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: request,
	}, nil
}

func (f transport) client() *identity.Client {
	return &identity.Client{BaseURL: "https://tenant.example", HTTP: &http.Client{Transport: f}, Authorize: func(context.Context, oauth.Secret) (oauth.Secret, error) {
		return oauth.NewSecret("token-" + canary), nil
	}}
}

// reads are all calls whose answer is more than yes or no.
func reads() []func(context.Context, *identity.Client) error {
	return []func(context.Context, *identity.Client) error{
		func(ctx context.Context, c *identity.Client) error { _, err := c.WhoAmI(ctx); return err },
		func(ctx context.Context, c *identity.Client) error { _, err := c.LoginSuffixes(ctx); return err },
		func(ctx context.Context, c *identity.Client) error {
			_, _, err := c.FindApplication(ctx, "orders")
			return err
		},
		func(ctx context.Context, c *identity.Client) error {
			_, err := c.ListOAuthApplications(ctx)
			return err
		},
		func(ctx context.Context, c *identity.Client) error {
			_, _, err := c.GetApplication(ctx, "k")
			return err
		},
		func(ctx context.Context, c *identity.Client) error {
			_, err := c.ImportApplication(ctx, "t")
			return err
		},
		func(ctx context.Context, c *identity.Client) error { return c.UpdateApplication(ctx, "k", nil) },
		func(ctx context.Context, c *identity.Client) error { return c.DeleteApplication(ctx, "k") },
		func(ctx context.Context, c *identity.Client) error { _, err := c.Grants(ctx, "k"); return err },
		func(ctx context.Context, c *identity.Client) error { _, _, err := c.FindRole(ctx, "r"); return err },
		func(ctx context.Context, c *identity.Client) error { _, err := c.StoreRole(ctx, "r", "d"); return err },
		func(ctx context.Context, c *identity.Client) error { _, err := c.RoleMembers(ctx, "r"); return err },
		func(ctx context.Context, c *identity.Client) error { _, _, err := c.FindUser(ctx, "u"); return err },
		func(ctx context.Context, c *identity.Client) error { _, _, err := c.GetUser(ctx, "u"); return err },
		func(ctx context.Context, c *identity.Client) error { _, err := c.UserRoles(ctx, "u"); return err },
		func(ctx context.Context, c *identity.Client) error {
			_, err := c.CreateUser(ctx, identity.NewUser{Username: "u"})
			return err
		},
	}
}

// FuzzAnswer gives any answer to any call. None may panic, go on asking, or get into an error.
func FuzzAnswer(f *testing.F) {
	for i := range reads() {
		for _, body := range []string{
			`{"success":true,"Result":{"Results":[{"Row":{"ID":"k","_RowKey":"k","ServiceName":"orders","Name":"r","Username":"u"}}],"FullCount":1}}`,
			`{"success":true,"Result":{"Results":[{"Row":{"ID":1}}],"FullCount":-1}}`, `{"success":true,"Result":{"Results":[],"FullCount":99}}`,
			`{"success":true,"Result":null}`, `{"success":true,"Result":"k"}`, `{"success":true,"Result":{"State":1,"_RowKey":"k"}}`, `{"success":true,"Result":[{"_RowKey":"k"}]}`,
			`{"success":false,"Message":"` + canary + `","MessageID":"_I18N_System.X"}`, `{"success":false}`, `{"success":"true"}`, "", "null", `{"success":true,"Result":{"Results":null}}`,
		} {
			f.Add(uint8(i), 200, body)
		}
		f.Add(uint8(i), 401, "")
		f.Add(uint8(i), 503, "<html>")
	}
	f.Fuzz(func(t *testing.T, which uint8, status int, body string) {
		calls := 0
		client := transport(func(*http.Request) (int, string) {
			calls++
			return 200 + (status%400+400)%400, body
		}).client()
		err := reads()[int(which)%len(reads())](t.Context(), client)
		if calls > 210 {
			t.Errorf("%d calls were made", calls)
		}
		if err == nil {
			return
		}
		if failure.ClassOf(err) == "" {
			t.Errorf("the error has no class: %v", err)
		}
		if strings.Contains(err.Error(), canary) || len(err.Error()) > 400 {
			t.Errorf("the error shows too much: %v", err)
		}
	})
}

// FuzzQuery looks for names that get out of the quotes of a query: the tenant must read the one comparison that is meant, with the very name.
func FuzzQuery(f *testing.F) {
	for _, name := range []string{"", "orders", "o'brien", "''", `\'`, "' OR '1'='1", "a'; --", "a\x00'", "%", "\u2019", "x' UNION SELECT ID FROM User WHERE ''='"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		wire := string([]rune(name)) // JSON has a replacement for each byte that is no text
		client := transport(func(request *http.Request) (int, string) {
			var sent struct{ Script string }
			if err := json.NewDecoder(request.Body).Decode(&sent); err != nil {
				t.Fatal(err)
			}
			query, err := redrock.Parse(sent.Script)
			if err != nil {
				t.Fatalf("%q makes %q, which is no query: %v", name, sent.Script, err)
			}
			pinned := 0
			for _, column := range []string{"Name", "Username", "ServiceName"} {
				if text, is := query.Pinned(column); is && strings.EqualFold(text, wire) {
					pinned++
				}
			}
			if pinned != 1 {
				t.Errorf("%q makes %q, which is read as %s", name, sent.Script, query.Where)
			}
			return 200, `{"success":true,"Result":{"Results":[],"FullCount":0}}`
		}).client()
		_, _, _ = client.FindRole(t.Context(), name)
		_, _, _ = client.FindUser(t.Context(), name)
		_, _, _ = client.FindApplication(t.Context(), name)
	})
}
