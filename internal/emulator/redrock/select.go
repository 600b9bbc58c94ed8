package redrock

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Table is what a query is run on.
type Table struct {
	Columns []string
	Rows    []Row
}

// Row tells the values of one row by the names in Columns.
type Row interface {
	// Value is text, a boolean, a number, or nil for null.
	Value(column string) any
	// Text is what Text makes of Value, and whether that is null. It is asked for all rows, Value for those selected.
	Text(column string) (text string, null bool)
}

// Values is a row that holds its values.
type Values map[string]any

// Value returns the value of a column.
func (v Values) Value(column string) any { return v[column] }

// Text returns the value of a column as text.
func (v Values) Text(column string) (text string, null bool) {
	return Text(v[column]), v[column] == nil
}

// Select runs the query on a table, whatever its name. It returns the columns asked for, in the table's spelling, and the
// indexes of the rows selected, in order. A column that the table does not have is an error also where no row is looked
// at. With foldCase, equality ignores the case.
func (q Query) Select(t Table, foldCase bool) (columns []string, rows []int, err error) {
	names := columnNames{names: t.Columns, foldCase: foldCase}
	if columns, err = q.selectedColumns(names); err != nil {
		return nil, nil, err
	}
	matches := predicate(func(Row) truth { return yes })
	if q.Where != nil {
		if matches, err = q.Where.bind(names); err != nil {
			return nil, nil, err
		}
	}
	for i, row := range t.Rows {
		if matches(row) == yes {
			rows = append(rows, i)
		}
	}
	if err := q.sort(t, names, rows); err != nil {
		return nil, nil, err
	}
	rows = rows[min(q.Offset, len(rows)):]
	if q.Limit >= 0 {
		rows = rows[:min(q.Limit, len(rows))]
	}
	return columns, rows, nil
}

func (q Query) selectedColumns(names columnNames) ([]string, error) {
	if len(q.Columns) == 0 {
		return names.names, nil
	}
	var columns []string
	for _, asked := range q.Columns {
		name, err := names.resolve(asked)
		if err != nil {
			return nil, err
		}
		columns = append(columns, name)
	}
	return columns, nil
}

func (q Query) sort(t Table, names columnNames, rows []int) error {
	keys := make([]string, len(q.OrderBy))
	for i, o := range q.OrderBy {
		name, err := names.resolve(o.Column)
		if err != nil {
			return err
		}
		keys[i] = name
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		for i, o := range q.OrderBy {
			order := compareValues(t.Rows[a].Value(keys[i]), t.Rows[b].Value(keys[i]))
			if o.Descending {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	return nil
}

// compareValues orders nulls first, numbers by size, and all else as text.
func compareValues(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(boolInt(a != nil), boolInt(b != nil))
	}
	textA, textB := Text(a), Text(b)
	numberA, errA := strconv.ParseFloat(textA, 64)
	numberB, errB := strconv.ParseFloat(textB, 64)
	if errA == nil && errB == nil {
		return cmp.Compare(numberA, numberB)
	}
	return strings.Compare(textA, textB)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// columnNames are the columns of a table, and how their values are compared.
type columnNames struct {
	names    []string
	foldCase bool
}

// resolve returns the table's spelling of a column.
func (c columnNames) resolve(asked string) (string, error) {
	for _, name := range c.names {
		if strings.EqualFold(name, asked) {
			return name, nil
		}
	}
	return "", fmt.Errorf("no such column: %s", asked)
}

// Text returns a value as it is compared: true and false for booleans, empty for null.
func Text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
