package identity

import (
	"context"
	"encoding/json"
	"strings"
)

const (
	opQuery = "Redrock/query"
	// pageSize is how many rows a page of a query has.
	pageSize = 1000
	// maxPages and maxRowBytes bound a query whose pages never end, or are all as long as can be. A row of ours has a few hundred bytes.
	maxPages    = 100
	maxRowBytes = 32 << 20
)

type queryRequest struct {
	Script string         `json:"Script"`
	Args   queryArguments `json:"Args"`
}

// queryArguments asks for a page. Caching -1 asks for rows that are not cached: an absence must be true now.
type queryArguments struct {
	PageNumber int `json:"PageNumber"`
	PageSize   int `json:"PageSize"`
	Limit      int `json:"Limit"`
	Caching    int `json:"Caching"`
}

// queryResult is the Result of a query. Members are raw or pointers, to tell missing ones from empty ones.
type queryResult struct {
	Results   []queryRow `json:"Results"`
	FullCount *int       `json:"FullCount"`
}

type queryRow struct {
	Row json.RawMessage `json:"Row"`
}

// query returns all rows that an SQL script yields, each decoded into R. No row means that there is none: anything
// that is not clearly an empty list is an error (Redrock/query).
func query[R any](ctx context.Context, c *Client, script string) ([]R, error) {
	var rows []R
	size := 0
	for number := 1; number <= maxPages && size <= maxRowBytes; number++ {
		next, err := queryPage[R](ctx, c, script, number)
		if err != nil {
			return nil, err
		}
		rows = append(rows, next.rows...)
		size += next.size
		// A short page is the last one, unless the tenant's own limit made it short.
		if len(next.rows) == 0 || len(next.rows) < pageSize && len(rows) >= next.total {
			return rows, nil
		}
	}
	return nil, unexpected(opQuery, "pages without end")
}

// page is one page of rows.
type page[R any] struct {
	rows []R
	// size of the rows in bytes, as they came.
	size int
	// total is how many rows all pages have together, 0 if the tenant does not say.
	total int
}

// queryPage returns one page, by its number from 1.
func queryPage[R any](ctx context.Context, c *Client, script string, number int) (page[R], error) {
	request := queryRequest{
		Script: script,
		Args:   queryArguments{PageNumber: number, PageSize: pageSize, Limit: pageSize, Caching: -1},
	}
	var result queryResult
	if err := c.callInto(ctx, opQuery, request, &result); err != nil {
		return page[R]{}, err
	}
	if result.Results == nil && (result.FullCount == nil || *result.FullCount != 0) {
		return page[R]{}, unexpected(opQuery, "no list of results")
	}
	read := page[R]{rows: make([]R, len(result.Results))}
	for i, r := range result.Results {
		if isNull(r.Row) || json.Unmarshal(r.Row, &read.rows[i]) != nil {
			return page[R]{}, unexpected(opQuery, "a row of another shape")
		}
		read.size += len(r.Row)
	}
	if result.FullCount != nil {
		read.total = *result.FullCount
	}
	return read, nil
}

// keyRow is a row of which only the key matters.
type keyRow struct {
	ID string `json:"ID"`
}

// exists asks with a query whether table has a row with this ID.
func (c *Client) exists(ctx context.Context, table, id string) (bool, error) {
	rows, err := query[keyRow](ctx, c, "SELECT ID FROM "+table+" WHERE ID="+quote(id))
	return len(rows) > 0, err
}

// quote returns s as an SQL string literal.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
