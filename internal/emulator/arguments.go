package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxBody bounds request bodies, in bytes.
const maxBody = 1 << 20

// arguments are the named arguments of a call, from the query string and the JSON body. Names match in any case; the
// spelling of the client is kept for fields that are stored as they came.
type arguments struct {
	values  map[string]any    // by lower-case name
	spelled map[string]string // lower-case name to the client's spelling
	list    []any             // the body, when it is an array
}

func newArguments(fields map[string]any) arguments {
	a := arguments{values: map[string]any{}, spelled: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		a.set(name, fields[name])
	}
	return a
}

func (a *arguments) set(name string, value any) {
	a.values[strings.ToLower(name)] = value
	a.spelled[strings.ToLower(name)] = name
}

// readArguments reads the arguments of r. A name in the body wins over the same name in the query string. An empty
// body is no arguments.
func readArguments(r *http.Request) (arguments, error) {
	a := newArguments(nil)
	for name, values := range r.URL.Query() {
		if len(values) > 0 {
			a.set(name, values[0])
		}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return a, fmt.Errorf("reading the body: %w", err)
	}
	if len(body) > maxBody {
		return a, errors.New("the body is too long")
	}
	if strings.TrimSpace(string(body)) == "" {
		return a, nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return a, refuse(invalidArgument, "The body of the request is not valid JSON.")
	}
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			a.set(name, v[name])
		}
	case []any:
		a.list = v
	case nil:
	default:
		return a, refuse(invalidArgument, "The body of the request is not a JSON object.")
	}
	return a, nil
}

// names returns the lower-case names in order.
func (a arguments) names() []string { return slices.Sorted(maps.Keys(a.values)) }

func (a arguments) has(name string) bool {
	value, ok := a.values[strings.ToLower(name)]
	return ok && value != nil
}

func (a arguments) value(name string) any { return a.values[strings.ToLower(name)] }

// text returns a scalar as text; empty when it is absent, null or not a scalar.
func (a arguments) text(name string) string { return scalarText(a.value(name)) }

// first returns the first non-empty text among names.
func (a arguments) first(names ...string) string {
	for _, name := range names {
		if text := a.text(name); text != "" {
			return text
		}
	}
	return ""
}

// flag returns a boolean, which clients send as such or as text; fallback when it is absent or neither.
func (a arguments) flag(name string, fallback bool) bool { return asBool(a.value(name), fallback) }

// number returns an integer, sent as such or as text; fallback when it is absent or neither.
func (a arguments) number(name string, fallback int) int {
	if n, err := strconv.Atoi(a.text(name)); err == nil {
		return n
	}
	return fallback
}

// texts returns the texts of an array, or of one scalar as an array of one.
func (a arguments) texts(name string) []string { return asTexts(a.value(name)) }

// object returns a nested object; without arguments when it is absent or something else.
func (a arguments) object(name string) arguments {
	fields, _ := a.value(name).(map[string]any)
	return newArguments(fields)
}

// objects returns the objects of an array.
func (a arguments) objects(name string) []arguments {
	list, _ := a.value(name).([]any)
	return asObjects(list)
}

func asObjects(list []any) []arguments {
	var objects []arguments
	for _, item := range list {
		if fields, ok := item.(map[string]any); ok {
			objects = append(objects, newArguments(fields))
		}
	}
	return objects
}

func asTexts(value any) []string {
	list, ok := value.([]any)
	if !ok {
		if text := scalarText(value); text != "" {
			return []string{text}
		}
		return nil
	}
	var texts []string
	for _, item := range list {
		if text := scalarText(item); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

func asBool(value any, fallback bool) bool {
	switch v := value.(type) {
	case bool:
		return v
	case string:
		if parsed, err := strconv.ParseBool(strings.ToLower(v)); err == nil {
			return parsed
		}
	}
	return fallback
}

func scalarText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// cloneValue returns a deep copy of a value as encoding/json decodes it.
func cloneValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return cloneObject(v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = cloneValue(item)
		}
		return list
	case []string:
		return slices.Clone(v)
	}
	return value
}

func cloneObject(object map[string]any) map[string]any {
	clone := make(map[string]any, len(object))
	for name, value := range object {
		clone[name] = cloneValue(value)
	}
	return clone
}

func containsFold(list []string, sought string) bool {
	return slices.ContainsFunc(list, func(item string) bool { return strings.EqualFold(item, sought) })
}
