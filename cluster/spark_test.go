package cluster

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/internal/spark"
)

// A session's executor is on the worker; when that was killed and started again it has
// another. Nothing of it can be reached from other machines.
func TestSpark(t *testing.T) {
	dir := t.TempDir()
	s, err := NewSpark(t.Context(), dir, SparkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endOf(t, s.master); endOf(t, s.worker) })
	left := filepath.Join(dir, "spark-worker", sparkWork, "app-of-yesterday")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, s)
	if there, err := exists(left); there || err != nil {
		t.Errorf("what an application left is there: %v", err)
	}
	awaitState(t, s, "no executor", func(w SparkWorker, running int) bool { return w.CoresUsed == 0 && running == 0 })

	p := s.Program()
	session, err := spark.Open(t.Context(), spark.Options{
		Java: p.Java, Home: p.Home, Connector: p.Connector, Driver: p.Driver, Master: s.MasterURL(), Name: "읽기",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
		awaitState(t, s, "no executor", func(w SparkWorker, running int) bool { return w.CoresUsed == 0 && running == 0 })
	}()
	executor := func(w SparkWorker, running int) bool { return w.CoresUsed == 2 && running == 1 }
	awaitState(t, s, "an executor", executor)
	if state, err := s.State(t.Context()); err != nil || state.Running[0].Name != "읽기" {
		t.Errorf("the master has %v, %v", state, err)
	}
	loopbackAlone(t, os.Getpid(), "Master", "Worker", "CoarseGrainedExecutorBackend", "live.hubbub.spark.Driver")

	if err := s.worker.Kill(); err != nil {
		t.Fatal(err)
	}
	free(t, s.worker)
	awaitState(t, s, "no worker", func(w SparkWorker, _ int) bool { return w.State != "ALIVE" })
	start(t, s.worker)
	awaitState(t, s, "an executor again", executor)
	if rows, err := session.Query(t.Context(), `SELECT sum(id) AS sum FROM range(0, 1000, 1, 4)`); err != nil || string(rows[0]) != `{"sum":499500}` {
		t.Errorf("the session has %s, %v", rows, err)
	}
}

// awaitState asks the master until its newest worker, and how many applications run,
// are as wanted.
func awaitState(t *testing.T, s *Spark, what string, wanted func(w SparkWorker, running int) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), usualPatience)
	defer cancel()
	again := time.NewTicker(probeEvery)
	defer again.Stop()
	for {
		state, err := s.State(ctx)
		if err != nil {
			t.Fatal(err)
		}
		// It keeps those that are dead.
		slices.SortFunc(state.Workers, func(a, b SparkWorker) int { return strings.Compare(a.State, b.State) })
		if len(state.Workers) > 0 && wanted(state.Workers[0], len(state.Running)) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("there is not %s: %+v", what, state)
		}
	}
}

// loopbackAlone fails the test unless each of the programs runs below a process, and
// they all listen on loopback, and nowhere beside.
func loopbackAlone(t *testing.T, pid int, programs ...string) {
	t.Helper()
	listening := listeners(t)
	for child, command := range descendants(t, pid) {
		i := slices.IndexFunc(programs, func(p string) bool { return strings.Contains(command, p) })
		if i < 0 {
			continue
		}
		links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", child))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, l := range links {
			socket, _ := os.Readlink(l) // closed meanwhile
			if address, ok := listening[socket]; ok {
				found++
				t.Logf("%s listens on %v", programs[i], address)
				if !address.Addr().Unmap().IsLoopback() {
					t.Errorf("%s listens on %v", programs[i], address)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s listens on nothing", programs[i])
		}
		programs = slices.Delete(programs, i, i+1)
	}
	if len(programs) > 0 {
		t.Errorf("%q do not run", programs)
	}
}

// descendants are the command lines of what a process started, and of what that did.
func descendants(t *testing.T, pid int) map[int]string {
	t.Helper()
	parents := make(map[int]int)
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	parent := regexp.MustCompile(`(?s)^(\d+) \(.*\) \S (\d+) `)
	for _, s := range stats {
		text, _ := os.ReadFile(s) // ended meanwhile
		if m := parent.FindSubmatch(text); m != nil {
			parents[number(t, m[1])] = number(t, m[2])
		}
	}
	commands := make(map[int]string)
	for child := range parents {
		for p := parents[child]; p != 0; p = parents[p] {
			if p == pid {
				text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child))
				commands[child] = string(text)
			}
		}
	}
	return commands
}

// listeners are the addresses of all sockets that listen, by their names in /proc.
func listeners(t *testing.T) map[string]netip.AddrPort {
	t.Helper()
	list := make(map[string]netip.AddrPort)
	line := regexp.MustCompile(`(?m)^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A \S+ \S+ \S+ +\d+ +\d+ (\d+)`)
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllSubmatch(text, -1) {
			port, err := strconv.ParseUint(string(m[2]), 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			list["socket:["+string(m[3])+"]"] = netip.AddrPortFrom(kernelAddress(t, m[1]), uint16(port))
		}
	}
	return list
}

// kernelAddress reads an address as the kernel prints it, in words of four bytes, the
// last of each first.
func kernelAddress(t *testing.T, text []byte) netip.Addr {
	t.Helper()
	b, err := hex.DecodeString(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for word := range slices.Chunk(b, 4) {
		slices.Reverse(word)
	}
	address, ok := netip.AddrFromSlice(b)
	if !ok {
		t.Fatalf("%s is no address", text)
	}
	return address
}

func number(t *testing.T, text []byte) int {
	t.Helper()
	n, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
