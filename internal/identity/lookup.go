package identity

import "strings"

// single picks the row with this name, in any case, from the rows of a query by name. The query's own comparison
// is not trusted. Rows without a key are an error: nothing could be done with them.
func single[R any](rows []R, name string, identify func(R) (key, name string)) (R, bool, error) {
	var match R
	found := false
	for _, row := range rows {
		key, rowName := identify(row)
		switch {
		case !strings.EqualFold(rowName, name):
		case key == "":
			return *new(R), false, unexpected(opQuery, "a row without a key")
		case found:
			return *new(R), false, unexpected(opQuery, "several rows of one name")
		default:
			match, found = row, true
		}
	}
	return match, found, nil
}
