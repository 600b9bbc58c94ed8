package redrock_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oauth-operator/oauth-operator/internal/emulator/redrock"
)

func animals() redrock.Table {
	return redrock.Table{
		Columns: []string{"ID", "Name", "Legs", "Note", "Tame"},
		Rows: []redrock.Row{
			redrock.Values{"ID": "1", "Name": "cat", "Legs": float64(4), "Note": nil, "Tame": true},
			redrock.Values{"ID": "2", "Name": "O'Malley", "Legs": float64(4), "Note": "alley", "Tame": false},
			redrock.Values{"ID": "3", "Name": "hen", "Legs": float64(2), "Note": "100%", "Tame": true},
			redrock.Values{"ID": "4", "Name": "catfish", "Legs": float64(0), "Note": "", "Tame": false},
			redrock.Values{"ID": "5", "Name": "Ähre", "Legs": float64(10), "Note": "Größe", "Tame": nil},
		},
	}
}

// ids runs a query and returns the IDs of its rows.
func ids(t *testing.T, script string, foldCase bool) string {
	t.Helper()
	q, err := redrock.Parse(script)
	if err != nil {
		t.Fatal(err)
	}
	table := animals()
	_, rows, err := q.Select(table, foldCase)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, i := range rows {
		found = append(found, redrock.Text(table.Rows[i].Value("ID")))
	}
	return strings.Join(found, " ")
}

func TestQueriesSelectRows(t *testing.T) {
	const from = "SELECT ID FROM Animal "
	cases := map[string]struct {
		script string
		want   string // IDs
	}{
		"no condition selects all":                 {"select * from Animal", "1 2 3 4 5"},
		"equality minds the case":                  {from + "WHERE Name='Cat'", ""},
		"key words and columns ignore the case":    {"sELECT id fROM animal wHERE nAME='cat'", "1"},
		"a column may name its table":              {"SELECT animal.id FROM Animal WHERE Animal.Name='cat'", "1"},
		"a doubled quote is one quote":             {from + "WHERE Name='O''Malley'", "2"},
		"LIKE ignores the case":                    {from + "WHERE Name LIKE '%CAT%'", "1 4"},
		"LIKE ignores the case of all letters":     {from + "WHERE Name LIKE 'ähr_' OR Note LIKE '%ÖSSE' OR Note LIKE '%ÖßE'", "5"},
		"LIKE without percent is anchored":         {from + "WHERE Name LIKE 'ca'", ""},
		"LIKE goes back to the last percent":       {from + "WHERE Name LIKE '%a%l%ey'", "2"},
		"LIKE of percent alone matches any text":   {from + "WHERE Note LIKE '%'", "2 3 4 5"},
		"an underscore is one character":           {from + "WHERE Name LIKE 'c_t'", "1"},
		"other symbols of LIKE are literal":        {from + "WHERE Name LIKE 'c.*'", ""},
		"NOT LIKE is the opposite":                 {from + "WHERE Name NOT LIKE '%cat%'", "2 3 5"},
		"1=1 is true":                              {from + "WHERE 1=1 AND Legs=4", "1 2"},
		"AND binds more tightly than OR":           {from + "WHERE Legs=2 OR Legs=4 AND Name='cat'", "1 3"},
		"parentheses group":                        {from + "WHERE (Legs=2 OR Legs=4) AND Name='cat'", "1"},
		"NOT binds more tightly than AND":          {from + "WHERE NOT Legs=4 AND Name='hen'", "3"},
		"NOT of a group":                           {from + "WHERE NOT (Legs=4 OR Legs=2)", "4 5"},
		"NOT twice is nothing":                     {from + "WHERE NOT" + " NOT Legs=4", "1 2"},
		"NOT of what is unknown is unknown":        {from + "WHERE NOT Note='alley'", "3 4 5"},
		"what is unknown OR true is true":          {from + "WHERE Note='x' OR Legs=4", "1 2"},
		"IN is one of a list":                      {from + "WHERE Name IN ('hen', 'cat', 'dog')", "1 3"},
		"IN compares numbers too":                  {from + "WHERE Legs IN (0,2)", "3 4"},
		"NOT IN leaves null out":                   {from + "WHERE Note NOT IN ('alley')", "3 4 5"},
		"IS NULL finds null, not the empty text":   {from + "WHERE Note IS NULL", "1"},
		"IS NOT NULL finds the others":             {from + "WHERE Note is not null", "2 3 4 5"},
		"null differs from nothing":                {from + "WHERE Note != 'alley'", "3 4 5"},
		"the second spelling of difference":        {from + "WHERE Legs <> 4;", "3 4 5"},
		"booleans are literals":                    {from + "WHERE Tame = true", "1 3"},
		"two columns are compared":                 {from + "WHERE Name = Note", ""},
		"key words inside of text are text":        {from + "WHERE Name='x OR 1=1'", ""},
		"ORDER BY sorts text":                      {from + "WHERE Legs != 10 ORDER BY Name", "2 1 4 3"},
		"ORDER BY sorts numbers by size":           {from + "ORDER BY Legs DESC, Name", "5 2 1 3 4"},
		"ORDER BY puts null first":                 {from + "ORDER BY Note ASC LIMIT 1", "1"},
		"LIMIT bounds":                             {from + "LIMIT 2", "1 2"},
		"LIMIT zero selects nothing":               {from + "LIMIT 0", ""},
		"OFFSET beyond the end leaves out all":     {from + "LIMIT 9 OFFSET 9", ""},
		"ORDER, LIMIT and OFFSET apply in order":   {from + "ORDER BY ID DESC LIMIT 2 OFFSET 1", "4 3"},
		"a condition over columns not selected":    {"SELECT Name FROM Animal WHERE ID='3'", "3"},
		"white space of any kind separates":        {"SELECT\tID\r\nFROM\nAnimal WHERE\nID = '1' ; ", "1"},
		"the official client's search over a list": {from + "WHERE Name LIKE '%all%' OR Note LIKE '%all%' OR ID LIKE '%all%'", "2"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, ids(t, tc.script, false)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEqualityMayIgnoreTheCase(t *testing.T) {
	if diff := cmp.Diff("1", ids(t, "SELECT ID FROM Animal WHERE Name='CAT'", true)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConditionsPinColumns(t *testing.T) {
	for where, want := range map[string]string{
		"ID = '1'":                          "1",
		"id = 1":                            "1",
		"Name = 'a' AND ID = '1'":           "1",
		"(Name = 'a' AND (ID = '1'))":       "1",
		"ID = '1' OR Name = 'a'":            "none",
		"Name = 'a' AND (ID='1' OR ID='2')": "none",
		"NOT ID = '1'":                      "none",
		"ID != '1'":                         "none",
		"ID LIKE '1'":                       "none",
		"ID = Name":                         "none",
		"ID IN ('1')":                       "none",
	} {
		q, err := redrock.Parse("SELECT ID FROM Animal WHERE " + where)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := q.Pinned("ID")
		if !ok {
			got = "none"
		}
		if got != want {
			t.Errorf("%s pins %s, want %s", where, got, want)
		}
	}
}

func TestColumnsHaveTheSpellingOfTheTable(t *testing.T) {
	for script, want := range map[string][]string{
		"select NAME, iD from Animal": {"Name", "ID"},
		"select * from Animal":        {"ID", "Name", "Legs", "Note", "Tame"},
	} {
		q, err := redrock.Parse(script)
		if err != nil {
			t.Fatal(err)
		}
		columns, _, err := q.Select(animals(), false)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, columns); diff != "" {
			t.Errorf("%s (-want +got):\n%s", script, diff)
		}
	}
}

func TestMistakesAreRefused(t *testing.T) {
	cases := map[string]string{
		"an unclosed string":              "SELECT ID FROM Animal WHERE Name='x",
		"an undoubled quote":              "SELECT ID FROM Animal WHERE Name='O'Malley'",
		"an unknown column selected":      "SELECT Wings FROM Animal",
		"an unknown column compared":      "SELECT ID FROM Animal WHERE 1=2 AND Wings='2'",
		"an unknown column in a list":     "SELECT ID FROM Animal WHERE ID IN ('1', Wings)",
		"an unknown column tested":        "SELECT ID FROM Animal WHERE Wings IS NULL",
		"an unknown column negated":       "SELECT ID FROM Animal WHERE NOT Wings = '1'",
		"an unknown column to sort by":    "SELECT ID FROM Animal ORDER BY Wings",
		"a column of another table":       "SELECT Plant.ID FROM Animal",
		"a comparison of another table":   "SELECT ID FROM Animal WHERE Plant.ID = '1'",
		"something after the end":         "SELECT ID FROM Animal WHERE 1=1 GROUP",
		"a second statement":              "SELECT ID FROM Animal; DELETE FROM Animal",
		"an unclosed parenthesis":         "SELECT ID FROM Animal WHERE (1=1",
		"an unclosed list":                "SELECT ID FROM Animal WHERE ID IN ('1'",
		"a list without commas":           "SELECT ID FROM Animal WHERE ID IN ('1' '2')",
		"an empty list":                   "SELECT ID FROM Animal WHERE ID IN ()",
		"a list without parentheses":      "SELECT ID FROM Animal WHERE ID IN '1'",
		"a missing table":                 "SELECT ID FROM WHERE 1=1",
		"a missing column":                "SELECT ID, FROM Animal",
		"a missing operand":               "SELECT ID FROM Animal WHERE Name=",
		"a missing comparison":            "SELECT ID FROM Animal WHERE Name",
		"a missing comparison after NOT":  "SELECT ID FROM Animal WHERE Name NOT 'cat'",
		"a missing NULL":                  "SELECT ID FROM Animal WHERE Name IS 'cat'",
		"a missing BY":                    "SELECT ID FROM Animal ORDER Name",
		"a sorting without column":        "SELECT ID FROM Animal ORDER BY 'Name'",
		"a limit that is not a number":    "SELECT ID FROM Animal LIMIT 'x'",
		"a limit out of range":            "SELECT ID FROM Animal LIMIT 99999999999",
		"another statement":               "DELETE FROM Animal",
		"the empty text":                  "",
		"parentheses without end":         "SELECT ID FROM Animal WHERE " + strings.Repeat("(", 100000),
		"negations without end":           "SELECT ID FROM Animal WHERE " + strings.Repeat("NOT ", 100000),
		"a comparison that is not spoken": "SELECT ID FROM Animal WHERE Legs > 2",
		"letters of other alphabets":      "SELECT ID FROM Änimal",
	}
	for name, script := range cases {
		t.Run(name, func(t *testing.T) {
			q, err := redrock.Parse(script)
			if err == nil {
				_, _, err = q.Select(animals(), false)
			}
			if err == nil {
				t.Fatal("no error")
			}
			if len(err.Error()) > 200 {
				t.Errorf("the error has %d characters", len(err.Error()))
			}
		})
	}
}

// FuzzParse asks of any text that it is parsed or refused in bounded time, and that what a query says of itself is a query
// that selects the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"Select ID, Username, DisplayName, Email, MobileNumber, LastLogin from User WHERE Username='a@b'",
		"SELECT * FROM Application WHERE 1=1 AND AppType='Web' AND WebAppType='OAuth' AND ServiceName='x'",
		"Select ID, Name from Animal WHERE Name LIKE '%s%' OR Note LIKE '%''%' OR NOT (Tame IS NOT NULL)",
		"select Name from Animal where Legs in (2, 4) and not Name = 'cat' order by Legs desc, Name limit 2 offset 1;",
		"SELECT Animal.Name FROM Animal WHERE Tame = TRUE", "SELECT", "'", "((((", "SELECT ID FROM Animal WHERE 'a' LIKE '%%%_'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		q, err := redrock.Parse(script)
		if err != nil {
			return
		}
		again, err := redrock.Parse(q.String())
		if err != nil {
			t.Fatalf("%q says of itself %q: %v", script, q, err)
		}
		if q.String() != again.String() {
			t.Fatalf("%q became %q", q, again)
		}
		_, rows, err := q.Select(animals(), false)
		if id, ok := q.Pinned("ID"); ok {
			for _, i := range rows {
				if text, _ := animals().Rows[i].Text("ID"); text != id {
					t.Fatalf("%q pins %q and selects %q", q, id, text)
				}
			}
		}
		_, rowsAgain, errAgain := again.Select(animals(), false)
		if (err == nil) != (errAgain == nil) || !cmp.Equal(rows, rowsAgain) {
			t.Fatalf("%q selects %v (%v), %q selects %v (%v)", q, rows, err, again, rowsAgain, errAgain)
		}
	})
}
