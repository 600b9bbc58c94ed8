package oauth_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// TestAKeyThatIsTooBigToCheckASignatureWithIsLeftOut lets a tenant publish a key for which one signature would take minutes, which no deadline
// ends. It is the JOSE library that leaves it out.
func TestAKeyThatIsTooBigToCheckASignatureWithIsLeftOut(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	for bits, kept := range map[int]int{2048: 1, 4096: 1, 4104: 0, 1 << 21: 0} {
		t.Run(fmt.Sprint(bits, " bits"), func(t *testing.T) {
			modulus := bytes.Repeat([]byte{0xff}, bits/8)
			client, endpoint := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprintf(w, `{"keys":[{"kty":"RSA","use":"sig","n":%q,"e":"AQAB"}]}`, encode(modulus))
			})
			set, err := client.Keys(t.Context(), endpoint)
			if err != nil || len(set.Keys) != kept {
				t.Fatalf("%d keys are kept, %v", len(set.Keys), err)
			}
			token := oauth.Token{AccessToken: oauth.NewSecret(
				encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(`{}`)) + "." + encode(bytes.Repeat([]byte{0x7f}, bits/8)))}
			parsed, err := jwt.ParseSigned(token.AccessToken.Reveal(), []jose.SignatureAlgorithm{jose.RS256})
			if err != nil {
				t.Fatal(err)
			}
			started := time.Now()
			for _, key := range set.Keys {
				if parsed.Claims(key.Key) == nil {
					t.Error("nonsense is taken for a signature")
				}
			}
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("to check a signature took %v", took)
			}
		})
	}
}
