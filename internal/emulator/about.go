package emulator

import (
	"slices"
	"strings"
)

func (e *Emulator) version(*call) (any, error) {
	return map[string]any{"Cloud": "emulator", "Name": "identity-emulator"}, nil
}

// about says what serves, without being asked for a token.
func (e *Emulator) about(*call) (any, error) {
	return map[string]any{"Cloud": "emulator", "Product": "identity-emulator, not for production", "TenantId": tenantID}, nil
}

// describeAPI answers a description of the admin API in the form of OpenAPI 2, with the paths only.
func (e *Emulator) describeAPI(*call) (any, error) {
	paths := map[string]any{}
	for _, op := range adminOperations() {
		verbs := map[string]any{"post": describedVerb(op)}
		if op.get {
			verbs["get"] = describedVerb(op)
		}
		paths["/"+op.name] = verbs
	}
	return bare{map[string]any{
		"swagger": "2.0",
		"info":    map[string]any{"title": "identity-emulator, not for production", "version": "1"},
		"paths":   paths,
	}}, nil
}

func describedVerb(op operation) map[string]any {
	description := "Needs no administrative right."
	if len(op.rights) > 0 {
		names := rightDescriptions()
		described := make([]string, len(op.rights))
		for i, path := range slices.Sorted(slices.Values(op.rights)) {
			described[i] = names[path]
		}
		description = "Needs one of: " + strings.Join(described, ", ") + "."
	}
	return map[string]any{
		"description": description,
		"responses":   map[string]any{"200": map[string]any{"description": "The envelope, also of failures."}},
	}
}
