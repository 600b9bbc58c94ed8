package redrock

import (
	"fmt"
	"strings"
)

// lexeme is one element of the text of a query.
type lexeme struct {
	kind lexemeKind
	text string // of a string without its quotes
}

type lexemeKind int

const (
	lexemeEnd lexemeKind = iota
	lexemeName
	lexemeKeyword // text in upper case
	lexemeString
	lexemeNumber
	lexemeSymbol
)

// isKeyword tells the words, in upper case, that are no names.
func isKeyword(word string) bool {
	switch word {
	case "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "LIKE", "IN", "IS", "NULL", "TRUE", "FALSE", "ORDER", "BY", "ASC",
		"DESC", "LIMIT", "OFFSET":
		return true
	}
	return false
}

// scan splits text into lexemes. The last one is the end. A semicolon at the end is left out.
func scan(text string) ([]lexeme, error) {
	var lexemes []lexeme
	text = strings.TrimSuffix(strings.TrimRight(text, " \t\r\n"), ";")
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" {
			return append(lexemes, lexeme{kind: lexemeEnd}), nil
		}
		var found lexeme
		var rest string
		switch c := text[0]; {
		case c == '\'':
			content, after, err := quoted(text)
			if err != nil {
				return nil, err
			}
			found, rest = lexeme{kind: lexemeString, text: content}, after
		case isDigit(c):
			end := run(text, isDigit)
			found, rest = lexeme{kind: lexemeNumber, text: text[:end]}, text[end:]
		case isLetter(c):
			end := run(text, func(c byte) bool { return isLetter(c) || isDigit(c) })
			found, rest = lexeme{kind: lexemeName, text: text[:end]}, text[end:]
			if upper := strings.ToUpper(found.text); isKeyword(upper) {
				found = lexeme{kind: lexemeKeyword, text: upper}
			}
		default:
			symbol := symbolOf(text)
			if symbol == "" {
				return nil, fmt.Errorf("unrecognized token near %q", excerpt(text))
			}
			found, rest = lexeme{kind: lexemeSymbol, text: symbol}, text[len(symbol):]
		}
		lexemes, text = append(lexemes, found), rest
	}
}

// quoted takes a string off the beginning of text.
func quoted(text string) (content, rest string, err error) {
	var b strings.Builder
	for rest = text[1:]; ; {
		end := strings.IndexByte(rest, '\'')
		if end < 0 {
			return "", "", fmt.Errorf("unclosed string near %q", excerpt(text))
		}
		b.WriteString(rest[:end])
		rest = rest[end+1:]
		if !strings.HasPrefix(rest, "'") {
			return b.String(), rest, nil
		}
		b.WriteByte('\'')
		rest = rest[1:]
	}
}

// symbolOf returns the symbol at the beginning of text; empty when there is none.
func symbolOf(text string) string {
	for _, symbol := range []string{"<>", "!=", "=", ",", ".", "*", "(", ")"} {
		if strings.HasPrefix(text, symbol) {
			return symbol
		}
	}
	return ""
}

// run returns how many bytes at the beginning of text are in the class.
func run(text string, class func(byte) bool) int {
	end := 0
	for end < len(text) && class(text[end]) {
		end++
	}
	return end
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c == '_' || (c|0x20 >= 'a' && c|0x20 <= 'z') }

// excerpt is the beginning of a text, for messages.
func excerpt(text string) string { return text[:min(len(text), 20)] }
