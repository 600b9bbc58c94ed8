package resilience

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
)

// Point is one place at which the operator is broken, in one way.
type Point struct {
	Scenario Scenario
	Break    Break
	// Effect at which it is broken.
	Effect Effect
}

// String names the point.
func (p Point) String() string {
	if p.Break.Late > 0 {
		return fmt.Sprintf("%s at %d, %s, which happens at %d of the next process", p.Break.Fault, p.Break.At, p.Effect, p.Break.Late)
	}
	return fmt.Sprintf("%s at %d, %s", p.Break.Fault, p.Break.At, p.Effect)
}

// Seed decides what is left to chance: when an effect that is late happens, and which points are a sample.
type Seed int64

// rank returns a number that is as good as random, and always the same for the same seed and texts.
func (s Seed) rank(texts ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, int64(s), texts)
	return h.Sum64()
}

// Points returns every boundary of a scenario with every fault that it can meet.
func (s Seed) Points(scenario Scenario, rehearsal Rehearsal) []Point {
	var points []Point
	for i, e := range rehearsal.Effects {
		for _, fault := range Faults() {
			if !fault.AppliesTo(e) || scenario.Meanwhile != nil && !fault.Ends() {
				continue // a process that lives on would be at its end before anything happens meanwhile
			}
			points = append(points, Point{Scenario: scenario, Effect: e, Break: Break{At: i + 1, Fault: fault}})
			if fault == LeaderLost {
				const soon = 6
				late := 1 + int(s.rank(scenario.Name, i)%soon)
				points = append(points, Point{Scenario: scenario, Effect: e, Break: Break{At: i + 1, Fault: fault, Late: late}})
			}
		}
	}
	return points
}

// Sample returns so many of the points for each fault, always the same for the same seed.
func (s Seed) Sample(points []Point, each int) []Point {
	var chosen []Point
	for _, fault := range Faults() {
		of := slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return p.Break.Fault != fault })
		slices.SortFunc(of, func(a, b Point) int { return cmp.Compare(s.rank(a.Scenario.Name, a), s.rank(b.Scenario.Name, b)) })
		chosen = append(chosen, of[:min(each, len(of))]...)
	}
	return chosen
}
