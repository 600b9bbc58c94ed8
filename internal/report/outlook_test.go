package report_test

import (
	"go/ast"
	"go/parser"
	"go/token"
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
		return true
	})
	for _, outlook := range []report.Outlook{report.Passes, report.Stalls, report.NoFailure} {
		if found[outlook] == 0 {
			t.Errorf("no reason has the outlook %s", outlook)
		}
	}
}
