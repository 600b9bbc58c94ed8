package application

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// lookup returns the value of a key whatever its case, or nil when it is missing or null: the vendor's clients do not agree on the
// case of keys, and the tenant takes them all.
func lookup(object map[string]json.RawMessage, key string) json.RawMessage {
	raw := object[spelling(object, key)]
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// set stores a value under the key as the object spells it, else as given.
func set(object map[string]json.RawMessage, key string, value json.RawMessage) {
	object[spelling(object, key)] = value
}

// spelling returns the key as the object spells it: as given if that is there, else the first in another case, else as given. What is
// read and what is written is thus the same key, also in an object that has it twice.
func spelling(object map[string]json.RawMessage, key string) string {
	if _, exact := object[key]; exact {
		return key
	}
	found := ""
	for k := range object {
		if strings.EqualFold(k, key) && (found == "" || k < found) {
			found = k
		}
	}
	return cmp.Or(found, key)
}

// encode returns the JSON form of a value that always has one. Characters that only HTML minds stay as they are, so that what was
// read is sent back as it was.
func encode(v any) json.RawMessage {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// text returns a JSON string, or "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// texts returns a JSON list of strings, or nil for anything else.
func texts(raw json.RawMessage) []string {
	var s []string
	if json.Unmarshal(raw, &s) != nil {
		return nil
	}
	return s
}

// number returns a JSON number as it is written, or "" for anything else.
func number(raw json.RawMessage) string {
	var n json.Number
	if json.Unmarshal(raw, &n) != nil {
		return ""
	}
	return n.String()
}

// list splits a comma-joined list; the tenant writes blanks after the commas.
func list(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func sameText(want string) func(json.RawMessage) bool {
	return func(raw json.RawMessage) bool { return text(raw) == want }
}

func sameTexts(want []string) func(json.RawMessage) bool {
	return func(raw json.RawMessage) bool { return sameSet(texts(raw), want) }
}

// sameBool also takes the strings that the tenant uses for some booleans.
func sameBool(want bool) func(json.RawMessage) bool {
	return func(raw json.RawMessage) bool {
		var b bool
		if json.Unmarshal(raw, &b) != nil {
			b = strings.EqualFold(text(raw), "true")
		}
		return b == want
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
