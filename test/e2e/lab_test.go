package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A labRun is a `hubbub lab run` of a few seconds: 10 viewers that send 50
// messages a second.
type labRun struct {
	cmd    *exec.Cmd
	folder string
	out    bytes.Buffer
}

// startLab starts a lab against a chat address of server's.
func startLab(t *testing.T, server *hub.Server, url string, seconds int) *labRun {
	t.Helper()
	run := &labRun{folder: filepath.Join(t.TempDir(), "out")}
	run.cmd = exec.CommandContext(within(t), os.Getenv("HUBBUB_BIN"), "lab", "run", "--out", run.folder, "--drain-limit", "3s")
	run.cmd.Env = []string{
		"WEBSOCKET_URL=" + url, "METRICS_URLS=" + server.URL() + "/metrics", "DATA_DIR=" + server.Data,
		"NUM_CLIENTS=10", "RAMP_UP_TIME_SECONDS=1", "MESSAGES_PER_SECOND_PER_CLIENT=5", fmt.Sprintf("DURATION_SECONDS=%d", seconds),
	}
	run.cmd.Stdout, run.cmd.Stderr = &run.out, &run.out
	must(t, run.cmd.Start())
	return run
}

// reasons waits for the end of the run, which has to be invalid: the window is
// short. It returns the reasons without that one.
func (run *labRun) reasons(t *testing.T) (reasons []string) {
	t.Helper()
	err := run.cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("a run of a few seconds ended with %v, want status 3:\n%s", err, run.out.String())
	}
	short := false
	for line := range strings.Lines(run.out.String()) {
		if reason, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok {
			if strings.Contains(reason, "the steady window lasted") {
				short = true
				continue
			}
			reasons = append(reasons, reason)
		}
	}
	if !short {
		t.Errorf("the short window was not refused:\n%s", run.out.String())
	}
	for _, name := range []string{"report.md", "report.html"} {
		if text, err := os.ReadFile(filepath.Join(run.folder, name)); err != nil || !bytes.Contains(text, []byte("steady window lasted")) {
			t.Errorf("%s does not say why the run is invalid: %v", name, err)
		}
	}
	return reasons
}

// wants checks that each part is in some reason.
func wants(t *testing.T, reasons []string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(strings.Join(reasons, "\n"), part) {
			t.Errorf("no reason says %q:\n%s", part, strings.Join(reasons, "\n"))
		}
	}
}

func TestLabFindsNothingWrongWithAGoodServer(t *testing.T) {
	t.Parallel()
	server := hub.Start(t, "--message-rate", "0")
	for _, reason := range startLab(t, server, server.WS(), 3).reasons(t) {
		if !strings.Contains(reason, "the lab lagged") { // a busy machine
			t.Errorf("it did nothing wrong: %s", reason)
		}
	}
}

func TestLabRefusesStoppedConsumers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ stopped, roles, want string }{
		{"archive", "chat,user,relay,analysis", "archive by"},
		{"analysis", "chat,user,relay,archive", "analysis by"},
	} {
		t.Run(tt.stopped, func(t *testing.T) {
			t.Parallel()
			server := hub.Start(t, "--message-rate", "0", "--roles", tt.roles)
			reasons := startLab(t, server, server.WS(), 2).reasons(t)
			wants(t, reasons, "readers of the log were still behind", tt.want)
		})
	}
}

func TestLabRefusesWhatIsDoneToDeliveries(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		meddle func(viewer, k int, frame []byte) [][]byte
		want   []string
	}{
		{"lost", func(viewer, k int, frame []byte) [][]byte {
			if viewer == 3 && k == 20 {
				return nil
			}
			return [][]byte{frame}
		}, []string{"the chain of positions broke 1 times", "viewers miss 1 messages"}},
		{"doubled", func(viewer, k int, frame []byte) [][]byte {
			if viewer == 3 && k == 20 {
				return [][]byte{frame, frame}
			}
			return [][]byte{frame}
		}, []string{"viewers got 1 messages twice"}},
		{"late", lateBy(10), []string{"out of order"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := hub.Start(t, "--message-rate", "0")
			proxy := meddling(t, server, tt.meddle)
			wants(t, startLab(t, server, proxy.url, 2).reasons(t), tt.want...)
		})
	}
}

// lateBy holds one frame of one viewer back until n others have passed.
func lateBy(n int) func(viewer, k int, frame []byte) [][]byte {
	var held []byte // one viewer's, so one goroutine's
	return func(viewer, k int, frame []byte) [][]byte {
		switch {
		case viewer == 3 && k == 20:
			held = bytes.Clone(frame)
			return nil
		case viewer == 3 && k == 20+n:
			return [][]byte{frame, held}
		}
		return [][]byte{frame}
	}
}

func TestLabRefusesItsOwnLag(t *testing.T) {
	t.Parallel()
	server := hub.Start(t, "--message-rate", "0")
	run := startLab(t, server, server.WS(), 3)
	stop := time.NewTicker(400 * time.Millisecond)
	defer stop.Stop()
	ended, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	for ended.Err() == nil { // frozen for a quarter of its time
		<-stop.C
		_ = run.cmd.Process.Signal(syscall.SIGSTOP) // it may have ended
		time.Sleep(100 * time.Millisecond)
		_ = run.cmd.Process.Signal(syscall.SIGCONT)
	}
	wants(t, run.reasons(t), "the lab lagged")
}

func TestLabRefusesAServerThatDied(t *testing.T) {
	t.Parallel()
	server := hub.Start(t, "--message-rate", "0")
	run := startLab(t, server, server.WS(), 4)
	must(t, api.Until(within(t), "wait until messages flow", func() error {
		values, err := server.Metrics(within(t))
		if err == nil && values["hubbub_log_appended_total"] < 20 {
			err = errors.New("not yet")
		}
		return err
	}))
	must(t, server.Kill())
	must(t, server.Run())
	wants(t, run.reasons(t), "of 10 clients were lost")
}

func TestLabRefusesAnAddressThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(within(t), os.Getenv("HUBBUB_BIN"), "lab", "run", "--out", filepath.Join(t.TempDir(), "out"))
	cmd.Env = []string{"WEBSOCKET_URL=https://chat.example.org/chat/ws", "NUM_CLIENTS=1", "RAMP_UP_TIME_SECONDS=1", "MESSAGES_PER_SECOND_PER_CLIENT=1"}
	out, err := cmd.CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("--target-is-mine")) {
		t.Errorf("%v: %s", err, out)
	}
}

// Two servers are loaded in turns, a series goes on where it was, and what came of it
// is compared from any folder.
func TestLabSeries(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	args := []string{"lab", "run", "--out", filepath.Join(folder, "out"), "--repeats", "2", "--drain-limit", "3s"}
	for _, name := range []string{"one", "two"} {
		server := hub.Start(t, "--message-rate", "0")
		plan := filepath.Join(folder, name+".env")
		must(t, os.WriteFile(plan, []byte("WEBSOCKET_URL="+server.WS()+"\nDATA_DIR="+server.Data+
			"\nNUM_CLIENTS=2\nRAMP_UP_TIME_SECONDS=0.1\nMESSAGES_PER_SECOND_PER_CLIENT=5\nDURATION_SECONDS=1\n"), 0o600))
		args = append(args, "--env", plan)
	}
	said := endsWith(t, 3, args...) // windows of a second are invalid
	at := -1
	for _, run := range []string{"one/1", "two/1", "two/2", "one/2"} {
		next := strings.Index(said, filepath.Join(folder, "out", run)+"\n")
		if next <= at {
			t.Errorf("%s is not in its place:\n%s", run, said)
		}
		at = next
	}
	if said = endsWith(t, 0, args...); strings.Count(said, "is kept") != 4 {
		t.Errorf("not every run was kept:\n%s", said)
	}

	elsewhere := filepath.Join(t.TempDir(), "carried")
	must(t, os.Rename(filepath.Join(folder, "out"), elsewhere))
	said = endsWith(t, 3, "lab", "compare", filepath.Join(elsewhere, "one"), filepath.Join(elsewhere, "two"), "--out", elsewhere)
	for _, want := range []string{"No verdict", "one/1 is invalid: the steady window lasted", "two has too few repeats (2; it takes 4)"} {
		if !strings.Contains(said, want) {
			t.Errorf("the comparison does not say %q:\n%s", want, said)
		}
	}
	if page, err := os.ReadFile(filepath.Join(elsewhere, "compare.html")); err != nil || !bytes.Contains(page, []byte("No verdict")) {
		t.Errorf("compare.html: %v", err)
	}
	must(t, os.Remove(filepath.Join(elsewhere, "one", "1", "report.md")))
	endsWith(t, 3, "lab", "report", filepath.Join(elsewhere, "one", "1"))
	if _, err := os.Stat(filepath.Join(elsewhere, "one", "1", "report.md")); err != nil {
		t.Errorf("the report was not made again: %v", err)
	}
}

// endsWith runs the program, which has to end with a status, and returns what it said.
func endsWith(t *testing.T, status int, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(within(t), os.Getenv("HUBBUB_BIN"), args...)
	cmd.Env = []string{}
	said, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status {
		t.Fatalf("hubbub %s: %v, want status %d:\n%s", strings.Join(args, " "), err, status, said)
	}
	return string(said)
}

// The file of a lab that was killed is refused, and says what to do.
func TestLabRefusesARunThatWasBrokenOff(t *testing.T) {
	t.Parallel()
	server := hub.Start(t, "--message-rate", "0")
	run := startLab(t, server, server.WS(), 60)
	file := filepath.Join(run.folder, "raw.jsonl")
	must(t, api.Until(within(t), "wait for the first lines of the raw file", func() error {
		if text, err := os.ReadFile(file); err != nil || bytes.Count(text, []byte("\n")) < 4 {
			return errors.New("not yet")
		}
		return nil
	}))
	must(t, run.cmd.Process.Kill())
	_ = run.cmd.Wait() // says that it was killed
	for _, command := range []string{"report", "compare"} {
		if said := endsWith(t, 1, "lab", command, run.folder); !strings.Contains(said, "cut short") {
			t.Errorf("lab %s said: %s", command, said)
		}
	}
}
