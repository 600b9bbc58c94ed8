package emulator

import (
	"slices"
	"strings"
)

// table is a list of rows as queries and many other calls answer it.
type table struct {
	columns []string
	rows    []row
}

type row struct {
	entityType string
	key        string
	values     map[string]any
}

func (t *table) add(entityType, key string, values map[string]any) {
	t.rows = append(t.rows, row{entityType: entityType, key: key, values: values})
}

// result returns the answer form of the table after sorting, filtering and paging as args ask for.
func (t table) result(args arguments) map[string]any {
	rows := t.rows
	if sought := strings.ToLower(args.text("FilterValue")); sought != "" && args.has("FilterBy") {
		rows = filterRows(rows, args.texts("FilterBy"), sought)
	}
	if column := args.text("SortBy"); column != "" {
		rows = sortRows(rows, column, args.flag("Ascending", true))
	}
	full := len(rows)
	rows = page(rows, args.number("PageNumber", 1), args.number("PageSize", 0), args.number("Limit", 0))
	columns := []any{}
	for _, name := range t.columns {
		columns = append(columns, map[string]any{"Name": name, "Title": name})
	}
	results := []any{}
	for _, r := range rows {
		entity := map[string]any{"Type": r.entityType, "Key": r.key, "IsForeignKey": false}
		results = append(results, map[string]any{"Entities": []any{entity}, "Row": r.values})
	}
	return map[string]any{
		"IsAggregate": false, "Count": len(results), "Columns": columns, "FullCount": full, "Results": results,
		"ReturnID": "",
	}
}

func filterRows(rows []row, columns []string, sought string) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		values := newArguments(r.values)
		return !slices.ContainsFunc(columns, func(column string) bool {
			return strings.Contains(strings.ToLower(values.text(column)), sought)
		})
	})
}

func sortRows(rows []row, column string, ascending bool) []row {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b row) int {
		order := strings.Compare(newArguments(a.values).text(column), newArguments(b.values).text(column))
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
	start := min(max(number-1, 0)*size, len(rows))
	return rows[start:min(start+size, len(rows))]
}
