package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// series is one line of metrics in Prometheus's text format.
type series struct {
	labels map[string]string
	value  float64
}

// readSeries returns the series of a metric. Its label values must not hold quotes or commas, as those of counters of requests do not.
func readSeries(r io.Reader, metric string) ([]series, error) {
	var found []series
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), metric+"{")
		if !ok {
			continue
		}
		inside, number, ok := strings.Cut(rest, "} ")
		if !ok {
			continue
		}
		value, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return nil, fmt.Errorf("reading metric %s: %w", metric, err)
		}
		s := series{labels: map[string]string{}, value: value}
		for pair := range strings.SplitSeq(inside, ",") {
			name, quoted, _ := strings.Cut(pair, "=")
			s.labels[name] = strings.Trim(quoted, `"`)
		}
		found = append(found, s)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading metric %s: %w", metric, err)
	}
	return found, nil
}
