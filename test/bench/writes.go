package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// writes are requests that change something, by verb and resource such as "PATCH confidentialclients/status", as kube-apiserver counts them. Leases
// are not among them, and Events, which are sent beside a pass and may be dropped, are part of no budget.
type writes map[string]int

const postEvents = "POST events"

// reads are requests for one object, likewise: those that go past the cache.
type reads = writes

// requests returns what all clients have written and read so far.
func (b *bench) requests(ctx context.Context) (writes, reads, error) {
	text, err := b.rest.Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("asking kube-apiserver for its metrics: %w", err)
	}
	all, err := readSeries(bytes.NewReader(text), "apiserver_request_total")
	if err != nil {
		return nil, nil, err
	}
	written, read := writes{}, reads{}
	for _, s := range all {
		counted := written
		switch s.labels["verb"] {
		case "GET":
			counted = read
		case "LIST", "WATCH", "CONNECT":
			continue
		}
		switch resource := s.labels["resource"]; resource {
		case "confidentialclients", "oauthclients", "scopes", "identitytenants", "secrets", "configmaps", "events":
			if s.labels["subresource"] != "" {
				resource += "/" + s.labels["subresource"]
			}
			counted[s.labels["verb"]+" "+resource] += int(s.value)
		}
	}
	return written, read, nil
}

// since returns what was written after earlier, without the tenant's own status, which counts its dependents at most once a minute.
func (w writes) since(earlier writes) writes {
	later := writes{}
	for what, n := range w {
		if n -= earlier[what]; n != 0 && !strings.HasSuffix(what, "identitytenants/status") {
			later[what] = n
		}
	}
	return later
}

func (w writes) total() int {
	total := 0
	for what, n := range w {
		if what != postEvents {
			total += n
		}
	}
	return total
}

// String lists the writes by name.
func (w writes) String() string {
	var text []string
	for _, what := range slices.Sorted(maps.Keys(w)) {
		text = append(text, fmt.Sprintf("%s: %d", what, w[what]))
	}
	return strings.Join(text, ", ")
}
