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

func TestQuerySelectsRows(t *testing.T) {
	cases := map[string]struct {
		script string
		want   string // IDs
	}{
		"no condition selects all":               {"select * from Animal", "1 2 3 4"},
		"equality minds the case":                {"SELECT ID FROM Animal WHERE Name='Cat'", ""},
		"column names ignore the case":           {"SELECT id FROM animal WHERE nAME='cat'", "1"},
		"a doubled quote is one quote":           {"SELECT ID FROM Animal WHERE Name='O''Malley'", "2"},
		"LIKE ignores the case":                  {"SELECT ID FROM Animal WHERE Name LIKE '%CAT%'", "1 4"},
		"LIKE without percent is anchored":       {"SELECT ID FROM Animal WHERE Name LIKE 'ca'", ""},
		"an underscore is one character":         {"SELECT ID FROM Animal WHERE Name LIKE 'c_t'", "1"},
		"other symbols of LIKE are literal":      {"SELECT ID FROM Animal WHERE Name LIKE 'c.*'", ""},
		"1=1 is true":                            {"SELECT ID FROM Animal WHERE 1=1 AND Legs=4", "1 2"},
		"AND binds more tightly than OR":         {"SELECT ID FROM Animal WHERE Legs=2 OR Legs=4 AND Name='cat'", "1 3"},
		"parentheses group":                      {"SELECT ID FROM Animal WHERE (Legs=2 OR Legs=4) AND Name='cat'", "1"},
		"IS NULL finds null, not the empty text": {"SELECT ID FROM Animal WHERE Note IS NULL", "1"},
		"IS NOT NULL finds the others":           {"SELECT ID FROM Animal WHERE Note is not null", "2 3 4"},
		"null differs from nothing":              {"SELECT ID FROM Animal WHERE Note != 'alley'", "3 4"},
		"the second spelling of difference":      {"SELECT ID FROM Animal WHERE Legs <> 4;", "3 4"},
		"key words inside of text are text":      {"SELECT ID FROM Animal WHERE Name='x OR 1=1'", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			q, err := parseQuery(tc.script)
			if err != nil {
				t.Fatal(err)
			}
			selected, err := animals().selected(q)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, r := range selected.rows {
				ids = append(ids, r.key)
			}
			if diff := cmp.Diff(tc.want, strings.Join(ids, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestQueryRefusesMistakes(t *testing.T) {
	cases := map[string]string{
		"an unclosed string":           "SELECT ID FROM Animal WHERE Name='x",
		"an undoubled quote":           "SELECT ID FROM Animal WHERE Name='O'Malley'",
		"an unknown column selected":   "SELECT Wings FROM Animal",
		"an unknown column compared":   "SELECT ID FROM Animal WHERE Wings='2'",
		"something after the end":      "SELECT ID FROM Animal WHERE 1=1 GROUP",
		"an unclosed parenthesis":      "SELECT ID FROM Animal WHERE (1=1",
		"a missing table":              "SELECT ID FROM WHERE 1=1",
		"a missing operand":            "SELECT ID FROM Animal WHERE Name=",
		"another statement":            "DELETE FROM Animal",
		"the empty text":               "",
		"parentheses without end":      "SELECT ID FROM Animal WHERE " + strings.Repeat("(", 100000),
		"a comparison without meaning": "SELECT ID FROM Animal WHERE Legs > 2",
	}
	for name, script := range cases {
		t.Run(name, func(t *testing.T) {
			q, err := parseQuery(script)
			if err == nil {
				_, err = animals().selected(q)
			}
			if err == nil {
				t.Error("no error")
			}
		})
	}
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
		"descending by name":            {map[string]any{"SortBy": "name", "Ascending": false}, "3 4 1 2"},
		"a filter over several columns": {map[string]any{"FilterBy": []any{"Name", "Note"}, "FilterValue": "ALLEY"}, "2"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var ids []string
			results, _ := animals().result(newArguments(tc.args))["Results"].([]any)
			for _, r := range results {
				entry, _ := r.(map[string]any)
				values, _ := entry["Row"].(map[string]any)
				ids = append(ids, scalarText(values["ID"]))
			}
			if diff := cmp.Diff(tc.want, strings.Join(ids, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
