package oauth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/go-jose/go-jose/v4"

	"github.com/oauth-operator/oauth-operator/internal/oauth/exchange"
)

// maxKeys bounds what is kept of a key set.
const maxKeys = 64

// Keys reads a JSON Web Key Set (RFC 7517 section 5). Of its keys those are left out that cannot check a signature: private and symmetric
// ones, those for encryption, and those of a kind that is not known here.
//
// Errors: *EndpointError when the tenant answers with something else, *failure.ConnectionError when there is no complete answer.
func (c *Client) Keys(ctx context.Context, endpoint string) (jose.JSONWebKeySet, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, http.NoBody)
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("building request for keys: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	answer, err := exchange.Do(c.HTTP, req, maxAnswerSize)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	var wire struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if answer.Status != http.StatusOK || json.Unmarshal(answer.Body, &wire) != nil || wire.Keys == nil {
		return jose.JSONWebKeySet{}, unfitAnswer("key set", answer)
	}
	var set jose.JSONWebKeySet
	for _, raw := range wire.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && key.IsPublic() && key.Use != "enc" && len(set.Keys) < maxKeys {
			set.Keys = append(set.Keys, key)
		}
	}
	return set, nil
}
