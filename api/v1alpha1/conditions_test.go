package v1alpha1_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// declared is what conditions.go declares.
type declared struct {
	// conditions by their names in Go, with their doc comments.
	conditions map[string]string
	// reasons by their values, with the names in Go.
	reasons map[string]string
}

func parse(t *testing.T) declared {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "conditions.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	d := declared{conditions: map[string]string{}, reasons: map[string]string{}}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		name := spec.Names[0].Name
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		switch {
		case strings.HasPrefix(name, "Condition"):
			d.conditions[name] = spec.Doc.Text()
		case strings.HasPrefix(name, "Reason"):
			d.reasons[value] = name
		}
		if want := strings.TrimPrefix(strings.TrimPrefix(name, "Condition"), "Reason"); want != value {
			t.Errorf("%s has the value %q", name, value)
		}
		if !strings.HasPrefix(spec.Doc.Text(), name) {
			t.Errorf("%s has no comment that begins with its name", name)
		}
		return true
	})
	if len(d.conditions) == 0 || len(d.reasons) == 0 {
		t.Fatal("nothing is declared")
	}
	return d
}

// documented returns the reasons that the doc comment of a condition lists under its statuses.
func documented(doc string) []string {
	var (
		status  = regexp.MustCompile(`^\s*- (True|False|Unknown): (.*)`)
		remark  = regexp.MustCompile(`\([^)]*\)`)
		reason  = regexp.MustCompile(`\b[A-Z][A-Za-z]+\b`)
		reasons []string
	)
	// A list item goes on in the lines that are indented below it.
	text := regexp.MustCompile(`\n\s{4,}`).ReplaceAllString(doc, " ")
	for line := range strings.Lines(text) {
		if m := status.FindStringSubmatch(line); m != nil {
			reasons = append(reasons, reason.FindAllString(remark.ReplaceAllString(m[2], ""), -1)...)
		}
	}
	return reasons
}

func TestEveryReasonIsDocumentedUnderACondition(t *testing.T) {
	d := parse(t)
	var all []string
	for _, doc := range d.conditions {
		all = append(all, documented(doc)...)
	}
	for value, name := range d.reasons {
		if !slices.Contains(all, value) {
			t.Errorf("no condition lists %s: add it under the status with which it is set, or remove it", name)
		}
	}
}

func TestEveryReasonThatAConditionListsExists(t *testing.T) {
	d := parse(t)
	for condition, doc := range d.conditions {
		for _, reason := range documented(doc) {
			if d.reasons[reason] == "" && d.conditions["Condition"+reason] == "" { // a condition may refer to another one's reasons
				t.Errorf("%s lists %s, which is no constant", condition, reason)
			}
		}
	}
}

// TestEveryConditionListsItsReasons: those of kstatus take over the reason of another condition.
func TestEveryConditionListsItsReasons(t *testing.T) {
	for condition, doc := range parse(t).conditions {
		if condition == "ConditionReconciling" || condition == "ConditionStalled" || condition == "ConditionDegraded" {
			continue
		}
		if len(documented(doc)) == 0 {
			t.Errorf("%s lists no reasons per status", condition)
		}
	}
}
