package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"

	"github.com/hubbub-live/hubbub/cluster/loopback"
	"github.com/hubbub-live/hubbub/cluster/supervisor"
)

// A folder is where a test has its cluster.
type folder struct {
	dir     string
	address string
	leash   string
}

// newFolder is for one test, at whose end nothing of it runs.
func newFolder(t *testing.T) folder {
	t.Helper()
	port, err := loopback.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	f := folder{dir: filepath.Join(t.TempDir(), "c"), address: loopback.Address(port), leash: filepath.Join(t.TempDir(), "leash")}
	if err := syscall.Mkfifo(f.leash, 0o600); err != nil {
		t.Fatal(err)
	}
	held, err := os.OpenFile(f.leash, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		held.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := awaitFree(ctx, f.dir); err != nil {
			t.Errorf("the cluster is left: %v", err)
		}
		f.nothingIsLeft(t)
		if log, err := os.ReadFile(filepath.Join(f.dir, logName)); t.Failed() && err == nil {
			t.Logf("the log:\n%s", log)
		}
	})
	return f
}

// local is a call of the command.
func (f folder) local(t *testing.T, name string, flags ...string) *exec.Cmd {
	c := exec.CommandContext(t.Context(), os.Args[0], append([]string{name, "--dir", f.dir}, flags...)...)
	// The race detector would have each process wait a second at its end.
	c.Env = append(os.Environ(), leash+"="+f.leash, "GORACE=atexit_sleep_ms=0")
	return c
}

// does runs the command and returns what it printed.
func (f folder) does(t *testing.T, name string, flags ...string) string {
	t.Helper()
	began := time.Now()
	out, err := f.local(t, name, flags...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	t.Logf("%s took %.1f s", name, time.Since(began).Seconds())
	return string(out)
}

// up starts the cluster, with this binary for hubbub.
func (f folder) up(t *testing.T) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(filepath.Dir(os.Args[0]), "hubbub-flink.jar"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return f.does(t, "up", f.flags()...)
}

func (f folder) flags() []string {
	return []string{"--listen", f.address, "--hubbub", os.Args[0], "--prefix", "t_", "--task-managers", "1"}
}

// state is what the cluster tells.
func (f folder) state(t *testing.T) state {
	t.Helper()
	s, err := readState(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// process is one of those that the cluster tells of.
func (f folder) process(t *testing.T, name string) supervisor.Status {
	t.Helper()
	for _, s := range f.state(t).Processes {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no %s", name)
	return supervisor.Status{}
}

// until asks again and again, for half a minute.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("it did not come about that %s", what)
		}
	}
}

// left is what there still is of the cluster: processes that work below the folder, and
// ports that are not free.
func (f folder) left(t *testing.T) []string {
	t.Helper()
	var list []string
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if dir, err := os.Readlink(link); err == nil && strings.HasPrefix(dir, f.dir) {
			list = append(list, link+" is "+dir)
		}
	}
	text, err := os.ReadFile(filepath.Join(f.dir, "ports.json"))
	if errors.Is(err, os.ErrNotExist) {
		return list
	}
	var ports map[string][]int
	if err := errors.Join(err, json.Unmarshal(text, &ports)); err != nil {
		t.Fatal(err)
	}
	for part, ports := range ports {
		for _, port := range ports {
			if err := loopback.IsFree(port); err != nil {
				list = append(list, part+": "+err.Error())
			}
		}
	}
	return list
}

func (f folder) nothingIsLeft(t *testing.T) {
	t.Helper()
	for _, what := range f.left(t) {
		t.Error(what)
	}
}

// The whole life of a cluster, with all engines, and something that stands for hubbub.
func TestUpAndDown(t *testing.T) {
	f := newFolder(t)
	if out := f.up(t); !strings.Contains(out, "the cluster is up: http://"+f.address) {
		t.Errorf("up says\n%s", out)
	}
	allReady(t, f)
	answers(t, f)
	put(t, f)
	before := f.state(t)
	if out := f.up(t); !strings.Contains(out, "is up already: http://"+f.address) || f.state(t).Pid != before.Pid {
		t.Errorf("a second up says\n%s", out)
	}
	comesBack(t, f, "kafka-3")
	comesBack(t, f, "chat-2")
	comesBack(t, f, "tm-1")
	scraped(t, f)
	t.Logf("status:\n%s", f.does(t, "status"))
	f.does(t, "down")
	f.nothingIsLeft(t)
	t.Run("FailedStart", func(t *testing.T) { failedStart(t, f) })

	// All that it had is there again, though some ports are somebody else's now.
	for _, name := range []string{"kafka-1", "kafka-2", "cassandra", "mysql"} {
		ports := portsOf(before, name)
		for _, port := range ports {
			l, err := net.Listen("tcp", loopback.Address(port))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
		}
	}
	f.up(t)
	allReady(t, f)
	if now, then := portsOf(f.state(t), "kafka-3"), portsOf(before, "kafka-3"); !slices.Equal(now, then) {
		t.Errorf("kafka-3 had ports %v, and has %v", then, now)
	}
	got(t, f)

	// Killed, it takes all with it.
	if err := syscall.Kill(f.state(t).Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "nothing of it is left", func() bool { return len(f.left(t)) == 0 })
	if out, err := f.local(t, "status").CombinedOutput(); err == nil || !strings.Contains(string(out), errNotUp.Error()) {
		t.Errorf("then status says %v\n%s", err, out)
	}
	if out := f.does(t, "down"); !strings.Contains(out, "no cluster up") {
		t.Errorf("then down says\n%s", out)
	}
}

func portsOf(s state, name string) []int {
	for _, p := range s.Processes {
		if p.Name == name {
			return p.Ports
		}
	}
	return nil
}

func allReady(t *testing.T, f folder) {
	t.Helper()
	var names []string
	s := f.state(t)
	for _, p := range s.Processes {
		names = append(names, p.Name)
		if p.State != supervisor.Ready || p.Pid == 0 || syscall.Kill(p.Pid, 0) != nil {
			t.Errorf("%+v is not ready", p)
		}
	}
	want := "kafka-1 kafka-2 kafka-3 redis-master redis-replica-1 redis-replica-2 redis-replica-3 cassandra mysql jobmanager tm-1 " +
		"chat-1 chat-2 user relay-1 relay-2 archive analysis summary flink-job nginx prometheus"
	if got := strings.Join(names, " "); got != want || !s.Ready {
		t.Errorf("ready %v: %s", s.Ready, got)
	}
}

// answers asks the one address, and a role itself how it was called.
func answers(t *testing.T, f folder) {
	t.Helper()
	user := fetch(t, "http://"+f.address+"/")
	if !strings.HasPrefix(user, "user serve --listen "+loopback.Address(f.process(t, "user").Ports[0])+" --roles user --kafka ") {
		t.Errorf("the address answers %s", user)
	}
	kafka := f.process(t, "kafka-3").Ports[0]
	for _, want := range []string{
		loopback.Address(kafka) + " --redis " + loopback.Address(f.process(t, "redis-master").Ports[0]) + " --redis-replicas ",
		"," + loopback.Address(f.process(t, "redis-replica-3").Ports[0]) + " --cassandra " + loopback.Address(f.process(t, "cassandra").Ports[0]),
		" --mysql root@tcp(" + loopback.Address(f.process(t, "mysql").Ports[0]) + ")/hubbub --prefix t_ --member user --trusted-proxies 127.0.0.1 --public-url http://" + f.address,
	} {
		if !strings.Contains(user, want) {
			t.Errorf("it was called without %s: %s", want, user)
		}
	}
	conn, early, _, err := ws.Dial(t.Context(), "ws://"+f.address+"/chat/ws")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	from := io.Reader(conn)
	if early != nil {
		from = io.MultiReader(early, conn)
	}
	if frame, err := ws.ReadFrame(from); err != nil || string(frame.Payload) != "chat" {
		t.Errorf("a WebSocket says %s, %v", frame.Payload, err)
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// comesBack kills a process.
func comesBack(t *testing.T, f folder, name string) {
	t.Helper()
	first := f.process(t, name)
	if err := syscall.Kill(first.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, name+" is back", func() bool {
		s := f.process(t, name)
		return s.State == supervisor.Ready && s.Pid != first.Pid && s.Starts == 2
	})
}

// scraped waits until Prometheus has read all roles.
func scraped(t *testing.T, f folder) {
	t.Helper()
	url := "http://" + loopback.Address(f.process(t, "prometheus").Ports[0]) + "/api/v1/query?query=count(hubbub_stand_in)"
	until(t, "Prometheus has read 8 processes", func() bool { return strings.Contains(fetch(t, url), `"8"]`) })
}

// failedStart has a start fail before and after engines have started, and be given up;
// each says so, and leaves nothing.
func failedStart(t *testing.T, f folder) {
	fails := func(c *exec.Cmd, want ...string) {
		t.Helper()
		began := time.Now()
		out, err := c.CombinedOutput()
		for _, w := range append(want, "nothing of it runs") {
			if err == nil || !strings.Contains(string(out), w) {
				t.Errorf("it ended with %v, without %s:\n%s", err, w, out)
			}
		}
		t.Logf("it took %.1f s", time.Since(began).Seconds())
		f.nothingIsLeft(t)
	}
	l, err := net.Listen("tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	fails(f.local(t, "up", f.flags()...), "--listen "+f.address+": port", "is in use")
	l.Close()

	redis, err := os.Open(filepath.Join(f.dir, "redis-master"))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(redis.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	fails(f.local(t, "up", f.flags()...), "start redis-master: folder", "is in use")
	redis.Close()

	givenUp := f.local(t, "up", f.flags()...)
	var said bytes.Buffer
	givenUp.Stderr = &said
	out, err := givenUp.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := givenUp.Start(); err != nil {
		t.Fatal(err)
	}
	for line := make([]byte, 1000); !bytes.Contains(line, []byte("redis-master")); {
		if _, err := out.Read(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := givenUp.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Fatal(err)
	}
	if err := givenUp.Wait(); err == nil || !strings.Contains(said.String(), "nothing of it runs") {
		t.Errorf("given up, it ended with %v:\n%s", err, said.String())
	}
	f.nothingIsLeft(t)

	data := filepath.Join(f.dir, "mysql", "data")
	if err := errors.Join(os.Rename(data, data+".away"), os.Mkdir(data, 0o700)); err != nil {
		t.Fatal(err)
	}
	fails(f.local(t, "up", f.flags()...), "start mysql: it ended before it was ready: exit status 1", "[ERROR] [MY-")
	if err := errors.Join(os.RemoveAll(data), os.Rename(data+".away", data)); err != nil {
		t.Fatal(err)
	}
}

// Two that want the same folder: one gets it, and is named to the other.
func TestLock(t *testing.T) {
	const named = "HUBBUB_TEST_LOCK"
	if dir := os.Getenv(named); dir != "" {
		lock, err := hold(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Close()
		if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
			t.Fatal(err)
		}
		return
	}
	dir := t.TempDir()
	if pid, err := holder(dir); pid != 0 || err != nil {
		t.Errorf("of an empty folder: %d, %v", pid, err)
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	c.Env = append(os.Environ(), named+"="+dir)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "it has the lock", func() bool { pid, err := holder(dir); return err == nil && pid == c.Process.Pid })
	if _, err := hold(dir); err == nil || !strings.Contains(err.Error(), "another process runs the cluster") {
		t.Errorf("taking it again: %v", err)
	}
	if err := errors.Join(in.Close(), c.Wait()); err != nil {
		t.Fatal(err)
	}
	if pid, err := holder(dir); pid != 0 || err != nil {
		t.Errorf("after its end: %d, %v", pid, err)
	}
}

func TestUsage(t *testing.T) {
	for want, args := range map[string][]string{
		`there is no "upp"`:   {"upp"},
		`up takes no ["now"]`: {"up", "now"},
		"--chat 0":            {"up", "--chat", "0", "--dir", t.TempDir()},
	} {
		if err := command(t.Context(), args, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
}
