package cluster

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A TaskManager that was killed is missed until it has registered anew; a JobManager that
// was is found again by its TaskManagers; and all that were killed start again in the same
// folder. Nobody beyond this machine could ask them for anything.
func TestFlink(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "채팅 #1: a folder") // as people name theirs
	f, err := NewFlink(t.Context(), dir, FlinkOptions{TaskManagers: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Processes() {
		t.Cleanup(func() { endOf(t, p) })
	}
	start(t, f)
	has(t, f, 2)
	for _, p := range f.Processes() {
		if list := listening(t, p); len(list) == 0 || slices.ContainsFunc(list, func(ip net.IP) bool { return !ip.IsLoopback() }) {
			t.Errorf("%s listens on %v", p.Name, list)
		}
	}
	tm := f.TaskManager(1)
	if err := tm.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := tm.Ready(t.Context()); err == nil {
		t.Error("one that was killed is ready")
	}
	start(t, tm)
	has(t, f, 2)
	if err := f.JobManager().Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	has(t, f, 2)
	if err := f.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Processes() {
		free(t, p)
	}
	start(t, f)
	has(t, f, 2)
	// Each life unpacks what it is made of; what the others left is gone.
	if left, err := filepath.Glob(filepath.Join(dir, "tm-1", "tmp", "*.jar")); len(left) != 1 {
		t.Errorf("tm-1 has %q, %v", left, err)
	}
}

// has fails unless the JobManager soon has so many TaskManagers, with a free slot each.
func has(t *testing.T, f *Flink, taskManagers int) {
	t.Helper()
	type overview struct {
		TaskManagers int
		Slots        int `json:"slots-total"`
		Free         int `json:"slots-available"`
	}
	var got overview
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for want := (overview{taskManagers, taskManagers, taskManagers}); got != want; {
		if err := getJSON(ctx, f.REST()+"/overview", &got); err != nil {
			t.Fatalf("the JobManager has %+v, want %+v: %v", got, want, err)
		}
	}
}

// listening are the addresses at which a process takes connections.
func listening(t *testing.T, p *Process) []net.IP {
	t.Helper()
	own := make(map[string]bool)
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name, err := os.Readlink(file); err == nil {
			own[name] = true
		}
	}
	var list []net.IP
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", p.Pid(), table))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			// Its number, here, there, its state: 0A if it listens, ..., and the tenth its inode.
			fields := strings.Fields(line)
			if fields[3] != "0A" || !own["socket:["+fields[9]+"]"] {
				continue
			}
			address, _, _ := strings.Cut(fields[1], ":")
			ip, err := hex.DecodeString(address)
			if err != nil {
				t.Fatal(err)
			}
			for word := range slices.Chunk(ip, 4) {
				slices.Reverse(word) // each is written as a number
			}
			list = append(list, ip)
		}
	}
	return list
}

// A folder in which no checkpoint could be kept is refused at once.
func TestFlinkFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "checkpoints")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dir, file, "/proc/flink"} {
		if _, err := NewFlink(t.Context(), dir, FlinkOptions{}); err == nil || !strings.HasPrefix(err.Error(), "configure flink: mkdir "+dir) {
			t.Errorf("in %s: %v", dir, err)
		}
	}
}
