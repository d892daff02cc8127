package supervisor

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a process of a shell. It is ready once it has made the file ready.
func script(t *testing.T, name, text string) *cluster.Process {
	dir := t.TempDir()
	return cluster.New(cluster.Spec{
		Name: name, Dir: dir, Path: "/bin/sh", Args: []string{"-c", text},
		Ready: func(context.Context) error { _, err := os.Stat(filepath.Join(dir, "ready")); return err },
	})
}

// lives is a script that goes on until it is told to end.
const lives = ": >ready; exec sleep 300"

// A trial is a supervisor that runs in a test.
type trial struct {
	stop    context.CancelFunc
	changes chan []Status
	newest  []Status // of those that await has seen
	ended   chan error
	log     strings.Builder // read after ended

	mu      sync.Mutex
	started []string
}

func run(t *testing.T, stages ...Stage) *trial {
	ctx, stop := context.WithCancel(t.Context())
	tr := &trial{stop: stop, changes: make(chan []Status, 100), ended: make(chan error, 1)}
	ready := func() {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.started = append(tr.started, "all")
	}
	go func() {
		tr.ended <- Run(ctx, stages, Options{
			Log: slog.New(slog.NewTextHandler(&tr.log, nil)),
			Started: func(name string, _ time.Duration) {
				tr.mu.Lock()
				defer tr.mu.Unlock()
				tr.started = append(tr.started, name)
			},
			Ready:   ready,
			Changed: func(list []Status) { tr.changes <- list },
		})
	}()
	return tr
}

// await returns the first status of a process that is as wanted.
func (tr *trial) await(t *testing.T, name string, is func(Status) bool) Status {
	t.Helper()
	bound := time.After(20 * time.Second)
	for {
		for _, s := range tr.newest {
			if s.Name == name && is(s) {
				return s
			}
		}
		select {
		case tr.newest = <-tr.changes:
		case err := <-tr.ended:
			t.Fatalf("it ended: %v", err)
		case <-bound:
			t.Fatalf("%s did not get there: %+v", name, tr.newest)
		}
	}
}

// end stops it and returns what it returned.
func (tr *trial) end() error {
	tr.stop()
	return <-tr.ended
}

// Stages and errands follow each other, and all end with the supervisor.
func TestStages(t *testing.T) {
	first, second := script(t, "first", lives), script(t, "second", lives)
	tr := run(t, Stage{Processes: []*cluster.Process{first}},
		Stage{Errand: script(t, "errand", "exit 0"), Processes: []*cluster.Process{second}})
	tr.await(t, "second", func(s Status) bool { return s.State == Ready && s.Pid != 0 && s.Starts == 1 })
	if err := tr.end(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(tr.started, " "); got != "first errand second all" {
		t.Errorf("what started: %s", got)
	}
	if first.Running() || second.Running() {
		t.Error("one runs on")
	}
}

// What is left of a start that fails, in whichever way: nothing.
func TestStartFails(t *testing.T) {
	for name, tt := range map[string]struct {
		second Stage
		want   string
	}{
		"process": {Stage{Processes: []*cluster.Process{script(t, "bad", "echo no such broker; exit 3")}}, "start bad: it ended before it was ready: exit status 3\nno such broker"},
		"errand":  {Stage{Errand: script(t, "migrate", "echo no such table; exit 4")}, "run migrate: exit status 4\nno such table"},
	} {
		t.Run(name, func(t *testing.T) {
			first := script(t, "first", lives)
			tr := run(t, Stage{Processes: []*cluster.Process{first}}, tt.second)
			if err := <-tr.ended; err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("it returned %v, want %s", err, tt.want)
			}
			if first.Running() {
				t.Error("the first runs on")
			}
			tr.stop()
		})
	}
}

// One that dies is started again, the others are left alone.
func TestKilled(t *testing.T) {
	one, other := script(t, "one", lives), script(t, "other", lives)
	tr := run(t, Stage{Processes: []*cluster.Process{one, other}})
	all := func(s Status) bool { return s.State == Ready }
	pid := tr.await(t, "one", all).Pid
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if s := tr.await(t, "one", func(s Status) bool { return s.State == Ready && s.Pid != pid }); s.Starts != 2 {
		t.Errorf("it was started %d times", s.Starts)
	}
	tr.await(t, "other", func(s Status) bool { return s.State == Ready && s.Starts == 1 })
	if err := tr.end(); err != nil {
		t.Fatal(err)
	}
	if log := tr.log.String(); !strings.Contains(log, `msg="ended by itself, and is started again" process=one`) || !strings.Contains(log, "signal: killed") {
		t.Errorf("the log does not say so:\n%s", log)
	}
}

// One that cannot be started again is tried until the end.
func TestCannotBeStartedAgain(t *testing.T) {
	p := script(t, "one", "test -e ready && exit 5; "+lives)
	tr := run(t, Stage{Processes: []*cluster.Process{p}})
	pid := tr.await(t, "one", func(s Status) bool { return s.State == Ready }).Pid
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		tr.await(t, "one", func(s Status) bool { return s.State == Starting })
		tr.await(t, "one", func(s Status) bool { return s.State == Down })
	}
	if err := tr.end(); err != nil {
		t.Fatal(err)
	}
	if log := tr.log.String(); !strings.Contains(log, "in=200ms") || !strings.Contains(log, "in=400ms") || !strings.Contains(log, "exit status 5") {
		t.Errorf("the log does not say so:\n%s", log)
	}
}

// Stopped while it starts: all end, and that it was is the error.
func TestGivenUp(t *testing.T) {
	first := script(t, "first", lives)
	tr := run(t, Stage{Processes: []*cluster.Process{first}}, Stage{Processes: []*cluster.Process{script(t, "never ready", "exec sleep 300")}})
	tr.await(t, "never ready", func(s Status) bool { return s.State == Starting })
	if err := tr.end(); !errors.Is(err, context.Canceled) {
		t.Errorf("it returned %v", err)
	}
	if first.Running() {
		t.Error("the first runs on")
	}
}

func TestPauseAfter(t *testing.T) {
	for _, tt := range []struct{ life, last, want time.Duration }{
		{0, 0, firstPause},
		{time.Second, firstPause, 2 * firstPause},
		{time.Second, 8 * time.Second, pauseBound},
		{time.Second, pauseBound, pauseBound},
		{longLife, pauseBound, firstPause}, // it had come to itself
	} {
		if got := pauseAfter(tt.life, tt.last); got != tt.want {
			t.Errorf("after a life of %v and a pause of %v: %v, want %v", tt.life, tt.last, got, tt.want)
		}
	}
}
