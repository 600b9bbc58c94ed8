package process_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oauth-operator/oauth-operator/test/controlplane/process"
)

// TestMain doubles as a program that starts a child and dies without a word, for the test of the watchdog.
func TestMain(m *testing.M) {
	if directory := os.Getenv("DIE_IN"); directory != "" {
		dieWithoutAWord(directory)
	}
	os.Exit(m.Run())
}

func dieWithoutAWord(directory string) {
	guard, err := process.NewGuard(directory)
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"one", "two"} {
		_, err := guard.Start(process.Command{
			Name: name, Path: "/bin/sh", Log: filepath.Join(directory, name+".log"),
			Args: []string{"-c", `trap '' TERM; echo $$ >"$0.part"; mv "$0.part" "$0"; while :; do sleep 1; done`, filepath.Join(os.Getenv("PIDS_IN"), name)},
		})
		if err != nil {
			panic(err)
		}
	}
	select {}
}

func TestGuard_kills_what_is_left_when_its_process_is_killed(t *testing.T) {
	directory, pids := filepath.Join(t.TempDir(), "guarded"), t.TempDir()
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "DIE_IN="+directory, "PIDS_IN="+pids)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var children []int
	for _, name := range []string{"one", "two"} {
		eventually(t, func() error {
			content, err := os.ReadFile(filepath.Join(pids, name))
			if err != nil {
				return err
			}
			pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
			children = append(children, pid)
			return err
		})
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	for _, pid := range children {
		eventually(t, func() error { return gone(pid) })
	}
	eventually(t, func() error {
		if _, err := os.Stat(directory); !errors.Is(err, os.ErrNotExist) {
			return errors.New("the directory is still there")
		}
		return nil
	})
}

func TestGuard_that_is_closed_kills_nothing_and_keeps_the_directory(t *testing.T) {
	directory := t.TempDir()
	guard := newGuard(t, directory)
	p := start(t, guard, "exec sleep 60")

	if err := guard.Close(); err != nil {
		t.Fatal(err)
	}

	select {
	case <-p.Done():
		t.Error("the process has ended")
	default:
	}
	if _, err := os.Stat(directory); err != nil {
		t.Error(err)
	}
	_ = p.Stop(time.Second)
}

func TestGuard_wraps_a_program_that_somebody_else_starts(t *testing.T) {
	guard := newGuard(t, t.TempDir())
	defer guard.Close()
	script, err := guard.Wrap("/bin/echo")
	if err != nil {
		t.Fatal(err)
	}
	got, err := exec.CommandContext(t.Context(), script, "two words", "it's").Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := "two words it's\n"; string(got) != want {
		t.Errorf("output is %q, want %q", got, want)
	}
}

func TestProcess_that_ignores_the_request_to_end_is_killed_with_its_children(t *testing.T) {
	guard := newGuard(t, t.TempDir())
	defer guard.Close()
	p := start(t, guard, `trap '' TERM; echo ready; while :; do sleep 1; done`)
	if err := p.WaitFor(t.Context(), func(context.Context) error {
		if !strings.Contains(p.LastLines(1), "ready") {
			return errors.New("not ready")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}

	err := p.Stop(100 * time.Millisecond)

	if want := "test program did not end within 100ms and was killed"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestProcess_that_ends_too_early_is_reported_with_its_last_lines(t *testing.T) {
	guard := newGuard(t, t.TempDir())
	defer guard.Close()
	p := start(t, guard, `echo first; echo last; exit 3`)

	err := p.WaitFor(t.Context(), func(context.Context) error { return errors.New("not ready") })

	want := "test program ended before it was ready (exit status 3)\nfirst\nlast"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	if err := p.Stop(time.Second); err != nil {
		t.Errorf("stopping it then: %v", err)
	}
}

func newGuard(t *testing.T, directory string) *process.Guard {
	t.Helper()
	guard, err := process.NewGuard(directory)
	if err != nil {
		t.Fatal(err)
	}
	return guard
}

func start(t *testing.T, guard *process.Guard, script string) *process.Process {
	t.Helper()
	p, err := guard.Start(process.Command{
		Name: "test program", Path: "/bin/sh", Args: []string{"-c", script}, Log: filepath.Join(t.TempDir(), "log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// gone returns nil when no process has that ID, or when it waits only for somebody to ask for its exit status.
func gone(pid int) error {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return nil
	}
	if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil && strings.Contains(string(stat), ") Z ") {
		return nil
	}
	return errors.New("the process " + strconv.Itoa(pid) + " is still there")
}

func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal(err)
		}
	}
}

func TestProcess_that_is_killed_has_no_time_to_do_anything(t *testing.T) {
	guard := newGuard(t, t.TempDir())
	defer guard.Close()
	p := start(t, guard, `trap 'echo goodbye' TERM EXIT; echo ready; while :; do sleep 1; done`)
	if err := p.WaitFor(t.Context(), func(context.Context) error {
		if !strings.Contains(p.LastLines(1), "ready") {
			return errors.New("not ready")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}

	p.Kill()

	select {
	case <-p.Done():
	default:
		t.Error("it has not ended")
	}
	if last := p.LastLines(1); last != "ready" {
		t.Errorf("it has printed %q", last)
	}
}
