package resilience

// Fault is how the operator is broken at an effect.
type Fault string

// The faults. Those that end the process let another one take its place, which remembers nothing.
const (
	// CrashBefore ends the process before the effect.
	CrashBefore Fault = "crash before"
	// CrashAfter ends the process after the effect, before it hears of it.
	CrashAfter Fault = "crash after"
	// ErrorBefore answers with a failure, without the effect.
	ErrorBefore Fault = "error before"
	// AnswerLost lets the effect happen and drops the connection.
	AnswerLost Fault = "answer lost"
	// Conflict answers a write to kube-apiserver that somebody else was faster, without the effect.
	Conflict Fault = "conflict"
	// StaleCache keeps from the cache what a write to kube-apiserver has changed, and all later changes of objects of that kind, until every object was
	// looked at and nothing is due.
	StaleCache Fault = "stale cache"
	// LeaderLost ends the process while the effect is on its way. It happens late: between two effects of the next process, or 20 seconds after the end
	// of the first.
	LeaderLost Fault = "leader lost"
)

// Faults returns all faults.
func Faults() []Fault {
	return []Fault{CrashBefore, CrashAfter, ErrorBefore, AnswerLost, Conflict, StaleCache, LeaderLost}
}

// Ends says whether the fault ends the process.
func (f Fault) Ends() bool { return f == CrashBefore || f == CrashAfter || f == LeaderLost }

// AppliesTo says whether an effect can meet the fault. A call that only reads can do no more than fail: a process that ends there ends before the
// next effect.
func (f Fault) AppliesTo(e Effect) bool {
	switch {
	case e.Reads:
		return f == ErrorBefore
	case f == Conflict, f == StaleCache:
		return !e.OnTenant && (f == StaleCache || !e.creates())
	}
	return true
}

// creates says whether the effect makes an object in the cluster: nobody else can have written that.
func (e Effect) creates() bool { return !e.OnTenant && e.object == "" }
