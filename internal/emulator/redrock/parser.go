package redrock

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxDepth bounds nested parentheses and negations.
const maxDepth = 50

// parser reads lexemes from left to right, one method per rule of the grammar.
type parser struct {
	lexemes []lexeme
	at      int
	depth   int
	table   string
}

// Parse reads a query. Errors say where the text stops to be one.
func Parse(text string) (Query, error) {
	lexemes, err := scan(text)
	if err != nil {
		return Query{}, err
	}
	p := &parser{lexemes: lexemes}
	q, err := p.query()
	if err != nil {
		return Query{}, err
	}
	if next := p.peek(); next.kind != lexemeEnd {
		return Query{}, fmt.Errorf("syntax error near %q", excerpt(next.text))
	}
	return q, nil
}

func (p *parser) peek() lexeme { return p.lexemes[p.at] }

func (p *parser) take() lexeme {
	l := p.lexemes[p.at]
	if l.kind != lexemeEnd {
		p.at++
	}
	return l
}

// accept takes the next lexeme if it is this one.
func (p *parser) accept(kind lexemeKind, text string) bool {
	if l := p.peek(); l.kind != kind || l.text != text {
		return false
	}
	p.take()
	return true
}

func (p *parser) word(text string) bool { return p.accept(lexemeKeyword, text) }

// expect takes the words, or tells which one is missing.
func (p *parser) expect(words ...string) error {
	for _, word := range words {
		if !p.word(word) {
			return p.missing(word)
		}
	}
	return nil
}

func (p *parser) missing(what string) error {
	if p.peek().kind == lexemeEnd {
		return fmt.Errorf("syntax error at the end: %s expected", what)
	}
	return fmt.Errorf("syntax error near %q: %s expected", excerpt(p.peek().text), what)
}

func (p *parser) query() (q Query, err error) {
	q.Limit = -1
	if err := p.expect("SELECT"); err != nil {
		return q, err
	}
	// Which table may qualify a column is known after the columns.
	if q.Columns, err = p.columns(); err != nil {
		return q, err
	}
	if err := p.expect("FROM"); err != nil {
		return q, err
	}
	if q.Table, err = p.name(); err != nil {
		return q, err
	}
	p.table = q.Table
	for i, column := range q.Columns {
		if q.Columns[i], err = p.unqualified(column); err != nil {
			return q, err
		}
	}
	if p.word("WHERE") {
		if q.Where, err = p.or(); err != nil {
			return q, err
		}
	}
	if p.word("ORDER") {
		if q.OrderBy, err = p.order(); err != nil {
			return q, err
		}
	}
	err = p.bounds(&q)
	return q, err
}

// bounds reads LIMIT and OFFSET.
func (p *parser) bounds(q *Query) (err error) {
	if !p.word("LIMIT") {
		return nil
	}
	if q.Limit, err = p.number(); err != nil {
		return err
	}
	if p.word("OFFSET") {
		q.Offset, err = p.number()
	}
	return err
}

func (p *parser) number() (int, error) {
	if p.peek().kind != lexemeNumber {
		return 0, p.missing("number")
	}
	text := p.take().text
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("number %q is out of range", excerpt(text))
	}
	return int(n), nil
}

func (p *parser) name() (string, error) {
	if p.peek().kind != lexemeName {
		return "", p.missing("name")
	}
	return p.take().text, nil
}

// columns reads "*" as no columns. Qualified names keep their table for now.
func (p *parser) columns() ([]string, error) {
	if p.accept(lexemeSymbol, "*") {
		return nil, nil
	}
	var columns []string
	for {
		column, err := p.qualified()
		if err != nil {
			return nil, err
		}
		columns = append(columns, column)
		if !p.accept(lexemeSymbol, ",") {
			return columns, nil
		}
	}
}

// qualified reads a name, or two with a dot between them.
func (p *parser) qualified() (string, error) {
	name, err := p.name()
	if err != nil || !p.accept(lexemeSymbol, ".") {
		return name, err
	}
	column, err := p.name()
	return name + "." + column, err
}

// unqualified takes the table off a column.
func (p *parser) unqualified(column string) (string, error) {
	table, name, ok := strings.Cut(column, ".")
	if !ok {
		return column, nil
	}
	if !strings.EqualFold(table, p.table) {
		return "", fmt.Errorf("no such column: %s", column)
	}
	return name, nil
}

func (p *parser) column() (string, error) {
	column, err := p.qualified()
	if err != nil {
		return "", err
	}
	return p.unqualified(column)
}

func (p *parser) or() (Condition, error) { return p.chain("OR", p.and) }

func (p *parser) and() (Condition, error) { return p.chain("AND", p.not) }

// chain reads one term or several with a word between them.
func (p *parser) chain(word string, next func() (Condition, error)) (Condition, error) {
	first, err := next()
	if err != nil {
		return nil, err
	}
	terms := []Condition{first}
	for p.word(word) {
		term, err := next()
		if err != nil {
			return nil, err
		}
		terms = append(terms, term)
	}
	if len(terms) == 1 {
		return first, nil
	}
	return Junction{Any: word == "OR", Terms: terms}, nil
}

// deeper counts one more level of nesting.
func (p *parser) deeper() error {
	p.depth++
	if p.depth > maxDepth {
		return errors.New("the expression is nested too deeply")
	}
	return nil
}

func (p *parser) not() (Condition, error) {
	if !p.word("NOT") {
		return p.term()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	inner, err := p.not()
	p.depth--
	return Not{Condition: inner}, err
}

func (p *parser) term() (Condition, error) {
	if !p.accept(lexemeSymbol, "(") {
		return p.comparison()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	inner, err := p.or()
	if err != nil {
		return nil, err
	}
	p.depth--
	if !p.accept(lexemeSymbol, ")") {
		return nil, p.missing(")")
	}
	return inner, nil
}

func (p *parser) comparison() (Condition, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	switch {
	case p.accept(lexemeSymbol, "="):
		return p.compared(left, Equal)
	case p.accept(lexemeSymbol, "!="), p.accept(lexemeSymbol, "<>"):
		return p.compared(left, Different)
	case p.word("IS"):
		negated := p.word("NOT")
		return negate(NullTest{Operand: left}, negated), p.expect("NULL")
	}
	negated := p.word("NOT")
	var condition Condition
	switch {
	case p.word("LIKE"):
		condition, err = p.compared(left, Like)
	case p.word("IN"):
		condition, err = p.membership(left)
	default:
		err = p.missing("comparison")
	}
	return negate(condition, negated), err
}

func negate(condition Condition, negated bool) Condition {
	if negated {
		return Not{Condition: condition}
	}
	return condition
}

func (p *parser) compared(left Operand, operator Operator) (Condition, error) {
	right, err := p.operand()
	return Comparison{Left: left, Operator: operator, Right: right}, err
}

func (p *parser) membership(left Operand) (Condition, error) {
	m := Membership{Operand: left}
	if !p.accept(lexemeSymbol, "(") {
		return nil, p.missing("(")
	}
	for {
		o, err := p.operand()
		if err != nil {
			return nil, err
		}
		m.List = append(m.List, o)
		if p.accept(lexemeSymbol, ")") {
			return m, nil
		}
		if !p.accept(lexemeSymbol, ",") {
			return nil, p.missing(")")
		}
	}
}

func (p *parser) operand() (Operand, error) {
	switch l := p.peek(); {
	case l.kind == lexemeString, l.kind == lexemeNumber:
		return Operand{Literal: p.take().text}, nil
	case p.word("TRUE"):
		return Operand{Literal: "true"}, nil
	case p.word("FALSE"):
		return Operand{Literal: "false"}, nil
	}
	column, err := p.column()
	return Operand{Column: column}, err
}

func (p *parser) order() ([]Order, error) {
	if err := p.expect("BY"); err != nil {
		return nil, err
	}
	var orders []Order
	for {
		column, err := p.column()
		if err != nil {
			return nil, err
		}
		o := Order{Column: column}
		if !p.word("ASC") {
			o.Descending = p.word("DESC")
		}
		orders = append(orders, o)
		if !p.accept(lexemeSymbol, ",") {
			return orders, nil
		}
	}
}
