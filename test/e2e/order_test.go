package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/e2e/faultproxy"
	"github.com/hubbub-live/hubbub/test/promise"
)

// kinds of viewers, by the way in which they connect.
var kinds = []struct {
	name     string
	sockjs   bool
	versions string
}{
	{"WebSocket", false, ""},
	{"SockJS", true, ""},
	{"STOMP 1.1", false, "1.1"},
	{"STOMP 1.0 over SockJS", true, "1.0"},
}

// newViewer makes a viewer of a kind, behind a proxy unless that is nil.
func newViewer(c *crowd, stream hubbub.StreamID, kind int, proxy *faultproxy.Proxy) *viewer {
	k := kinds[kind%len(kinds)]
	v := &viewer{name: fmt.Sprintf("viewer %d, %s", kind, k.name), stream: stream}
	v.options = client.Options{URL: c.server.WS(), Versions: k.versions}
	if k.sockjs {
		v.options.URL = c.server.SockJS()
	}
	if proxy != nil {
		v.options.NetDial = proxy.Dial
	}
	return v
}

// An audience is viewers that follow until stop.
type audience struct {
	viewers []*viewer
	proxies []*faultproxy.Proxy
	all     sync.WaitGroup
	ctx     context.Context // of the following
	cancel  context.CancelFunc
}

// gather brings n viewers behind proxies of their own, and one without.
func gather(t *testing.T, ctx context.Context, c *crowd, stream hubbub.StreamID, n int) *audience {
	t.Helper()
	a := &audience{}
	a.ctx, a.cancel = context.WithCancel(ctx)
	t.Cleanup(a.stop)
	for i := range n + 1 {
		var proxy *faultproxy.Proxy
		if i < n {
			var err error
			proxy, err = faultproxy.New(c.server.Address())
			must(t, err)
			a.proxies = append(a.proxies, proxy)
		}
		a.join(newViewer(c, stream, i, proxy))
	}
	return a
}

// join has one more viewer follow until stop.
func (a *audience) join(v *viewer) {
	a.viewers = append(a.viewers, v)
	a.all.Go(func() { v.follow(a.ctx) })
}

// stop ends the following and closes the proxies. It may be called twice.
func (a *audience) stop() {
	a.cancel()
	a.all.Wait()
	for _, p := range a.proxies {
		p.Close()
	}
}

// trouble does something to a proxy's connections.
func trouble(random *rand.Rand, p *faultproxy.Proxy) {
	switch random.IntN(7) {
	case 0:
		p.Cut()
	case 1:
		p.HalfOpen()
	case 2: // noticed when it is cut
		p.Freeze()
		time.AfterFunc(300*time.Millisecond, p.Cut)
	case 3:
		p.Delay(time.Duration(random.IntN(40)) * time.Millisecond)
	case 4:
		p.Throttle(10<<10 + random.IntN(200<<10))
	default:
		p.Throttle(0)
		p.Delay(0)
	}
}

// torment troubles all proxies for a while, and leaves them well. It returns how
// often it did something.
func (a *audience) torment(random *rand.Rand, d time.Duration) (times int) {
	for end := time.Now().Add(d); time.Now().Before(end); times++ {
		trouble(random, a.proxies[random.IntN(len(a.proxies))])
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
	}
	for _, p := range a.proxies {
		p.Throttle(0)
		p.Delay(0)
		p.Cut()
	}
	return times
}

// speakSlowly has the crowd say something now and then until stop is called.
func speakSlowly(t *testing.T, ctx context.Context, c *crowd) (stop func()) {
	t.Helper()
	ended, done := make(chan struct{}), sync.WaitGroup{}
	for _, chatter := range c.chatters {
		done.Go(func() {
			for {
				select {
				case <-ended:
					return
				case <-time.After(10 * time.Millisecond):
				}
				if chatter.conn == nil || chatter.open != "" {
					chatter.connect(ctx, c.server)
					chatter.settle(ctx)
					continue
				}
				chatter.sayNext(ctx)
			}
		})
	}
	var once sync.Once
	stop = func() { once.Do(func() { close(ended) }); done.Wait() }
	t.Cleanup(stop)
	return stop
}

func TestG2OneOrder(t *testing.T) {
	t.Parallel()
	testFollowing(t, "G2", "connections cut, delayed, throttled and half open", false)
}

// TestG3NothingMissingUnnoticed follows across a kill of the server too.
func TestG3NothingMissingUnnoticed(t *testing.T) {
	t.Parallel()
	t.Run("cuts, delays, throttles, half-open connections and a kill", func(t *testing.T) {
		testFollowing(t, "G3", "connections cut, delayed, throttled and half open, and SIGKILL", true)
	})
	t.Run("what cannot be had is a gap", testGaps)
}

// testFollowing has viewers on bad connections follow a room, and compares what
// each of them got with the log.
func testFollowing(t *testing.T, p promise.Promise, fault string, kill bool) {
	ctx := within(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	c := startCrowd(t, ctx, 6, "1")
	a := gather(t, ctx, c, "1", 8)
	stop := speakSlowly(t, ctx, c)
	times := a.torment(random, 2*time.Second)
	if kill {
		must(t, c.server.Kill())
		must(t, c.server.Run())
		times++
	}
	times += a.torment(random, 2*time.Second)
	stop()
	c.begin(ctx) // repeat what is open
	must(t, c.settled())
	catchUp(t, ctx, c, a.viewers)
	a.stop()
	log, err := c.server.History(ctx, "1", hubbub.Position{})
	must(t, err)
	must(t, c.books["1"].check(log))
	var sums []tally
	for _, v := range a.viewers {
		sum, err := v.check(log)
		sums = append(sums, sum)
		if err != nil {
			t.Error(err)
		}
		t.Logf("%s: %+v of %d", v.name, sum, len(log))
		if sum.received == 0 {
			t.Errorf("%s got nothing", v.name)
		}
	}
	promise.Tried(t, p, fault, times, accounts(len(log), sums...)...)
}

// testGaps has viewers come back from where the server cannot take them up.
func testGaps(t *testing.T) {
	ctx := within(t)
	c := startCrowd(t, ctx, 20, "1")
	c.begin(ctx)
	c.talk(ctx)
	must(t, c.heard(ctx, 10_000)) // more than a resume brings and a room has at hand
	c.stop()
	log, err := c.server.History(ctx, "1", hubbub.Position{})
	must(t, err)
	first := log[0].Position
	for i, test := range []struct {
		why  string
		from hubbub.Position
	}{
		{"after more messages than a resume brings", first},
		{"from another life of the log", hubbub.Position{Epoch: first.Epoch - 1, N: first.N}},
	} {
		t.Run(test.why, func(t *testing.T) {
			v := newViewer(c, "1", i, nil)
			v.begun, v.last = test.from, test.from
			following, cancel := context.WithCancel(ctx)
			var done sync.WaitGroup
			done.Go(func() { v.follow(following) })
			catchUp(t, ctx, c, []*viewer{v})
			cancel()
			done.Wait()
			log, err := c.server.History(ctx, "1", hubbub.Position{})
			must(t, err)
			sum, err := v.check(log)
			t.Logf("%+v of %d", sum, len(log))
			promise.Tried(t, "G3", "back "+test.why, 1, accounts(len(log), sum)...)
			if err != nil || sum.gone == 0 || sum.received == 0 {
				t.Errorf("%+v, %v; want a gap, and what comes after it", sum, err)
			}
		})
	}
}
