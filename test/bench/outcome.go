package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// outcome is what a run has found out.
type outcome struct {
	Date time.Time `json:"date"`
	// Size is the name of the size.
	Size    string  `json:"size"`
	Machine machine `json:"machine"`
	// Seconds that the whole run has taken, and each of the Scenarios, with what it needs first.
	Seconds   float64  `json:"seconds"`
	Scenarios []taken  `json:"scenarios"`
	Figures   []figure `json:"figures"`
}

// taken is how long a scenario has taken.
type taken struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// figure is one thing that was measured.
type figure struct {
	Scenario string  `json:"scenario"`
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	// Most that the value may be; nil without a target.
	Most *float64 `json:"most,omitempty"`
	// Met says whether the target was met; nil without one.
	Met *bool `json:"met,omitempty"`
}

// tell adds a figure without a target.
func (b *bench) tell(name string, value float64, unit string) { b.note(name, value, unit, nil) }

// judge adds a figure that is to be at most so much.
func (b *bench) judge(name string, value float64, unit string, most float64) {
	b.note(name, value, unit, &most)
}

func (b *bench) note(name string, value float64, unit string, most *float64) {
	f := figure{Scenario: b.scenario, Name: name, Value: round(value), Unit: unit, Most: most}
	if most != nil {
		met := f.Value <= *most
		f.Met = &met
	}
	b.report.Figures = append(b.report.Figures, f)
	b.Say("%s", f)
}

// round keeps what can be measured: four digits, and no fraction of large numbers.
func round(value float64) float64 {
	if value == 0 || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(value))))
	return math.Round(value*scale) / scale
}

// String is the figure on one line.
func (f figure) String() string {
	text := fmt.Sprintf("%s: %v %s", f.Name, f.Value, f.Unit)
	if f.Most != nil {
		text += fmt.Sprintf(" (at most %v: %s)", *f.Most, f.verdict())
	}
	return text
}

func (f figure) verdict() string {
	switch {
	case f.Met == nil:
		return ""
	case *f.Met:
		return "met"
	}
	return "MISSED"
}

// table is the outcome for people.
func (r *outcome) table() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, size %s, %s, %.0f s\n\n", r.Date.Format(time.DateTime), r.Size, r.Machine, r.Seconds)
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SCENARIO\tFIGURE\tVALUE\tUNIT\tTARGET\t")
	for _, f := range r.Figures {
		most := ""
		if f.Most != nil {
			most = fmt.Sprintf("at most %v", *f.Most)
		}
		fmt.Fprintf(w, "%s\t%s\t%v\t%s\t%s\t%s\n", f.Scenario, f.Name, f.Value, f.Unit, most, f.verdict())
	}
	_ = w.Flush() // of a strings.Builder, which does not fail
	text.WriteString("\nSeconds taken:")
	for _, s := range r.Scenarios {
		fmt.Fprintf(&text, " %s %.0f", s.Name, s.Seconds)
	}
	text.WriteString("\n")
	return text.String()
}

// write stores the outcome as JSON.
func (r *outcome) write(path string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the figures: %w", err)
	}
	if err := os.WriteFile(path, append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	return nil
}
