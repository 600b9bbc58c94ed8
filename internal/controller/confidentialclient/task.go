package confidentialclient

import (
	"cmp"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/internal/report"
)

// task is a part of a pass that keeps no token from being renewed when it fails: that is told, and it is tried again by itself.
type task struct {
	// err is what keeps it from being done; nil when it was done, or when there was nothing to do.
	err error
	// retry is when it is tried again; zero when something wakes the object.
	retry time.Time
}

// kindOfTask names a task.
type kindOfTask string

const (
	// taskIdentity brings the user to what the spec asks for, or looks at it.
	taskIdentity kindOfTask = "identity"
	// taskRotation replaces the credential.
	taskRotation kindOfTask = "rotation"
	// taskRetirement deletes the user that another one has replaced.
	taskRetirement kindOfTask = "retirement"
)

func kindsOfTask() []kindOfTask { return []kindOfTask{taskIdentity, taskRotation, taskRetirement} }

// taskKey is what Retries knows a task by.
func taskKey(owner types.UID, kind kindOfTask) string { return string(owner) + "/" + string(kind) }

// failures returns what keeps the tasks from being done, by the most basic of them; nil for nothing.
func (p *pass) failures() error {
	var err error
	for _, kind := range kindsOfTask() {
		err = cmp.Or(err, p.tasks[kind].err)
	}
	return err
}

// retries returns when the tasks that failed are tried again.
func (p *pass) retries() []time.Time {
	var moments []time.Time
	for _, kind := range kindsOfTask() {
		moments = append(moments, p.tasks[kind].retry)
	}
	return moments
}

// try does a task, unless the tenant has refused it and it is not due again. It returns what is wrong with the cluster; how the task has ended
// is noted.
func (p *pass) try(kind kindOfTask, doing string, do func() error) error {
	key, attempt := taskKey(p.obj.UID, kind), p.attemptFor(string(kind))
	due, refused := p.Retries.Refusal(key, attempt, p.Clock.Now())
	if refused != nil {
		p.tasks[kind] = task{err: refused, retry: due}
		return nil //nolint:nilerr // it is noted
	}
	err := do()
	switch {
	case err == nil:
		p.Retries.Succeeded(key)
		return nil
	case report.FromCluster(err):
		return err
	}
	if doing != "" {
		err = fmt.Errorf("%s: %w", doing, err)
	}
	p.tasks[kind] = task{err: err, retry: p.backOff(key, attempt, err, 0)}
	return nil
}
