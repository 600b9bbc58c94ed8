package hostile_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oauth-operator/oauth-operator/test/schema"
)

// candidates are the characters that are tried: all of ASCII, and of the rest those that are known for mischief.
func candidates() []rune {
	var out []rune
	for c := range rune(utf8.RuneSelf) {
		out = append(out, c)
	}
	return append(out,
		'\u0085', '\u00a0', '\u1680', '\u2003', '\u2028', '\u2029', '\u3000', // blanks and ends of lines, of which RE2 and others think differently
		'\u00ad', '\u200b', '\u200d', '\u202e', '\u2066', '\ufeff', // nothing to be seen
		'é', 'ß', 'ſ', 'İ', 'ı', 'K', 'Å', 'ﬁ', 'ǅ', // upper and lower case that differ in length, or fold into ASCII
		'e', '\u0301', // a letter and an accent for it
		'漢', 'ع', '😀', '\U000e0001', '\ufffd', '\uffff', '\U0010ffff',
	)
}

// alphabet is what the CRD says of a text: how long it may be, and of which characters.
type alphabet struct {
	name     string
	min, max int
	patterns []*regexp.Regexp
	// head and tail are what a text is never without.
	head, tail string
}

// alphabets finds alphabets in the CRDs, and remembers which were asked for.
type alphabets struct {
	t     *testing.T
	nodes []schema.Node
	used  map[string]bool
}

func newAlphabets(t *testing.T) *alphabets {
	t.Helper()
	nodes, err := schema.Specs()
	if err != nil {
		t.Fatal(err)
	}
	return &alphabets{t: t, nodes: nodes, used: map[string]bool{}}
}

func (a *alphabets) node(kind, path string) schema.Node {
	a.t.Helper()
	at := slices.IndexFunc(a.nodes, func(n schema.Node) bool { return n.Kind == kind && n.Path == path })
	if at < 0 {
		a.t.Fatalf("%s has no %s", kind, path)
	}
	return a.nodes[at]
}

var (
	matches = regexp.MustCompile(`matches\(r?'([^']*)'\)`)
	sizes   = regexp.MustCompile(`size\(key\) <= (\d+)`)
)

// rulesOf adds what the rules of a place say: the patterns in them, and how long a key may be.
func (a *alphabet) rulesOf(n schema.Node) {
	if n.Pattern != "" {
		a.patterns = append(a.patterns, regexp.MustCompile(n.Pattern))
	}
	for _, v := range n.Validations {
		for _, found := range matches.FindAllStringSubmatch(v.Rule, -1) {
			a.patterns = append(a.patterns, regexp.MustCompile(found[1]))
		}
		if found := sizes.FindStringSubmatch(v.Rule); found != nil {
			a.max, _ = strconv.Atoi(found[1]) // digits
		}
	}
}

// of returns the alphabet of a field. Its texts begin with head and end in tail.
func (a *alphabets) of(kind, path, head, tail string) alphabet {
	a.t.Helper()
	n := a.node(kind, path)
	a.used[kind+" "+path] = true
	found := alphabet{name: kind + " " + path, min: 1, max: *n.MaxLength, head: head, tail: tail}
	if n.MinLength != nil {
		found.min = *n.MinLength
	}
	found.rulesOf(n)
	return found
}

// ofKeys returns the alphabet of the keys of a map, or of fields whose rules stand one level above.
func (a *alphabets) ofKeys(kind, path, head string, most int) alphabet {
	a.t.Helper()
	found := alphabet{name: "keys of " + kind + " " + path, min: 1, max: most, head: head}
	found.rulesOf(a.node(kind, path))
	return found
}

func (a alphabet) takes(text string) bool {
	return !slices.ContainsFunc(a.patterns, func(p *regexp.Regexp) bool { return !p.MatchString(text) })
}

// frame puts text where a text is free.
func (a alphabet) frame(text string) string { return a.head + text + a.tail }

func (a alphabet) room() int { return a.max - utf8.RuneCountInString(a.head+a.tail) }

// characters returns those that may stand inside of a text, between letters.
func (a alphabet) characters() string {
	var out strings.Builder
	for _, c := range candidates() {
		if a.takes(a.frame("a" + string(c) + "a")) {
			out.WriteRune(c)
		}
	}
	return out.String()
}

// each returns texts that have every character that is allowed, few and as long as can be. No label of a domain name ends in a dash, which patterns do not say.
func (a alphabet) each() []string {
	var out []string
	for piece := range slices.Chunk([]rune(a.characters()), a.room()-3) {
		out = append(out, a.frame("a"+strings.Replace(string(piece), "-.", "-a.", 1)+"a"))
	}
	return out
}

// shortest is a text of as few characters as are allowed.
func (a alphabet) shortest() string {
	for n := range a.max {
		for _, text := range []string{a.frame(strings.Repeat("a", n)), strings.Repeat("a", n)} {
			if utf8.RuneCountInString(text) >= a.min && a.takes(text) {
				return text
			}
		}
	}
	panic("nothing is allowed as " + a.name)
}

// longest is a text of as many characters as are allowed, most of them of as many bytes as can be; number tells one from another.
func (a alphabet) longest(number int) string {
	filler := "x"
	for _, c := range []string{"\U0010ffff", "Z", "z"} {
		if a.takes(a.frame("a" + c + "a")) {
			filler = c
			break
		}
	}
	body := fmt.Sprint("a", number, "a")
	body = body[:min(len(body), a.room())]
	return a.frame(strings.Repeat(filler, a.room()-len(body)) + body)
}

// manner is one way to fill in all fields.
type manner struct {
	name string
	// rounds is how many texts single fields have, one after the other.
	rounds int
	// one returns the text of a field in a round.
	one func(a alphabet, round int) string
	// many returns the texts of a list.
	many func(a alphabet) []string
}

func manners() []manner {
	const rounds = 2
	return []manner{
		{
			"the shortest", 1, func(a alphabet, _ int) string { return a.shortest() },
			func(a alphabet) []string { return []string{a.shortest()} },
		},
		{
			"the longest", 2, alphabet.longest,
			func(a alphabet) []string { return []string{a.longest(0), a.longest(1)} },
		},
		{
			"of each character", rounds, func(a alphabet, round int) string {
				texts := a.each()
				if len(texts) > rounds {
					panic(a.name + " has more texts than there are rounds")
				}
				return texts[round%len(texts)]
			}, alphabet.each,
		},
	}
}
