package environment

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	// tail is how many bytes at the end of a secret make it worth a closer look. Tokens begin alike, and end in a signature.
	tail = 16
	// stride is how far the search goes at a time. Wherever a tail stands, one of the pieces of that length at which the search looks is within it.
	stride = 8
)

// needle is a spelling of a secret.
type needle struct {
	what, text string
	// end is how many bytes of it come after the piece by which it is found.
	end int
}

// shown returns which of the secrets a text has, as they are or in a spelling that somebody might write. A fleet has thousands of them, and a long log: it is read
// once, a piece in each stride, for all that are long enough.
func shown(text string, secrets map[string]string) []string {
	found := map[string]bool{}
	byPiece := map[uint64][]needle{}
	for what, secret := range secrets {
		for _, spelling := range spellings(secret) {
			n := len(spelling)
			if n < tail {
				found[what] = found[what] || n > 0 && strings.Contains(text, spelling)
				continue
			}
			for at := n - tail; at < n-tail+stride; at++ {
				piece := pieceAt(spelling, at)
				byPiece[piece] = append(byPiece[piece], needle{what: what, text: spelling, end: n - at})
			}
		}
	}
	if len(byPiece) > 0 {
		for at := 0; at+stride <= len(text); at += stride {
			for _, n := range byPiece[pieceAt(text, at)] {
				if end := at + n.end; end <= len(text) && strings.HasSuffix(text[:end], n.text) {
					found[n.what] = true
				}
			}
		}
	}
	var out []string
	for what, is := range found {
		if is {
			out = append(out, what)
		}
	}
	slices.Sort(out)
	return out
}

// pieceAt returns the bytes from there as a number. It is written out because the race detector slows down a copy of them many times.
func pieceAt(s string, at int) uint64 {
	p := s[at : at+stride]
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 | uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
}

// spellings returns a secret as it is, as it stands within JSON, within quotes of Go and in a URL, and as Base64.
func spellings(secret string) []string {
	out := []string{
		secret, unquoted(strconv.Quote(secret)), url.QueryEscape(secret), url.PathEscape(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	if raw, err := json.Marshal(secret); err == nil {
		out = append(out, unquoted(string(raw)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func unquoted(s string) string { return s[1 : len(s)-1] }
