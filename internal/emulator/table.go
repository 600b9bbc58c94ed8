package emulator

import (
	"slices"
	"strings"

	"github.com/oauth-operator/oauth-operator/internal/emulator/redrock"
)

// table is a list of rows as queries and many other calls answer it.
type table struct {
	columns []string
	rows    []row
}

// row is a row with what it is about. Its values are read when they are needed, which most are not.
type row struct {
	entityType string
	key        string
	redrock.Row
}

func (t *table) add(entityType, key string, values map[string]any) {
	t.addRow(entityType, key, redrock.Values(values))
}

func (t *table) addRow(entityType, key string, values redrock.Row) {
	t.rows = append(t.rows, row{entityType: entityType, key: key, Row: values})
}

// values returns all that the answer has of a row: what it holds, or the values of the columns.
func (t table) values(r row) map[string]any {
	if held, ok := r.Row.(redrock.Values); ok {
		return held
	}
	values := make(map[string]any, len(t.columns))
	for _, column := range t.columns {
		values[column] = r.Value(column)
	}
	return values
}

// text returns the value of a column, in any case, as text.
func (t table) text(r row, column string) string {
	for _, name := range t.columns {
		if strings.EqualFold(name, column) {
			return scalarText(r.Value(name))
		}
	}
	return ""
}

// queryResult is the answer form of a table.
type queryResult struct {
	IsAggregate bool           `json:"IsAggregate"`
	Count       int            `json:"Count"`
	Columns     []resultColumn `json:"Columns"`
	FullCount   int            `json:"FullCount"`
	Results     []resultRow    `json:"Results"`
	ReturnID    string         `json:"ReturnID"`
}

type resultColumn struct {
	Name  string `json:"Name"`
	Title string `json:"Title"`
}

type resultRow struct {
	Entities []resultEntity `json:"Entities"`
	Row      map[string]any `json:"Row"`
}

// resultEntity is what a row is about.
type resultEntity struct {
	Type         string `json:"Type"`
	Key          string `json:"Key"`
	IsForeignKey bool   `json:"IsForeignKey"`
}

// result returns the answer form of the table after sorting, filtering and paging as args ask for.
func (t table) result(args arguments) queryResult {
	rows := t.rows
	if sought := strings.ToLower(args.text("FilterValue")); sought != "" && args.has("FilterBy") {
		rows = t.filterRows(rows, args.texts("FilterBy"), sought)
	}
	if column := args.text("SortBy"); column != "" {
		rows = t.sortRows(rows, column, args.flag("Ascending", true))
	}
	full := len(rows)
	rows = page(rows, args.number("PageNumber", 1), args.number("PageSize", 0), args.number("Limit", 0))
	answer := queryResult{
		Count: len(rows), FullCount: full, Columns: make([]resultColumn, len(t.columns)), Results: make([]resultRow, len(rows)),
	}
	for i, name := range t.columns {
		answer.Columns[i] = resultColumn{Name: name, Title: name}
	}
	for i, r := range rows {
		answer.Results[i] = resultRow{Entities: []resultEntity{{Type: r.entityType, Key: r.key}}, Row: t.values(r)}
	}
	return answer
}

func (t table) filterRows(rows []row, columns []string, sought string) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		return !slices.ContainsFunc(columns, func(column string) bool {
			return strings.Contains(strings.ToLower(t.text(r, column)), sought)
		})
	})
}

func (t table) sortRows(rows []row, column string, ascending bool) []row {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b row) int {
		order := strings.Compare(t.text(a, column), t.text(b, column))
		if !ascending {
			return -order
		}
		return order
	})
	return sorted
}

// page returns page number (from 1) of pages of size rows, at most limit rows in all pages together. Zero or less
// means no bound.
func page(rows []row, number, size, limit int) []row {
	if limit > 0 && limit < len(rows) {
		rows = rows[:limit]
	}
	if size <= 0 {
		return rows
	}
	// Bounded first: a client may send any number, and products of two may not be one any more.
	size, number = min(size, len(rows)+1), min(max(number, 1), len(rows)+1)
	start := min((number-1)*size, len(rows))
	return rows[start:min(start+size, len(rows))]
}
