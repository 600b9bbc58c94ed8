package simulation_test

import "time"

const (
	// probes is the longest pause between two probes of a tenant that does not answer, with a second for the probe that is under way.
	probes = time.Minute + time.Second
	// seconds is by how much times may be off that are told in whole seconds: the expiry of a token, and the offset of the tenant's clock.
	seconds = 2 * time.Second
)

// absence is a time in which the tenant issues no token, because it fails, because its answers are lost, or because it has asked to be left alone.
type absence struct{ from, to time.Time }

// also adds an absence to others that began before it. One that begins before the last is over takes that one's place from then on; for those who
// wait for a token, it is all one.
func also(absences []absence, next absence) []absence {
	if n := len(absences); n > 0 && !next.from.After(absences[n-1].to) {
		absences[n-1].to = next.to
		return absences
	}
	return append(absences, next)
}

// excuses says whether the tenant's absence is why a token is too old at a time: the tenant was away when the token fell due, and has been until
// now, or until so shortly before now that nobody can have noticed that it is back. To find out takes a tenth of the time that the token had left,
// but not less than a second; for a token that has expired by then, it takes until the next probe.
func (a absence) excuses(now, renewal, expires time.Time) bool {
	noticed := a.to.Add(max(expires.Sub(a.to)/9, time.Second) + seconds) // a ninth of what is left is a tenth of what was left before that
	if !noticed.Before(expires) {
		noticed = a.to.Add(probes)
	}
	return a.from.Before(renewal.Add(seconds)) && !now.After(noticed)
}
