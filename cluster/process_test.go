package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// prometheus is a real engine that starts in a moment.
func prometheus(t *testing.T) *Process {
	t.Helper()
	bin, err := InstallPrometheus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	port, err := loopback.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	p := Prometheus(bin, t.TempDir(), port)
	if err := os.WriteFile(filepath.Join(p.Dir, "prometheus.yml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endOf(t, p) })
	return p
}

// endOf ends a process with its test.
func endOf(t *testing.T, p *Process) {
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.Logf("the log of %s:\n%s", p.Name, p.Log())
	}
}

func start(t *testing.T, p interface{ Start(context.Context) error }) {
	t.Helper()
	began := time.Now()
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("started in %v", time.Since(began).Round(10*time.Millisecond))
}

// free fails the test unless a process left its folder and its ports.
func free(t *testing.T, p *Process) {
	t.Helper()
	if p.Running() {
		t.Errorf("%s runs", p.Name)
	}
	lock, err := lockFolder(p.Dir)
	if err != nil {
		t.Errorf("%s left its lock: %v", p.Name, err)
	} else {
		lock.Close()
	}
	for _, port := range p.Ports {
		if err := loopback.IsFree(port); err != nil {
			t.Error(err)
		}
	}
}

func TestKilledAndStartedAgain(t *testing.T) {
	p := prometheus(t)
	start(t, p)
	first := p.Pid()
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.Exited()
	free(t, p)
	start(t, p)
	if p.Pid() == first {
		t.Error("it is the same process")
	}
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	free(t, p)
	if err := errors.Join(p.Stop(t.Context()), p.Kill(), p.Freeze()); err != nil {
		t.Errorf("of one that has ended: %v", err)
	}
}

func TestFrozen(t *testing.T) {
	p := prometheus(t)
	start(t, p)
	if err := p.Freeze(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := p.Ready(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("frozen, it says %v", err)
	}
	if err := p.Thaw(); err != nil {
		t.Fatal(err)
	}
	if err := p.Ready(t.Context()); err != nil {
		t.Errorf("thawed, it says %v", err)
	}
	if err := errors.Join(p.Freeze(), p.Stop(t.Context())); err != nil {
		t.Errorf("stopping one that is frozen: %v", err)
	}
	free(t, p)
}

// A second process on the folder or the port of a first is refused, by name.
func TestInUse(t *testing.T) {
	p := prometheus(t)
	start(t, p)
	again := New(p.Spec)
	if err := again.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "folder "+p.Dir+" is in use") {
		t.Errorf("on the same folder: %v", err)
	}
	elsewhere := p.Spec
	elsewhere.Dir = t.TempDir()
	other := New(elsewhere)
	if err := other.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "port "+strconv.Itoa(p.Ports[0])+" is in use") {
		t.Errorf("on the same port: %v", err)
	}
	free(t, &Process{Spec: Spec{Name: "the second", Dir: elsewhere.Dir}})
	if err := p.Ready(t.Context()); err != nil {
		t.Errorf("the first was disturbed: %v", err)
	}
}

// What a start that fails leaves behind: nothing, and the reason in its error.
func TestStartFails(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	never := func(context.Context) error { return errors.New("not yet") }
	for name, tt := range map[string]struct {
		change func(*Spec)
		ctx    context.Context
		want   string
	}{
		"ends":       {func(s *Spec) { s.Args = []string{"--config.file=missing"} }, t.Context(), "missing: no such file"},
		"not ready":  {func(s *Spec) { s.Ready, s.Patience = never, 300*time.Millisecond }, t.Context(), "not ready within 300ms; last: not yet"},
		"given up":   {func(s *Spec) { s.Ready = never }, cancelled, "context canceled"},
		"no program": {func(s *Spec) { s.Path = filepath.Join(s.Dir, "nothing") }, t.Context(), "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			s := prometheus(t).Spec
			tt.change(&s)
			p := New(s)
			if err := p.Start(tt.ctx); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("starting it returned %v, want %s", err, tt.want)
			}
			free(t, p)
		})
	}
}

// An engine does not end by itself after SIGTERM in time: it is killed.
func TestStopBound(t *testing.T) {
	p := New(Spec{
		Name: "deaf", Dir: t.TempDir(), Path: "/bin/sh", Grace: 50 * time.Millisecond,
		Args: []string{"-c", `trap "" TERM; : >deaf; exec sleep 300`},
	})
	p.Ready = func(context.Context) error { _, err := os.Stat(filepath.Join(p.Dir, "deaf")); return err }
	start(t, p)
	if err := p.Stop(t.Context()); err == nil || !strings.Contains(err.Error(), "did not end within 50ms") {
		t.Errorf("stopping it returned %v", err)
	}
	free(t, p)
}

// Engines end with the process that started them, killed or not, and so does the
// lock of the folder.
func TestEndsWithItsStarter(t *testing.T) {
	const named = "HUBBUB_CLUSTER_STARTER"
	if dir := os.Getenv(named); dir != "" {
		// By way of a change of privileges, which could forget whose end it ends with.
		path, args := unlockedMemory("/bin/sleep", []string{"300"})
		p := New(Spec{Name: "engine", Dir: dir, Path: path, Args: args})
		p.Ready = func(context.Context) error {
			if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", p.Pid())); string(name) != "sleep\n" {
				return fmt.Errorf("it is %s, %v", name, err)
			}
			return nil
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	starter := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	starter.Env = append(os.Environ(), named+"="+dir)
	if err := starter.Run(); starter.ProcessState.Exited() {
		t.Fatalf("it was not killed: %v", err)
	}
	lock, err := awaitFolder(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	lock.Close()
}

func TestFreePorts(t *testing.T) {
	list, err := loopback.FreePorts(100)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]bool)
	for _, port := range list {
		if seen[port] || port < 15000 || port >= 32768 {
			t.Errorf("port %d was handed out", port)
		}
		seen[port] = true
	}
	l, err := net.Listen("tcp", loopback.Address(list[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := loopback.IsFree(list[0]); err == nil || !strings.Contains(err.Error(), strconv.Itoa(list[0])) {
		t.Errorf("of a port in use: %v", err)
	}
}
