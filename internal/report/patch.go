package report

import (
	"bytes"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// members are those of a JSON object, as they are encoded.
type members = map[string]json.RawMessage

// statusPatch returns what leads from the status that is stored to that of object, and holds for the version that is stored only. Nothing else of the two
// is looked at: client.MergeFrom encodes, decodes and compares whole objects, which was a good part of what a write cost.
func statusPatch(stored, object Object) (client.Patch, error) {
	before, err := membersOf(stored.GetStatus())
	if err != nil {
		return nil, err
	}
	after, err := membersOf(object.GetStatus())
	if err != nil {
		return nil, err
	}
	changes, err := difference(before, after)
	if err != nil {
		return nil, err
	}
	return mergePatch(map[string]any{"metadata": map[string]any{"resourceVersion": stored.GetResourceVersion()}, "status": changes})
}

// mergePatch returns a patch with the given content (RFC 7396).
func mergePatch(content any) (client.Patch, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("encoding a patch: %w", err)
	}
	return client.RawPatch(types.MergePatchType, text), nil
}

func membersOf(object any) (members, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("encoding a status: %w", err)
	}
	return decodeMembers(text)
}

func decodeMembers(text []byte) (members, error) {
	var decoded members
	if err := json.Unmarshal(text, &decoded); err != nil {
		return nil, fmt.Errorf("decoding what was encoded: %w", err)
	}
	return decoded, nil
}

// difference returns the merge patch that makes after of before. Both come from the same encoder, so that what is equal has equal bytes.
func difference(before, after members) (map[string]any, error) {
	changes := map[string]any{}
	for name, now := range after {
		was, found := before[name]
		switch {
		case found && bytes.Equal(was, now):
		case found && isObject(was) && isObject(now):
			nested, err := nestedDifference(was, now)
			if err != nil {
				return nil, err
			}
			changes[name] = nested
		default:
			changes[name] = now
		}
	}
	for name := range before {
		if _, stays := after[name]; !stays {
			changes[name] = nil
		}
	}
	return changes, nil
}

func nestedDifference(before, after json.RawMessage) (map[string]any, error) {
	was, err := decodeMembers(before)
	if err != nil {
		return nil, err
	}
	now, err := decodeMembers(after)
	if err != nil {
		return nil, err
	}
	return difference(was, now)
}

func isObject(text json.RawMessage) bool { return len(text) > 0 && text[0] == '{' }
