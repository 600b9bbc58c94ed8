package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// describeJWT returns the header and the claims of a token in readable form, without the signature: what is left is no
// token any more. Nothing is verified; the operator has done that.
func describeJWT(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("decoding a token: %d parts instead of 3", len(parts))
	}
	var text strings.Builder
	for i, name := range []string{"header", "claims"} {
		content, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return "", fmt.Errorf("decoding the %s of a token: %w", name, err)
		}
		var readable bytes.Buffer
		if err := json.Indent(&readable, content, "", "  "); err != nil {
			return "", fmt.Errorf("decoding the %s of a token: %w", name, err)
		}
		fmt.Fprintf(&text, "%s %s\n", name, readable.String())
	}
	return text.String(), nil
}
