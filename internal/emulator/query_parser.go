package emulator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// query is a parsed SELECT on one table.
type query struct {
	columns []string // as written; "*" alone means all
	table   string
	where   condition // nil without WHERE
}

// condition is a boolean expression over a row.
type condition interface {
	matches(values map[string]any) (bool, error)
	check(columns []string) error
}

// junction is a chain of conditions joined by AND or OR.
type junction struct {
	any   bool // OR
	terms []condition
}

// comparison compares two operands; like and null tests have their own fields.
type comparison struct {
	left, right operand
	operator    string // =, !=, LIKE, IS NULL, or IS NOT NULL
}

// operand is a column or a literal.
type operand struct {
	column  string // empty for a literal
	literal string
}

// queryToken is a lexical element. Key words are told by their text, in any case.
type queryToken struct {
	kind queryTokenKind
	text string // of a string literal without quotes
}

type queryTokenKind int

const (
	tokenWord queryTokenKind = iota
	tokenString
	tokenNumber
	tokenSymbol
	tokenEnd
)

// queryLexeme matches one token at the start of the text: a quoted string with doubled quotes, a word, a number, or a
// symbol.
var queryLexeme = regexp.MustCompile(`^(?:'((?:[^']|'')*)'|([A-Za-z_][A-Za-z0-9_]*)|(\d+)|(<>|!=|[=,*()]))`)

func scanQuery(text string) ([]queryToken, error) {
	var tokens []queryToken
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" || text == ";" {
			return append(tokens, queryToken{kind: tokenEnd}), nil
		}
		m := queryLexeme.FindStringSubmatchIndex(text)
		if m == nil {
			return nil, fmt.Errorf("unrecognized token near %q", text[:min(len(text), 20)])
		}
		kind := queryTokenKind(slices.IndexFunc([]int{m[4], m[2], m[6], m[8]}, func(start int) bool { return start >= 0 }))
		group := []int{2, 1, 3, 4}[kind]
		content := text[m[2*group]:m[2*group+1]]
		if kind == tokenString {
			content = strings.ReplaceAll(content, "''", "'")
		}
		tokens = append(tokens, queryToken{kind: kind, text: content})
		text = text[m[1]:]
	}
}

// queryParser reads tokens from left to right, one function per rule of the grammar:
//
//	query      = SELECT ( "*" | column { "," column } ) FROM table [ WHERE or ]
//	or         = and { OR and }
//	and        = term { AND term }
//	term       = "(" or ")" | operand ( ( "=" | "!=" | "<>" | LIKE ) operand | IS [ NOT ] NULL )
//	operand    = column | string | number
type queryParser struct {
	tokens []queryToken
	at     int
	depth  int
}

// maxQueryDepth bounds nested parentheses.
const maxQueryDepth = 50

func parseQuery(text string) (query, error) {
	tokens, err := scanQuery(text)
	if err != nil {
		return query{}, err
	}
	p := &queryParser{tokens: tokens}
	q := query{}
	if err := p.keyword("SELECT"); err != nil {
		return query{}, err
	}
	if q.columns, err = p.columns(); err != nil {
		return query{}, err
	}
	if err := p.keyword("FROM"); err != nil {
		return query{}, err
	}
	if q.table, err = p.word(); err != nil {
		return query{}, err
	}
	if p.accept(tokenWord, "WHERE") {
		if q.where, err = p.or(); err != nil {
			return query{}, err
		}
	}
	if next := p.peek(); next.kind != tokenEnd {
		return query{}, fmt.Errorf("syntax error near %q", next.text)
	}
	return q, nil
}

func (p *queryParser) peek() queryToken { return p.tokens[p.at] }

func (p *queryParser) take() queryToken {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// accept takes the next token if it is of the kind and text.
func (p *queryParser) accept(kind queryTokenKind, text string) bool {
	if t := p.peek(); t.kind != kind || !strings.EqualFold(t.text, text) {
		return false
	}
	p.take()
	return true
}

func (p *queryParser) keyword(word string) error {
	if !p.accept(tokenWord, word) {
		return fmt.Errorf("syntax error near %q: %s expected", p.peek().text, word)
	}
	return nil
}

// word takes a name. Key words of the grammar are not names.
func (p *queryParser) word() (string, error) {
	t := p.take()
	reserved := []string{"SELECT", "FROM", "WHERE", "AND", "OR", "LIKE", "IS", "NOT", "NULL"}
	if t.kind != tokenWord || slices.Contains(reserved, strings.ToUpper(t.text)) {
		return "", fmt.Errorf("syntax error near %q: name expected", t.text)
	}
	return t.text, nil
}

func (p *queryParser) columns() ([]string, error) {
	if p.accept(tokenSymbol, "*") {
		return []string{"*"}, nil
	}
	var columns []string
	for {
		column, err := p.word()
		if err != nil {
			return nil, err
		}
		columns = append(columns, column)
		if !p.accept(tokenSymbol, ",") {
			return columns, nil
		}
	}
}

func (p *queryParser) or() (condition, error) { return p.chain("OR", p.and) }

func (p *queryParser) and() (condition, error) { return p.chain("AND", p.term) }

func (p *queryParser) chain(word string, next func() (condition, error)) (condition, error) {
	var terms []condition
	for {
		term, err := next()
		if err != nil {
			return nil, err
		}
		terms = append(terms, term)
		if !p.accept(tokenWord, word) {
			return junction{any: word == "OR", terms: terms}, nil
		}
	}
}

func (p *queryParser) term() (condition, error) {
	if p.accept(tokenSymbol, "(") {
		p.depth++
		if p.depth > maxQueryDepth {
			return nil, errors.New("the expression is nested too deeply")
		}
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		p.depth--
		if !p.accept(tokenSymbol, ")") {
			return nil, fmt.Errorf("syntax error near %q: ) expected", p.peek().text)
		}
		return inner, nil
	}
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if p.accept(tokenWord, "IS") {
		operator := "IS NULL"
		if p.accept(tokenWord, "NOT") {
			operator = "IS NOT NULL"
		}
		return comparison{left: left, operator: operator}, p.keyword("NULL")
	}
	operator, err := p.operator()
	if err != nil {
		return nil, err
	}
	right, err := p.operand()
	return comparison{left: left, right: right, operator: operator}, err
}

func (p *queryParser) operator() (string, error) {
	switch {
	case p.accept(tokenSymbol, "="):
		return "=", nil
	case p.accept(tokenSymbol, "!="), p.accept(tokenSymbol, "<>"):
		return "!=", nil
	case p.accept(tokenWord, "LIKE"):
		return "LIKE", nil
	}
	return "", fmt.Errorf("syntax error near %q: comparison expected", p.peek().text)
}

func (p *queryParser) operand() (operand, error) {
	switch t := p.peek(); t.kind {
	case tokenString, tokenNumber:
		p.take()
		return operand{literal: t.text}, nil
	case tokenWord, tokenSymbol, tokenEnd:
	}
	column, err := p.word()
	return operand{column: column}, err
}

func (j junction) matches(values map[string]any) (bool, error) {
	for _, term := range j.terms {
		match, err := term.matches(values)
		if err != nil {
			return false, err
		}
		if match == j.any {
			return j.any, nil
		}
	}
	return !j.any, nil
}

func (j junction) check(columns []string) error {
	for _, term := range j.terms {
		if err := term.check(columns); err != nil {
			return err
		}
	}
	return nil
}

// matches compares as text. A null matches nothing but IS NULL, as in SQL. Equality minds the case; LIKE does not.
func (c comparison) matches(values map[string]any) (bool, error) {
	left, leftNull, err := c.left.resolve(values)
	if err != nil {
		return false, err
	}
	switch c.operator {
	case "IS NULL":
		return leftNull, nil
	case "IS NOT NULL":
		return !leftNull, nil
	}
	right, rightNull, err := c.right.resolve(values)
	if err != nil || leftNull || rightNull {
		return false, err
	}
	switch c.operator {
	case "LIKE":
		return likePattern(right).MatchString(left), nil
	case "!=":
		return left != right, nil
	}
	return left == right, nil
}

func (c comparison) check(columns []string) error {
	for _, o := range []operand{c.left, c.right} {
		if o.column != "" && !containsFold(columns, o.column) {
			return fmt.Errorf("no such column: %s", o.column)
		}
	}
	return nil
}

func (o operand) resolve(values map[string]any) (text string, null bool, err error) {
	if o.column == "" {
		return o.literal, false, nil
	}
	for name, value := range values {
		if strings.EqualFold(name, o.column) {
			return scalarText(value), value == nil, nil
		}
	}
	return "", false, fmt.Errorf("no such column: %s", o.column)
}

// likePattern translates a LIKE pattern: % is any run of characters, _ one character.
func likePattern(pattern string) *regexp.Regexp {
	quoted := strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("(?is)^" + quoted + "$")
}

// resolveColumns returns the table's spelling of the columns asked for.
func (t table) resolveColumns(asked []string) ([]string, error) {
	if slices.Equal(asked, []string{"*"}) {
		return t.columns, nil
	}
	var columns []string
	for _, name := range asked {
		i := slices.IndexFunc(t.columns, func(column string) bool { return strings.EqualFold(column, name) })
		if i < 0 {
			return nil, fmt.Errorf("no such column: %s", name)
		}
		columns = append(columns, t.columns[i])
	}
	return columns, nil
}

func containsFold(list []string, sought string) bool {
	return slices.ContainsFunc(list, func(item string) bool { return strings.EqualFold(item, sought) })
}
