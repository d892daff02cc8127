package e2e

import (
	"context"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
	"github.com/hubbub-live/hubbub/test/promise"
)

// How many viewers are slow, and how much is said: more than fits into sockets
// and backlogs, a few MB each.
const (
	stuckViewers = 10
	pieces       = 5000
	pieceLength  = 3000
	boundedRSS   = 400 << 20
)

func TestG6SlowViewerHarmsNobody(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited("--message-length", "0")...)
	c, err := newCrowd(ctx, server, 8, "1")
	must(t, err)
	t.Cleanup(c.leave)
	for _, chatter := range c.chatters {
		chatter.tail = " " + strings.Repeat("x", pieceLength)
	}
	a := gather(t, ctx, c, "1", 1) // the first is throttled, the second is not
	a.proxies[0].Throttle(50 << 10)
	never, later := make(chan struct{}), make(chan struct{})
	for i := range stuckViewers {
		a.join(stuck(c, i, never))
	}
	paused := stuck(c, 0, later)
	a.join(paused)
	// Whatever happens: who waits for these must come to an end before stop does.
	release := func(hold chan struct{}) func() {
		return func() {
			select {
			case <-hold:
			default:
				close(hold)
			}
		}
	}
	t.Cleanup(release(never))
	t.Cleanup(release(later))
	for i := range 3 {
		a.join(newViewer(c, "1", i, nil))
	}
	throttled, well := a.viewers[0], append(a.viewers[1:2:2], a.viewers[len(a.viewers)-3:]...)
	must(t, api.Until(ctx, "have all viewers subscribed", func() error {
		for _, v := range a.viewers {
			if v.position().IsZero() {
				return fmt.Errorf("%s has not", v.name)
			}
		}
		return nil
	}))

	c.begin(ctx)
	c.talk(ctx)
	must(t, c.heard(ctx, pieces)) // while some do not read
	c.stop()
	must(t, c.settled())
	catchUp(t, ctx, c, well)
	metrics, err := server.Metrics(ctx)
	must(t, err)
	rss := metrics["process_resident_memory_bytes"]
	if rss > boundedRSS {
		t.Errorf("the server has %.0f MiB with %d viewers that do not read", rss/(1<<20), stuckViewers)
	} else {
		t.Logf("RSS %.0f MiB", rss/(1<<20))
	}

	release(later)()
	a.proxies[0].Throttle(0)
	catchUp(t, ctx, c, append(well, paused, throttled))
	log, err := server.History(ctx, "1", hubbub.Position{})
	must(t, err)
	var sums []tally
	for _, v := range append(well, paused, throttled) {
		sum, err := v.check(log)
		sums = append(sums, sum)
		t.Logf("%s: %+v of %d", v.name, sum, len(log))
		if err != nil {
			t.Error(err)
		}
		if v == paused && sum.skipped == 0 {
			t.Errorf("%s did not read and skipped nothing: what is tested here?", v.name)
		}
		if v != paused && v != throttled && sum.skipped > 0 {
			t.Errorf("%s reads and skipped %d", v.name, sum.skipped)
		}
	}
	must(t, api.Until(ctx, "close those who do not read", func() error {
		m, err := server.Metrics(ctx)
		if err == nil && m[`hubbub_disconnects_total{code="slow_consumer"}`] < stuckViewers {
			err = fmt.Errorf("%v are", m[`hubbub_disconnects_total{code="slow_consumer"}`])
		}
		return err
	}))
	promise.Tried(t, "G6", fmt.Sprintf("%d viewers that do not read, one that pauses, one on a slow line", stuckViewers), pieces,
		append(accounts(len(log), sums...), promise.Count{What: "MiB at most", N: int(rss / (1 << 20)), Worst: true})...)
}

// stuck is a viewer that reads nothing until hold is closed, with little room for
// what it does not read.
func stuck(c *crowd, i int, hold <-chan struct{}) *viewer {
	v := newViewer(c, "1", i, nil)
	v.name, v.hold = "stuck "+v.name, hold
	v.options.NetDial = func(ctx context.Context, network, address string) (net.Conn, error) {
		d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
			var err error
			if e := raw.Control(func(fd uintptr) {
				err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 16<<10)
			}); e != nil {
				return e
			}
			return err
		}}
		return d.DialContext(ctx, network, address)
	}
	return v
}
