//go:build cluster

package e2e

import (
	"bufio"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
	"github.com/hubbub-live/hubbub/test/promise"
)

// TestTopicsGrow makes a deployment with 4 partitions, moves it to 8, and kills that
// after each of its steps. What was said before and after is there once, in order, and
// counted once; viewers come back where they were.
func TestTopicsGrow(t *testing.T) {
	onEngines(t)
	hub.Partitions = "4"
	defer func() { hub.Partitions = "" }()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	rooms := []hubbub.StreamID{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}
	c := startCrowd(t, ctx, 30, rooms...)
	var viewers []*viewer
	watching, leave := context.WithCancel(ctx)
	var following sync.WaitGroup
	defer following.Wait()
	defer leave()
	for _, room := range rooms[:5] {
		v := &viewer{name: "viewer of " + string(room), stream: room, options: client.Options{URL: c.server.WS()}}
		viewers = append(viewers, v)
		following.Go(func() { v.follow(watching) })
	}
	talk := func() {
		c.begin(ctx)
		c.talk(ctx)
		must(t, c.heard(ctx, 600))
		c.stop()
		must(t, c.settled())
	}
	i := newInspector(c)
	talk()
	must(t, i.inspect(ctx))
	talk() // and this is in part not archived and not counted when all is killed
	must(t, c.server.Kill())
	c.wait()

	for _, step := range []string{"raw-chats takes nothing any more", "raw-chats is drained", "raw-chats is removed", "raw-chats is made", "the tallies are moved"} {
		killAt(t, ctx, c.server, step)
		if step == "raw-chats is removed" {
			waits(t, ctx, c.server)
		}
	}
	for range 2 { // the second has nothing to do
		said, err := c.server.Command(ctx, "migrate", "topics", "--partitions", "8").CombinedOutput()
		if err != nil || !strings.Contains(string(said), "raw-chats has 8 partitions") {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	for n, want := range map[string]string{"4": "they can only become more", "0": "from 1 to"} {
		said, err := c.server.Command(ctx, "migrate", "topics", "--partitions", n).CombinedOutput()
		if err == nil || !strings.Contains(string(said), want) {
			t.Errorf("to %s partitions: %v\n%s", n, err, said)
		}
	}

	must(t, c.server.Run())
	must(t, i.inspect(ctx)) // before anything is said
	talk()
	must(t, i.inspect(ctx))
	for _, v := range viewers {
		catchUp(t, ctx, c, []*viewer{v})
	}
	must(t, i.reread(ctx))
	leave()
	following.Wait()
	lives := map[uint32]bool{}
	for _, e := range i.history["1"] {
		lives[e.Position.Epoch] = true
	}
	if len(lives) != 2 {
		t.Errorf("the messages are of the epochs %v, not of two", lives)
	}
	var tallies []tally
	logged := 0
	for _, v := range viewers {
		sum, err := v.check(i.history[v.stream])
		if err != nil {
			t.Error(err)
		}
		if sum.gone > 0 {
			t.Errorf("%s: %d messages are in declared gaps; all are in the archive", v.name, sum.gone)
		}
		logged += len(i.history[v.stream])
		tallies = append(tallies, sum)
	}
	promise.Tried(t, "G1", "raw-chats moved from 4 to 8 partitions, killed after each step", 1, i.counted()...)
	promise.Tried(t, "G3", "raw-chats moved from 4 to 8 partitions, killed after each step", 1, accounts(logged, tallies...)...)
}

// killAt moves raw-chats to 8 partitions and kills that once it says that a step is done.
func killAt(t *testing.T, ctx context.Context, server *hub.Server, step string) {
	t.Helper()
	move := server.Command(ctx, "migrate", "topics", "--partitions", "8")
	out, err := move.StderrPipe()
	must(t, err)
	must(t, move.Start())
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), step) {
			must(t, move.Process.Kill())
			_ = move.Wait() // killed
			t.Logf("killed after: %s", step)
			return
		}
	}
	t.Fatalf("it ended before %q: %v\n%s", step, move.Wait(), said.String())
}

// waits wants a server that is started meanwhile to wait, and to say for what.
func waits(t *testing.T, ctx context.Context, server *hub.Server) {
	t.Helper()
	must(t, server.Spawn())
	for !strings.Contains(server.Log(), "hubbub migrate topics ends that") {
		select {
		case <-server.Exited():
			t.Fatalf("a server that is started meanwhile ends:\n%s", server.Log())
		case <-ctx.Done():
			t.Fatalf("a server that is started meanwhile does not say why it waits:\n%s", server.Log())
		case <-time.After(50 * time.Millisecond):
		}
	}
	must(t, server.Terminate())
}
