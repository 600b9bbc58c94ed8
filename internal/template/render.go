package template

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// maxOutput bounds what all templates of one Secret make together. A Secret holds 1 MiB at most.
const maxOutput = 512 << 10

// Error says which template fails and where. It has words of the template, which is public, and none of what the template was given.
type Error struct {
	// Name of the template: the key of the Secret.
	Name string
	// Place in it, such as "line 1, column 14, at <.token>"; empty when it fails as a whole.
	Place string
	// Reason in fixed words.
	Reason string
}

// Error names the template, the place and the reason.
func (e *Error) Error() string {
	if e.Place == "" {
		return fmt.Sprintf("template %q: %s", e.Name, e.Reason)
	}
	return fmt.Sprintf("template %q fails at %s: %s", e.Name, e.Place, e.Reason)
}

// Render executes templates, given by the keys of the Secret, and returns their output by the same keys. Each sees values by their names,
// as in {{ .accessToken }}; to name one that is not there is an error, and so is output of more than 512 KiB altogether. The errors are
// *Error; of several templates that fail, the first by its name is told.
func Render(templates, values map[string]string) (map[string]string, error) {
	data := make(map[string]any, len(values))
	for name, value := range values {
		data[name] = value
	}
	b := &budget{work: maxWork, output: maxOutput}
	out := make(map[string]string, len(templates))
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		text, err := render(name, templates[name], data, b)
		if err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, nil
}

func render(name, text string, data map[string]any, b *budget) (string, error) {
	t, err := template.New(name).Option("missingkey=error").Funcs(b.functions()).Parse(text)
	if err != nil {
		return "", parseError(name, err)
	}
	if len(t.Templates()) > 1 || t.Tree != nil && !plain(t.Root) {
		return "", &Error{Name: name, Reason: "range, define, block and template are not available"}
	}
	out := &strings.Builder{}
	if t.Tree == nil {
		return "", nil // nothing but comments and blanks
	}
	if err := t.Execute(&bounded{to: out, budget: b}, data); err != nil {
		return "", executionError(name, err)
	}
	return out.String(), nil
}

// plain says whether a template is executed from its beginning to its end, each part once at most: a loop, or a template that calls itself,
// can run for ever.
func plain(node parse.Node) bool {
	switch node := node.(type) {
	case *parse.ListNode:
		return node == nil || !slices.ContainsFunc(node.Nodes, func(n parse.Node) bool { return !plain(n) })
	case *parse.IfNode:
		return plain(node.List) && plain(node.ElseList)
	case *parse.WithNode:
		return plain(node.List) && plain(node.ElseList)
	case *parse.TextNode, *parse.ActionNode, *parse.CommentNode:
		return true
	}
	return false
}

// bounded is where a template writes to.
type bounded struct {
	to     *strings.Builder
	budget *budget
}

// Write implements io.Writer.
func (w *bounded) Write(p []byte) (int, error) {
	if w.budget.output -= len(p); w.budget.output < 0 {
		return 0, errTooLong
	}
	return w.to.Write(p)
}

var (
	errTooLong = errors.New("all templates of a Secret together make more than 512 KiB")
	errTooMuch = errors.New("the templates do too much")
)

// place finds where a template fails in what text/template says of it: the name, line, column and source, and why.
var place = regexp.MustCompile(`(?s)^template: .*?:(\d+):(\d+): executing .*? at <(.*?)>: (.*)$`)

// executionError keeps of an error what is certainly no value.
func executionError(name string, err error) error {
	e := &Error{Name: name, Reason: "a function does not take what it is given"}
	for _, known := range []error{errTooLong, errTooMuch, errFormat} {
		if errors.Is(err, known) {
			e.Reason = known.Error()
		}
	}
	if parts := place.FindStringSubmatch(err.Error()); parts != nil {
		e.Place = fmt.Sprintf("line %s, column %s, at <%s>", parts[1], parts[2], parts[3])
		if strings.HasPrefix(parts[4], "map has no entry for key") {
			e.Reason = "there is no such value: only what spec.secret.deliver lists can be used"
		}
	}
	return e
}

// syntax finds the line and the reason in what text/template says of a template that it cannot read. It has not seen any value.
var syntax = regexp.MustCompile(`(?s)^template: .*?:(\d+): (.*)$`)

func parseError(name string, err error) error {
	e := &Error{Name: name, Reason: "it is no Go template"}
	if parts := syntax.FindStringSubmatch(err.Error()); parts != nil {
		e.Place, e.Reason = "line "+parts[1], parts[2]
	}
	return e
}
