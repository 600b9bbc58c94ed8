package redrock

import (
	"strconv"
	"strings"
)

// Query is a parsed SELECT on one table. Names are as they were written.
type Query struct {
	// Columns are the columns asked for; none means all of the table's.
	Columns []string
	// Table is the table read.
	Table string
	// Where selects rows; nil selects all.
	Where Condition
	// OrderBy sorts the rows, the first by most weight.
	OrderBy []Order
	// Limit is how many rows are returned at most; negative for no bound.
	Limit int
	// Offset is how many rows are left out at the beginning.
	Offset int
}

// Order sorts by one column.
type Order struct {
	Column     string
	Descending bool
}

// Condition is a boolean expression over a row: Junction, Not, Comparison, Membership or NullTest.
type Condition interface {
	// String returns the condition as SQL, in parentheses where it is more than one term.
	String() string
	bind(columns columnNames) (predicate, error)
}

// Junction joins two conditions or more by AND, or by OR when Any is set.
type Junction struct {
	Any   bool
	Terms []Condition
}

// Not is true where its condition is false.
type Not struct{ Condition Condition }

// Comparison compares two operands.
type Comparison struct {
	Left     Operand
	Operator Operator
	Right    Operand
}

// Operator is how two operands are compared.
type Operator string

const (
	// Equal minds the case, unless the query is run without.
	Equal Operator = "="
	// Different is the opposite of Equal.
	Different Operator = "!="
	// Like matches a pattern in any case: % is any run of characters, _ one character.
	Like Operator = "LIKE"
)

// Membership is true where an operand equals one of a list.
type Membership struct {
	Operand Operand
	List    []Operand
}

// NullTest is true where an operand is null.
type NullTest struct{ Operand Operand }

// Operand is a column, or a literal when Column is empty.
type Operand struct {
	Column  string
	Literal string
}

// Pinned returns the text that a column must equal in every row that the query selects, if its condition says so outright:
// by a comparison, or by one among those that AND joins. What has such a column for a key need not look at other rows.
func (q Query) Pinned(column string) (text string, ok bool) { return pinned(q.Where, column) }

func pinned(condition Condition, column string) (text string, ok bool) {
	switch c := condition.(type) {
	case Comparison:
		if c.Operator == Equal && strings.EqualFold(c.Left.Column, column) && c.Right.Column == "" {
			return c.Right.Literal, true
		}
	case Junction:
		for _, term := range c.Terms {
			if text, ok := pinned(term, column); ok && !c.Any {
				return text, true
			}
		}
	}
	return "", false
}

// String returns the query in the grammar of the package.
func (q Query) String() string {
	var b strings.Builder
	b.WriteString("SELECT ")
	if len(q.Columns) == 0 {
		b.WriteByte('*')
	}
	b.WriteString(strings.Join(q.Columns, ", "))
	b.WriteString(" FROM " + q.Table)
	if q.Where != nil {
		b.WriteString(" WHERE " + q.Where.String())
	}
	for i, o := range q.OrderBy {
		b.WriteString([]string{" ORDER BY ", ", "}[min(i, 1)] + o.Column)
		if o.Descending {
			b.WriteString(" DESC")
		}
	}
	if q.Limit >= 0 {
		b.WriteString(" LIMIT " + strconv.Itoa(q.Limit))
		if q.Offset > 0 {
			b.WriteString(" OFFSET " + strconv.Itoa(q.Offset))
		}
	}
	return b.String()
}

func (j Junction) String() string {
	word := " AND "
	if j.Any {
		word = " OR "
	}
	terms := make([]string, len(j.Terms))
	for i, term := range j.Terms {
		terms[i] = term.String()
	}
	return "(" + strings.Join(terms, word) + ")"
}

func (n Not) String() string { return "NOT " + n.Condition.String() }

func (c Comparison) String() string {
	return c.Left.String() + " " + string(c.Operator) + " " + c.Right.String()
}

func (m Membership) String() string {
	list := make([]string, len(m.List))
	for i, o := range m.List {
		list[i] = o.String()
	}
	return m.Operand.String() + " IN (" + strings.Join(list, ", ") + ")"
}

func (t NullTest) String() string { return t.Operand.String() + " IS NULL" }

func (o Operand) String() string {
	if o.Column != "" {
		return o.Column
	}
	return "'" + strings.ReplaceAll(o.Literal, "'", "''") + "'"
}
