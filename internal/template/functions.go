package template

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

const (
	// maxWork bounds how many bytes go through functions: some make their input longer each time, and there is no other way to stop a template.
	maxWork = 16 << 20
	// maxPiece bounds what one function is given, and what it returns. No part of a Secret is longer, and the memory that a function needs is a multiple of
	// it: a list of single letters takes 16 bytes for each.
	maxPiece = maxOutput
)

// budget is what the templates of one Secret may still use.
type budget struct {
	work   int
	output int
}

// allowed are the functions of sprig that depend on their arguments only, and whose results are not much longer than those.
func allowed() []string {
	return []string{
		"b64dec", "b64enc", "cat", "coalesce", "contains", "default", "empty", "hasPrefix", "hasSuffix", "join", "lower", "nospace", "quote",
		"sha256sum", "splitList", "squote", "ternary", "toJson", "toString", "trim", "trimAll", "trimPrefix", "trimSuffix", "trunc", "upper",
	}
}

// functions returns all functions of a template, each on the budget. Those of text/template that make text are among them.
func (b *budget) functions() template.FuncMap {
	functions := template.FuncMap{
		"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
		"print": fmt.Sprint, "println": fmt.Sprintln, "printf": format, "replace": replace,
	}
	all := sprig.TxtFuncMap()
	for _, name := range allowed() {
		functions[name] = all[name]
	}
	for name, function := range functions {
		functions[name] = b.charge(function)
	}
	return functions
}

// charge returns a function that does the same, and fails when the budget is used up by what it is given and what it returns, or when one of both is
// longer than any function may have it.
func (b *budget) charge(function any) any {
	f := reflect.ValueOf(function)
	t := f.Type()
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	failure := reflect.TypeFor[error]()
	charged := reflect.FuncOf(in, []reflect.Type{t.Out(0), failure}, t.IsVariadic())
	fail := func(err error) []reflect.Value {
		return []reflect.Value{reflect.Zero(t.Out(0)), reflect.ValueOf(&err).Elem()}
	}
	return reflect.MakeFunc(charged, func(arguments []reflect.Value) []reflect.Value {
		given := 0
		for _, argument := range arguments {
			given += size(argument)
		}
		if !b.spend(given) {
			return fail(errTooMuch)
		}
		var results []reflect.Value
		if t.IsVariadic() {
			results = f.CallSlice(arguments)
		} else {
			results = f.Call(arguments)
		}
		if len(results) > 1 && !results[1].IsNil() {
			return []reflect.Value{reflect.Zero(t.Out(0)), results[1]}
		}
		if !b.spend(size(results[0])) {
			return fail(errTooMuch)
		}
		return []reflect.Value{results[0], reflect.Zero(failure)}
	}).Interface()
}

// spend takes what a function was given, or what it returns, from the budget, and returns whether that may be.
func (b *budget) spend(bytes int) bool {
	b.work -= bytes
	return bytes <= maxPiece && b.work >= 0
}

// size returns about how many bytes a value has.
func size(v reflect.Value) int {
	const least = 16
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return least
		}
		return size(v.Elem())
	case reflect.String:
		return least + v.Len()
	case reflect.Slice, reflect.Array:
		total := least
		for i := range v.Len() {
			total += size(v.Index(i))
		}
		return total
	case reflect.Map:
		total := least
		for _, key := range v.MapKeys() {
			total += size(key) + size(v.MapIndex(key))
		}
		return total
	default:
		return least
	}
}

var errFormat = errors.New("printf takes the verbs %s, %d, %q, %v, %x and %%, without a width")

// verbs finds what starts with a percent sign, and is fine or not.
var (
	verbs     = regexp.MustCompile(`(?s)%(.|$)`)
	fineVerbs = regexp.MustCompile(`^%[sdqvx%]$`)
)

// format is printf without widths, which make a megabyte of nothing.
func format(f string, arguments ...any) (string, error) {
	for _, verb := range verbs.FindAllString(f, -1) {
		if !fineVerbs.MatchString(verb) {
			return "", errFormat
		}
	}
	return fmt.Sprintf(f, arguments...), nil
}

// replace is sprig's, and fails before it makes too long a text.
func replace(old, replacement, text string) (string, error) {
	if strings.Count(text, old)*len(replacement) > maxPiece {
		return "", errTooMuch
	}
	return strings.ReplaceAll(text, old, replacement), nil
}
