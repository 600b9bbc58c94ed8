package confidentialclient_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// server is the kube-apiserver of this package's tests.
var server *environment.Server

func TestMain(m *testing.M) { environment.Main(m, func(s *environment.Server) { server = s }) }

// claimsOf returns the claims of the token in a Secret.
func claimsOf(t *testing.T, secret *corev1.Secret) map[string]any {
	t.Helper()
	parts := strings.Split(string(secret.Data[v1alpha1.AccessTokenKey]), ".")
	if len(parts) != 3 {
		t.Fatalf("the token has %d parts, not the 3 of a JWT", len(parts))
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// permute calls visit with every order of items.
func permute(items []int, visit func([]int)) {
	var step func(int)
	step = func(at int) {
		if at == len(items) {
			visit(items)
			return
		}
		for i := at; i < len(items); i++ {
			items[at], items[i] = items[i], items[at]
			step(at + 1)
			items[at], items[i] = items[i], items[at]
		}
	}
	step(0)
}

func ints(items []int) string { return fmt.Sprint(items) }
