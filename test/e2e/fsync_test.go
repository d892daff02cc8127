package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/e2e/trace"
	"github.com/hubbub-live/hubbub/test/promise"
)

// logFiles is in the paths of the files that hold the log of messages.
const logFiles = "/raw-chats/msgs/"

// TestFsyncBeforeReceipt proves from the system calls that no RECEIPT is written
// before the fsync that covers its message has returned.
func TestFsyncBeforeReceipt(t *testing.T) {
	ctx := within(t)
	c := startCrowd(t, ctx, 20, "1", "2")
	c.begin(ctx)
	stop, path := straced(t, c.server.Pid())
	c.talk(ctx)
	conn := signIn(t, ctx, c.server, "ada") // alone, beside those in groups
	for i := range 50 {
		content := fmt.Sprintf("alone %d", i)
		if _, err := conn.Send(ctx, client.Post{Stream: hubbub.StreamID("3"), Content: content}); err != nil {
			t.Fatal(err)
		}
	}
	c.stop()
	stop()
	must(t, c.settled())

	text, err := os.ReadFile(path)
	must(t, err)
	verdict, err := trace.Check(bytes.NewReader(text), logFiles)
	must(t, err)
	t.Logf("%d receipts, %d of them early", verdict.Receipts, len(verdict.Early))
	acknowledged := 50 + c.acknowledged()
	if verdict.Receipts != acknowledged || acknowledged < 100 {
		t.Errorf("the trace has %d receipts; %d came, and 100 would show enough", verdict.Receipts, acknowledged)
	}
	promise.Tried(t, "G1", "system calls traced under load", 1,
		promise.Count{What: "RECEIPTs", N: verdict.Receipts}, promise.Count{What: "before their fsync", N: len(verdict.Early)})
	if len(verdict.Early) > 0 {
		t.Errorf("promised before they were synced: %v", verdict.Early)
	}
	for name, doctored := range map[string][]byte{
		"without its syncs":         regexp.MustCompile(`(?m)^.*f(data)?sync\(.*`+logFiles+`.*\n`).ReplaceAll(text, nil),
		"with syncs that failed":    regexp.MustCompile(`(?m)^(.*f(?:data)?sync.*\) += )0$`).ReplaceAll(text, []byte("${1}-1 EIO (Input/output error)")),
		"with syncs of other files": regexp.MustCompile(`(?m)(sync\(.*)`+logFiles).ReplaceAll(text, []byte("${1}/elsewhere/")),
	} {
		verdict, err := trace.Check(bytes.NewReader(doctored), logFiles)
		if err != nil || len(verdict.Early) < 100 {
			t.Errorf("a trace %s passes: %d of %d receipts were found early, %v", name, len(verdict.Early), verdict.Receipts, err)
		}
	}
}

// straced traces a process until stop is called; then path has the trace.
func straced(t *testing.T, pid int) (stop func(), path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "trace")
	p := exec.Command("strace", "-f", "-y", "-s", "1048576", "-e", "trace="+trace.Calls, "-o", path, "-p", strconv.Itoa(pid))
	said, err := p.StderrPipe()
	must(t, err)
	if err := p.Start(); err != nil {
		t.Fatalf("start strace, a Debian package: %v", err)
	}
	attached := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		line, _ := bufio.NewReader(said).ReadString('\n')
		attached <- line
		_, _ = io.Copy(io.Discard, said) // it says what it detaches from
		_ = p.Wait()                     // it is told to end by a signal
	}()
	stop = func() {
		if p.Process.Signal(syscall.SIGTERM) == nil {
			<-ended
		}
	}
	t.Cleanup(stop)
	select {
	case line := <-attached:
		if !strings.Contains(line, "attached") {
			t.Fatalf("strace: %s", line)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("strace did not attach")
	}
	return stop, path
}
