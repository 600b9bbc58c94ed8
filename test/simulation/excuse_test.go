package simulation_test

import (
	"testing"
	"time"
)

func TestOnlyATenantThatIsAwayExcuses(t *testing.T) {
	begin := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	at := begin.Add
	away := absence{at(0), at(time.Hour)}
	for name, tc := range map[string]struct {
		now, renewal, expires time.Time
		excused               bool
	}{
		"it is away since the token fell due":               {now: at(50 * time.Minute), renewal: at(time.Minute), expires: at(55 * time.Minute), excused: true},
		"it went when the token had fallen due":             {now: at(50 * time.Minute), renewal: at(-3 * time.Second), expires: at(55 * time.Minute)},
		"it is back, and a tenth has not passed":            {now: at(time.Hour + 10*time.Second), renewal: at(0), expires: at(time.Hour + 100*time.Second), excused: true},
		"it is back, and a tenth has passed":                {now: at(time.Hour + 14*time.Second), renewal: at(0), expires: at(time.Hour + 100*time.Second)},
		"it is back, and probed at any moment":              {now: at(time.Hour + time.Minute), renewal: at(0), expires: at(time.Hour), excused: true},
		"it is back, and the longest pause has passed":      {now: at(time.Hour + 2*time.Minute), renewal: at(0), expires: at(time.Hour)},
		"it is back, and the token expires within a second": {now: at(time.Hour + time.Minute), renewal: at(0), expires: at(time.Hour + time.Second), excused: true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := away.excuses(tc.now, tc.renewal, tc.expires); got != tc.excused {
				t.Errorf("excused: %t", got)
			}
		})
	}
}

func TestTroublesWithoutAGapAreOneAbsence(t *testing.T) {
	begin := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	at := begin.Add
	var absences []absence
	for _, next := range []absence{
		{at(0), at(time.Hour)},
		{at(10 * time.Minute), at(20 * time.Minute)}, // the first trouble ends with it
		{at(20 * time.Minute), at(30 * time.Minute)},
		{at(31 * time.Minute), at(40 * time.Minute)},
	} {
		absences = also(absences, next)
	}
	if len(absences) != 2 || absences[0] != (absence{at(0), at(30 * time.Minute)}) || absences[1] != (absence{at(31 * time.Minute), at(40 * time.Minute)}) {
		t.Errorf("the absences are %v", absences)
	}
}
