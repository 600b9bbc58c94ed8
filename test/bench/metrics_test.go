package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadSeries(t *testing.T) {
	const text = `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{verb="GET",resource="secrets",subresource=""} 12
requests_total{verb="PATCH",resource="scopes",subresource="status"} 3e+02
requests_total_other{verb="GET"} 7
requests 1
`
	cases := map[string]struct {
		metric string
		want   []map[string]string
		values []float64
	}{
		"series have labels and a value": {
			metric: "requests_total",
			want: []map[string]string{
				{"verb": "GET", "resource": "secrets", "subresource": ""}, {"verb": "PATCH", "resource": "scopes", "subresource": "status"},
			},
			values: []float64{12, 300},
		},
		"an unknown metric is without series": {metric: "requests_totals"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			found, err := readSeries(strings.NewReader(text), tc.metric)
			if err != nil {
				t.Fatal(err)
			}
			var labels []map[string]string
			var values []float64
			for _, s := range found {
				labels, values = append(labels, s.labels), append(values, s.value)
			}
			if diff := cmp.Diff(tc.want, labels); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.values, values); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
}
