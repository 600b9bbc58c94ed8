package redrock

import (
	"slices"
	"strings"
)

// truth is a value of SQL's logic, in which what is compared with null is unknown.
type truth int

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// predicate is a condition whose columns are found.
type predicate func(row Row) truth

// reader returns the value of an operand as text, or that it is null.
type reader func(row Row) (text string, null bool)

func (o Operand) bind(columns columnNames) (reader, error) {
	if o.Column == "" {
		return func(Row) (string, bool) { return o.Literal, false }, nil
	}
	name, err := columns.resolve(o.Column)
	if err != nil {
		return nil, err
	}
	return func(row Row) (string, bool) { return row.Text(name) }, nil
}

func (j Junction) bind(columns columnNames) (predicate, error) {
	terms := make([]predicate, len(j.Terms))
	for i, term := range j.Terms {
		bound, err := term.bind(columns)
		if err != nil {
			return nil, err
		}
		terms[i] = bound
	}
	return func(row Row) truth {
		// AND is the least of its terms, OR the greatest.
		result := truthOf(!j.Any)
		for _, term := range terms {
			if j.Any {
				result = max(result, term(row))
			} else {
				result = min(result, term(row))
			}
		}
		return result
	}, nil
}

func (n Not) bind(columns columnNames) (predicate, error) {
	inner, err := n.Condition.bind(columns)
	if err != nil {
		return nil, err
	}
	return func(row Row) truth { return yes - inner(row) }, nil
}

func (c Comparison) bind(columns columnNames) (predicate, error) {
	left, err := c.Left.bind(columns)
	if err != nil {
		return nil, err
	}
	right, err := c.Right.bind(columns)
	if err != nil {
		return nil, err
	}
	return func(row Row) truth {
		a, aNull := left(row)
		b, bNull := right(row)
		switch {
		case aNull || bNull:
			return unknown
		case c.Operator == Like:
			return truthOf(like(a, b))
		}
		return truthOf(columns.equal(a, b) == (c.Operator == Equal))
	}, nil
}

func (m Membership) bind(columns columnNames) (predicate, error) {
	equals := Junction{Any: true}
	for _, o := range m.List {
		equals.Terms = append(equals.Terms, Comparison{Left: m.Operand, Operator: Equal, Right: o})
	}
	return equals.bind(columns)
}

func (t NullTest) bind(columns columnNames) (predicate, error) {
	value, err := t.Operand.bind(columns)
	if err != nil {
		return nil, err
	}
	return func(row Row) truth {
		_, null := value(row)
		return truthOf(null)
	}, nil
}

func (c columnNames) equal(a, b string) bool {
	if c.foldCase {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// like matches text against a pattern, both in any case. It goes back to the last % only, so that its time is at most the
// product of both lengths, whoever wrote the pattern.
func like(text, pattern string) bool {
	t, p := []rune(strings.ToLower(text)), []rune(strings.ToLower(pattern))
	at, sign := 0, 0        // what is compared next
	after, resume := -1, -1 // the sign after the last %, and where in text it was tried last
	for at < len(t) {
		switch {
		case sign < len(p) && p[sign] == '%':
			sign++
			after, resume = sign, at
		case sign < len(p) && (p[sign] == '_' || p[sign] == t[at]):
			sign++
			at++
		case after >= 0:
			resume++
			sign, at = after, resume
		default:
			return false
		}
	}
	return !slices.ContainsFunc(p[sign:], func(r rune) bool { return r != '%' })
}
