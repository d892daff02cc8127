// Package hub runs the real binary for a test: it starts, kills, freezes and
// restarts `hubbub serve` on a data folder and a port that stay the same, and
// asks it over HTTP. It knows the command line and the wire, nothing inside.
//
// What blocks gives up after a generous time and returns an error, so that all
// of it can be used from any goroutine of a test.
package hub

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/cluster/loopback"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
)

// patience is far more than a start or a stop takes, on a busy machine too.
const patience = time.Minute

// Engines are flags of the engines that servers keep everything in, each under a
// prefix of its own; none: each has a data folder. It is set before any is made.
var Engines []string

// Partitions is how many raw-chats is made with on engines; "": as many as designed.
var Partitions string

// secret signs the tokens of servers on engines.
const secret = "a secret that all processes of a cluster share"

// A Server is one data folder and port, and the process that serves them, if one
// runs. Its methods are one goroutine's at a time, but for the HTTP calls, Dial
// and the URLs, which may be used concurrently.
type Server struct {
	api.At          // the API
	Data   string   // the data folder
	Flags  []string // further flags of serve
	Env    []string // further environment, NAME=value

	t      testing.TB
	binary string
	said   tail // standard error, of all processes

	storage []string // flags: engines and a prefix
	parts   []api.At // processes, if it is several
	process *exec.Cmd
	ready   chan struct{} // closed when the ready line came
	exited  chan struct{} // closed when the process has ended
	exit    error         // what Wait returned; read after exited
}

// New returns a server that is not started, with a folder of its own, or engines under a
// prefix of its own. When the test ends the process is ended too, and if it failed, its
// log is shown.
func New(t testing.TB, flags ...string) *Server {
	t.Helper()
	s := OnFolder(t, flags...)
	if len(Engines) > 0 {
		s.onEngines()
	}
	return s
}

// OnFolder is New, with a folder also where there are engines.
func OnFolder(t testing.TB, flags ...string) *Server {
	t.Helper()
	binary := os.Getenv("HUBBUB_BIN")
	if binary == "" {
		t.Fatal("HUBBUB_BIN must be the absolute path of the hubbub binary; make test sets it")
	}
	port, err := loopback.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{At: api.At("http://" + loopback.Address(port)), Data: filepath.Join(t.TempDir(), "data"), Flags: flags, t: t, binary: binary}
	t.Cleanup(s.end)
	return s
}

// onEngines gives the server a prefix that no other has, and makes what is behind it.
func (s *Server) onEngines() {
	s.t.Helper()
	s.storage = Unused()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if Partitions != "" {
		s.must(s.Command(ctx, "migrate", "topics", "--partitions", Partitions).CombinedOutput())
	}
	s.must(s.Command(ctx, "migrate").CombinedOutput())
}

func (s *Server) must(said []byte, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%v\n%s", err, said)
	}
}

// Command is a command of hubbub's on what the server keeps things in.
func (s *Server) Command(ctx context.Context, words ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, s.binary, append(words, s.Place()...)...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// Unused are the flags of engines under a prefix that nobody has.
func Unused() []string {
	return append(append([]string{}, Engines...), "--prefix", fmt.Sprintf("t%x_", rand.Uint64()))
}

// Start is New and Run.
func Start(t testing.TB, flags ...string) *Server {
	t.Helper()
	s := New(t, flags...)
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	return s
}

// URL is where the API is, without a slash at the end.
func (s *Server) URL() string { return string(s.At) }

// Address is host and port.
func (s *Server) Address() string { return strings.TrimPrefix(s.URL(), "http://") }

// WS is the chat over plain WebSocket.
func (s *Server) WS() string { return "ws://" + s.Address() + "/chat/ws" }

// SockJS is the chat over SockJS.
func (s *Server) SockJS() string { return s.URL() + "/chat/ws" }

// Dial opens a session; a URL that o leaves out is WS.
func (s *Server) Dial(ctx context.Context, o client.Options) (*client.Conn, error) {
	if o.URL == "" {
		o.URL = s.WS()
	}
	return client.Dial(ctx, o)
}

// Site are the flags by which an operator's command finds its users and streams.
func (s *Server) Site() []string {
	if len(s.storage) == 0 {
		return s.Place()
	}
	at := slices.Index(s.storage, "--mysql")
	return append(append([]string{}, s.storage[at:at+2]...), s.storage[len(s.storage)-2:]...)
}

// Place are the flags of where it keeps things.
func (s *Server) Place() []string {
	if len(s.storage) == 0 {
		return []string{"--data", s.Data}
	}
	return s.storage
}

// Prefix is what is before the names of all that the server keeps in engines.
func (s *Server) Prefix() string { return s.storage[len(s.storage)-1] }

// Elsewhere has the server look for an engine, by its flag, at another address.
func (s *Server) Elsewhere(flag, address string) {
	s.storage[slices.Index(s.storage, flag)+1] = address
}

// Run starts the process and waits until it is ready.
func (s *Server) Run() error {
	if err := s.Spawn(); err != nil {
		return err
	}
	return s.AwaitReady()
}

// Spawn starts the process without waiting for anything.
func (s *Server) Spawn() error {
	args := append(append([]string{"serve", "--listen", s.Address()}, s.Place()...), s.Flags...)
	p := exec.Command(s.binary, args...)
	p.Env = os.Environ()
	if len(s.storage) > 0 {
		p.Env = append(p.Env, "HUBBUB_JWT_SECRET="+secret)
	}
	p.Env = append(p.Env, s.Env...) // of two the last counts
	p.Stderr = &s.said
	// A test binary that is killed leaves no servers behind.
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.StdoutPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		return fmt.Errorf("start %s: %w", s.binary, err)
	}
	s.process, s.ready, s.exited = p, make(chan struct{}), make(chan struct{})
	go s.watch(p, out, s.ready, s.exited)
	return nil
}

var readyLine = regexp.MustCompile(`^hubbub is ready: http://`)

// watch reads standard output to its end and then takes the exit status.
func (s *Server) watch(p *exec.Cmd, out io.Reader, ready, exited chan struct{}) {
	defer close(exited)
	lines := bufio.NewScanner(out)
	for seen := false; lines.Scan(); {
		if !seen && readyLine.MatchString(lines.Text()) {
			seen = true
			close(ready)
		}
	}
	s.exit = p.Wait()
}

// AwaitReady waits for the ready line.
func (s *Server) AwaitReady() error {
	select {
	case <-s.ready:
		return nil
	case <-s.exited:
		return fmt.Errorf("hubbub ended before it was ready: %v\n%s", s.exit, s.said.String())
	case <-time.After(patience):
		return fmt.Errorf("hubbub was not ready within %v\n%s", patience, s.said.String())
	}
}

// Pid is the process's number.
func (s *Server) Pid() int { return s.process.Process.Pid }

// Exited is closed when the process has ended.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Signal sends a signal such as SIGSTOP or SIGCONT.
func (s *Server) Signal(signal syscall.Signal) error { return s.process.Process.Signal(signal) }

// Kill ends the process with SIGKILL and waits for its end.
func (s *Server) Kill() error {
	if err := s.Signal(syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill hubbub: %w\n%s", err, s.said.String())
	}
	return s.awaitEnd()
}

// Terminate sends SIGTERM, waits for the end and returns what was wrong with the
// exit; nil: status 0.
func (s *Server) Terminate() error {
	if err := s.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("terminate hubbub: %w\n%s", err, s.said.String())
	}
	if err := s.awaitEnd(); err != nil {
		return err
	}
	return s.exit
}

func (s *Server) awaitEnd() error {
	select {
	case <-s.exited:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("hubbub did not end within %v\n%s", patience, s.said.String())
	}
}

// Log returns the newest part of what all processes so far wrote to standard error.
func (s *Server) Log() string { return s.said.String() }

// end is the test's cleanup.
func (s *Server) end() {
	if s.process != nil {
		select {
		case <-s.exited:
		default:
			if err := s.Kill(); err != nil {
				s.t.Error(err)
			}
		}
	}
	said := s.said.String()
	for _, crash := range []string{"panic:", "fatal error:", "DATA RACE"} {
		if strings.Contains(said, crash) {
			s.t.Errorf("the server's log has %q", crash)
		}
	}
	if s.t.Failed() {
		s.t.Logf("the server's log:\n%s", said)
	}
}
