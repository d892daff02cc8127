package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/promise"
)

// TestStop stops the server as operators do, while everybody talks.
func TestStop(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := startCrowd(t, ctx, 20, "1", "2")
	c.begin(ctx)
	var conns []*client.Conn
	for _, url := range []string{c.server.WS(), c.server.SockJS()} {
		conn, err := c.server.Dial(ctx, client.Options{URL: url})
		must(t, err)
		defer conn.Close()
		conns = append(conns, conn)
	}
	c.talk(ctx)
	must(t, c.heard(ctx, 200)) // some load to stop under
	if err := c.server.Terminate(); err != nil {
		t.Errorf("SIGTERM: %v, not exit 0", err)
	}
	c.wait()
	for _, conn := range conns {
		<-conn.Done()
		var gone *client.CloseError
		if !errors.As(conn.Err(), &gone) || gone.Code != 4000 || !gone.Reconnect() || refusal(conn.Err()) != hubbub.CodeShutdown {
			t.Errorf("the end was %v, not a close with 4000 and shutdown", conn.Err())
		}
	}
	for _, chatter := range c.chatters {
		if code := refusal(chatter.failed); chatter.open != "" && code != hubbub.CodeShutdown && code != hubbub.CodeOutcomeUnknown {
			t.Errorf("the last SEND of %s ended with %v", chatter.name, chatter.failed)
		}
	}
	must(t, c.server.Run())
	i := newInspector(c)
	must(t, i.inspect(ctx))
	c.begin(ctx)
	must(t, c.settled())
	must(t, i.inspect(ctx))
	promise.Tried(t, "G1", "SIGTERM under load", 1, i.counted()...)
}

// TestKilledUnderLoadIsBackSoon: the minute that Run gives is far more than it
// takes, but less than for ever.
func TestKilledUnderLoadIsBackSoon(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := startCrowd(t, ctx, 50, "1", "2")
	c.begin(ctx)
	c.talk(ctx)
	must(t, c.heard(ctx, 2000)) // some load to recover from
	must(t, c.server.Kill())
	c.wait()
	start := time.Now()
	must(t, c.server.Run())
	r, err := c.server.Readiness(ctx)
	must(t, err)
	t.Logf("ready after %v, with %d messages acknowledged", time.Since(start).Round(time.Millisecond), c.acknowledged())
	if !r.Ready {
		t.Errorf("it says that it is ready, /readyz says %v", r.Checks)
	}
}

// TestLogLostItsTail gives the server back a log that ends before what viewers
// have seen, as a disk may that lost what it had synced. They are told of a gap and
// get what is said from then on.
func TestLogLostItsTail(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := startCrowd(t, ctx, 4, "1")
	a := gather(t, ctx, c, "1", 0)
	talkABit := func() {
		c.begin(ctx)
		c.talk(ctx)
		must(t, c.heard(ctx, 200))
		c.stop()
		catchUp(t, ctx, c, a.viewers)
	}
	log := filepath.Join(c.server.Data, "log", "js")
	backup := filepath.Join(t.TempDir(), "backup")
	talkABit()
	must(t, c.server.Terminate())
	copyFolder(t, log, backup)
	must(t, c.server.Run())
	talkABit()
	must(t, c.server.AwaitSettled(ctx)) // what is lost now is in the archive
	must(t, c.server.Terminate())
	must(t, os.RemoveAll(log))
	copyFolder(t, backup, log)
	must(t, c.server.Run())
	talkABit()
	a.stop()

	history, err := c.server.History(ctx, "1", hubbub.Position{})
	must(t, err)
	sum, err := a.viewers[0].check(history) // the archive has it all
	must(t, err)
	steps := a.viewers[0].steps
	i := slices.IndexFunc(steps, func(s step) bool { return s.to.Epoch > s.from.Epoch && !s.from.IsZero() })
	promise.Tried(t, "G3", "a log that lost its newest part, as a bad disk does", 1, accounts(len(history), sum)...)
	if i < 0 || len(steps[i].gaps) == 0 {
		t.Errorf("no gap was declared: %+v", sum)
	}
}

// copyFolder copies as operators do: modes count, one file is a secret.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if said, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copy the data folder: %v: %s", err, said)
	}
}
