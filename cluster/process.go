package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// A Spec says what to run, and how one sees that it is ready.
type Spec struct {
	Name string // what errors call it, and the log: Dir/Name.log
	// Dir is the process's folder, where it works and keeps its data. It is made if it
	// is missing, and locked for as long as the process lives.
	Dir   string
	Path  string   // the binary
	Args  []string // without the binary
	Env   []string // NAME=value, beside the environment of this process
	Ports []int    // of loopback, which it will listen on; a start fails if one is in use
	// Ready is asked again and again until it returns nil. Its context ends after a few
	// seconds, so that an answer that never comes is asked for again. Nil: the process
	// is ready when each of Ports accepts a connection.
	Ready func(context.Context) error
	// Patience is how long it may take to be ready; zero: two minutes, far more than
	// any engine takes on a busy machine.
	Patience time.Duration
	// Grace is how long it may take to end after SIGTERM; zero: 20 seconds; Abrupt: it
	// has no gentle end, and is killed at once.
	Grace time.Duration
	// Nice is how much it comes after others where all share a few cores: what nobody
	// waits for, so that it keeps nobody waiting.
	Nice int
}

// Unhurried is the Nice of what works in the background. With less, in the second in
// which a room is summed up the log's appends take ten times as long (docs/performance.md).
const Unhurried = 12

const (
	usualPatience = 2 * time.Minute
	usualGrace    = 20 * time.Second
	probeBound    = 5 * time.Second
	probeEvery    = 20 * time.Millisecond
	lockBound     = time.Second
)

// Abrupt as a Grace: Stop is Kill.
const Abrupt time.Duration = -1

// A Process is a Spec, and what runs of it, if anything does: it can be started,
// killed and started again on the same folder and ports. Methods are one
// goroutine's at a time, but for Exited and Log, which may be called from any.
type Process struct {
	Spec
	run *run // the newest; nil before the first start
}

// A run is one life of a process.
type run struct {
	pid    int
	from   int64         // where its part of the log begins
	exited chan struct{} // closed when it has ended
	status error         // what Wait returned; read after exited
}

// New returns a process that is not started.
func New(s Spec) *Process {
	if s.Patience == 0 {
		s.Patience = usualPatience
	}
	if s.Grace == 0 {
		s.Grace = usualGrace
	}
	if s.Ready == nil {
		s.Ready = func(ctx context.Context) error { return dialAll(ctx, s.Ports) }
	}
	return &Process{Spec: s}
}

// Start starts the process and waits until it is ready. When it returns an error
// nothing runs and the folder is not locked; the error names what is in the way, a
// port or a folder in use, or has the end of the log.
func (p *Process) Start(ctx context.Context) error {
	if p.Running() {
		return fmt.Errorf("start %s: it runs already", p.Name)
	}
	if err := p.spawn(ctx); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	if err := p.awaitReady(ctx); err != nil {
		killed := p.Kill()
		return errors.Join(fmt.Errorf("start %s: %w\n%s", p.Name, err, p.Log()), killed)
	}
	return nil
}

// Restart kills the process if it runs, and starts it on the same folder and ports.
func (p *Process) Restart(ctx context.Context) error {
	if err := p.Kill(); err != nil {
		return err
	}
	return p.Start(ctx)
}

// Running says whether the process lives, frozen or not.
func (p *Process) Running() bool {
	if p.run == nil {
		return false
	}
	select {
	case <-p.run.exited:
		return false
	default:
		return true
	}
}

// Pid is the number of the newest process; zero before the first start.
func (p *Process) Pid() int {
	if p.run == nil {
		return 0
	}
	return p.run.pid
}

// Exited is closed when the process that runs now has ended. It may not be called
// before the first start.
func (p *Process) Exited() <-chan struct{} { return p.run.exited }

// Ended is how the newest process ended, never nil. It waits until that has happened,
// and may not be called before the first start.
func (p *Process) Ended() error {
	<-p.run.exited
	return p.run.end()
}

// Kill ends the process with SIGKILL and waits for its end; its ports and its folder
// are free then. It does nothing if none runs.
func (p *Process) Kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	if p.run != nil {
		<-p.run.exited // SIGKILL cannot be put off
	}
	return nil
}

// Stop ends the process with SIGTERM and waits for its end. One that has not ended
// within Grace, or before ctx is done, is killed, and that is the error.
func (p *Process) Stop(ctx context.Context) error {
	if p.Grace == Abrupt {
		return p.Kill()
	}
	if !p.Running() {
		return nil
	}
	// One that is frozen would get the first only after the second.
	if err := errors.Join(p.signal(syscall.SIGTERM), p.signal(syscall.SIGCONT)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.Grace, fmt.Errorf("it did not end within %v", p.Grace))
	defer cancel()
	select {
	case <-p.run.exited:
		return nil
	case <-ctx.Done():
		killed := p.Kill()
		return errors.Join(fmt.Errorf("stop %s: %w\n%s", p.Name, context.Cause(ctx), p.Log()), killed)
	}
}

// Freeze stops the process with SIGSTOP and waits until it stands still: its
// connections stay open and say nothing. It does nothing if none runs.
func (p *Process) Freeze() error {
	if !p.Running() {
		return nil
	}
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	// Its threads stop one after the other; this looks, and leaves it to Wait.
	var err error = unix.EINTR
	for errors.Is(err, unix.EINTR) {
		err = unix.Waitid(unix.P_PID, p.run.pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
	}
	if err != nil {
		return fmt.Errorf("freeze %s: %w", p.Name, err)
	}
	return nil
}

// Thaw lets a frozen process go on.
func (p *Process) Thaw() error { return p.signal(syscall.SIGCONT) }

// signal sends to the process and to what it started; to nobody if it has ended.
func (p *Process) signal(s syscall.Signal) error {
	if !p.Running() {
		return nil
	}
	if err := syscall.Kill(-p.run.pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send %v to %s: %w", s, p.Name, err)
	}
	return nil
}

// spawn starts the process without waiting for it to be ready.
func (p *Process) spawn(ctx context.Context) error {
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return err
	}
	// What a killed process had started may take a moment to end as well.
	free, cancel := context.WithTimeout(ctx, lockBound)
	defer cancel()
	lock, err := awaitFolder(free, p.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	for _, port := range p.Ports {
		if err := loopback.IsFree(port); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	info, err := log.Stat()
	if err != nil {
		return err
	}
	if _, err := exec.LookPath(p.Path); err != nil { // it may be started by another program
		return err
	}
	r := &run{from: info.Size(), exited: make(chan struct{})}
	if err := r.start(p.command(context.WithoutCancel(ctx), log, lock)); err != nil {
		return err
	}
	p.run = r
	return nil
}

func (p *Process) command(ctx context.Context, log, lock *os.File) *exec.Cmd {
	path, args := p.Path, p.Args
	if p.Nice > 0 {
		path, args = "nice", append([]string{"-n", strconv.Itoa(p.Nice), path}, args...)
	}
	c := exec.CommandContext(ctx, path, args...)
	c.Dir, c.Env = p.Dir, append(os.Environ(), p.Env...)
	c.Stdout, c.Stderr = log, log
	// The lock is the process's own from here on: it ends when the process does, also
	// if this one is killed before.
	c.ExtraFiles = []*os.File{lock}
	c.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true,            // what it starts gets its signals too
		Pdeathsig: syscall.SIGKILL, // a test binary that is killed leaves no engines behind
	}
	return c
}

// start returns when the process runs or could not be started. A process gets its
// death signal when the thread that started it ends, so that one is kept until then.
func (r *run) start(c *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.Start()
		if err == nil {
			r.pid = c.Process.Pid
		}
		started <- err
		if err == nil {
			r.status = c.Wait()
			close(r.exited)
		}
	}()
	return <-started
}

// awaitReady asks until the answer is nil, the process has ended, or it takes too long.
func (p *Process) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.Patience, fmt.Errorf("it was not ready within %v", p.Patience))
	defer cancel()
	again := time.NewTicker(probeEvery)
	defer again.Stop()
	for {
		probe, done := context.WithTimeout(ctx, probeBound)
		err := p.Ready(probe)
		done()
		if !p.Running() {
			return fmt.Errorf("it ended before it was ready: %w", p.run.end())
		}
		if err == nil {
			return nil
		}
		select {
		case <-p.run.exited:
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("%w; last: %w", context.Cause(ctx), err)
		}
	}
}

// end is how a process ended, never nil.
func (r *run) end() error {
	if r.status == nil {
		return errors.New("exit status 0")
	}
	return r.status
}

func (p *Process) logFile() string { return filepath.Join(p.Dir, p.Name+".log") }

// dialAll returns nil when each port accepts a connection.
func dialAll(ctx context.Context, list []int) error {
	var d net.Dialer
	for _, p := range list {
		c, err := d.DialContext(ctx, "tcp", loopback.Address(p))
		if err != nil {
			return err
		}
		c.Close()
	}
	return nil
}
