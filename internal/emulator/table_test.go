package emulator

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func animals() table {
	t := table{columns: []string{"ID", "Name", "Legs", "Note"}}
	t.add("Animal", "1", map[string]any{"ID": "1", "Name": "cat", "Legs": float64(4), "Note": nil})
	t.add("Animal", "2", map[string]any{"ID": "2", "Name": "O'Malley", "Legs": float64(4), "Note": "alley"})
	t.add("Animal", "3", map[string]any{"ID": "3", "Name": "hen", "Legs": float64(2), "Note": "100%"})
	t.add("Animal", "4", map[string]any{"ID": "4", "Name": "catfish", "Legs": float64(0), "Note": ""})
	return t
}

func TestPagesAreSlicesOfTheRows(t *testing.T) {
	cases := map[string]struct {
		args map[string]any
		want string
	}{
		"no paging":                     {nil, "1 2 3 4"},
		"the first page":                {map[string]any{"PageNumber": 1.0, "PageSize": 3.0}, "1 2 3"},
		"the last page is short":        {map[string]any{"PageNumber": 2.0, "PageSize": 3.0}, "4"},
		"a page beyond the end":         {map[string]any{"PageNumber": 9.0, "PageSize": 3.0}, ""},
		"a limit bounds all pages":      {map[string]any{"PageNumber": 1.0, "PageSize": 3.0, "Limit": 2.0}, "1 2"},
		"a page before the first":       {map[string]any{"PageNumber": -7.0, "PageSize": 3.0}, "1 2 3"},
		"a page of any size":            {map[string]any{"PageNumber": 1.0, "PageSize": "9223372036854775807"}, "1 2 3 4"},
		"a page after one of any size":  {map[string]any{"PageNumber": "2", "PageSize": "9223372036854775807"}, ""},
		"the last page of any size":     {map[string]any{"PageNumber": "9223372036854775807", "PageSize": "9223372036854775807"}, ""},
		"descending by name":            {map[string]any{"SortBy": "name", "Ascending": false}, "3 4 1 2"},
		"a filter over several columns": {map[string]any{"FilterBy": []any{"Name", "Note"}, "FilterValue": "ALLEY"}, "2"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var ids []string
			for _, r := range animals().result(newArguments(tc.args)).Results {
				ids = append(ids, scalarText(r.Row["ID"]))
			}
			if diff := cmp.Diff(tc.want, strings.Join(ids, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
