package report_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/internal/report"
)

func TestEveryReasonHasAnOutlook(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/conditions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[report.Outlook]int{}
	documented := documentedOutlooks(t)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		reason, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		outlook, known := report.OutlookOf(reason)
		if !known {
			t.Errorf("whether %s stalls an object is not said", spec.Names[0].Name)
		}
		found[outlook]++
		switch told := documented[reason]; {
		case told == "":
			t.Errorf("docs/spec/conditions.md does not say what to do about %s", reason)
		case told == report.Passes && outlook != report.Passes, told == report.Stalls && outlook == report.Passes:
			t.Errorf("docs/spec/conditions.md has %s among those that are %s, and its outlook is %s", reason, told, outlook)
		}
		return true
	})
	for _, outlook := range []report.Outlook{report.Passes, report.Stalls, report.NoFailure} {
		if found[outlook] == 0 {
			t.Errorf("no reason has the outlook %s", outlook)
		}
	}
}

// documentedOutlooks returns the outlook of each reason by the table of docs/spec/conditions.md that it stands in.
func documentedOutlooks(t *testing.T) map[string]report.Outlook {
	t.Helper()
	page, err := os.ReadFile("../../docs/spec/conditions.md")
	if err != nil {
		t.Fatal(err)
	}
	outlooks := map[string]report.Outlook{}
	var now report.Outlook
	for line := range strings.Lines(string(page)) {
		switch {
		case strings.HasPrefix(line, "What waits for another object"), strings.HasPrefix(line, "What the operator tries again"):
			now = report.Passes
		case strings.HasPrefix(line, "What somebody has to change"):
			now = report.Stalls
		case strings.HasPrefix(line, "## Reasons"):
			now = report.NoFailure
		case now != "" && strings.HasPrefix(line, "| `"):
			for _, reason := range regexp.MustCompile("`([A-Za-z]+)`").FindAllStringSubmatch(strings.SplitN(line, "|", 3)[1], -1) {
				outlooks[reason[1]] = now
			}
		}
	}
	return outlooks
}
