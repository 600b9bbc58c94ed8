package oauth_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

const canary = "hunter2-canary"

func TestSecretIsNeverPrinted(t *testing.T) {
	secret := oauth.NewSecret(canary)
	type hidden struct{ s oauth.Secret } // fmt calls no methods on unexported fields.
	type shown struct{ S oauth.Secret }
	values := []any{
		secret, &secret,
		hidden{secret},
		&hidden{secret},
		shown{secret},
		[]oauth.Secret{secret},
		map[string]oauth.Secret{"k": secret},
		oauth.Credential{ClientID: "id", ClientSecret: secret},
		oauth.Token{AccessToken: secret},
	}
	var out bytes.Buffer
	for _, v := range values {
		for verb := range strings.FieldsSeq("%v %+v %#v %s %q %x %X %d %t %10.3s %T") {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		fmt.Fprintln(&out, v)
		for _, encode := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal, xml.Marshal} {
			encoded, _ := encode(v) // Some encoders refuse some values, which is fine.
			out.Write(encoded)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
	}
	fmt.Fprintln(&out, cmp.Diff(secret, oauth.NewSecret("other")))
	if strings.Contains(strings.ToLower(out.String()), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Errorf("the secret is printed:\n%s", out.String())
	}
	if got := secret.String(); got != "[redacted]" {
		t.Errorf("String() = %q", got)
	}
}

func TestSecretCompares(t *testing.T) {
	secret := oauth.NewSecret(canary)
	if !secret.Equal(oauth.NewSecret(canary)) || secret.Equal(oauth.NewSecret("other")) || secret.Equal(oauth.Secret{}) {
		t.Error("Equal does not compare values")
	}
	if !oauth.NewSecret("").IsZero() || !(oauth.Secret{}).Equal(oauth.NewSecret("")) || secret.IsZero() {
		t.Error("the empty secret is not the zero one")
	}
	if secret.Reveal() != canary {
		t.Error("Reveal does not return the value")
	}
	if got := oauth.NewSecret("abc").Fingerprint(); got != "ba7816bf8f01cfea414140de5dae2223" {
		t.Errorf("Fingerprint() = %s", got)
	}
}

func TestScopeSet(t *testing.T) {
	set := oauth.NewScopeSet("write", "read", "", "write")
	if got := set.String(); got != "read write" {
		t.Errorf("String() = %q", got)
	}
	if !set.Equal(oauth.ParseScopeSet("  write\tread ")) || set.Equal(oauth.NewScopeSet("read")) {
		t.Error("order or blanks matter")
	}
	if !set.Contains("read") || set.Contains("rea") {
		t.Error("Contains is wrong")
	}
	if diff := cmp.Diff([]string{"admin", "x"}, set.Missing(oauth.NewScopeSet("x", "read", "admin"))); diff != "" {
		t.Errorf("Missing (-want +got):\n%s", diff)
	}
	if set.Missing(oauth.NewScopeSet("read")) != nil {
		t.Error("a covered set has missing names")
	}
	if !oauth.ParseScopeSet(" ").IsEmpty() || set.IsEmpty() {
		t.Error("IsEmpty is wrong")
	}
	set.Slice()[0] = "changed"
	if set.String() != "read write" {
		t.Error("Slice gives away the set's own memory")
	}
}
