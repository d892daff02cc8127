package presence

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/cache/localcache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type counts struct{ users, connections int }

// server is a tracker that runs, and what it told.
type server struct {
	*Tracker
	stop func() // as SIGTERM would, waits

	mu    sync.Mutex
	last  map[hubbub.StreamID]counts
	calls int
}

func (s *server) onCount(stream hubbub.StreamID, users, connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last[stream] = counts{users, connections}
	s.calls++
}

func (s *server) told() counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last["room"]
}

func (s *server) tells() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func start(t *testing.T, c cache.Cache) *server {
	s := &server{last: make(map[hubbub.StreamID]counts)}
	s.Tracker = New(c, Options{OnCount: s.onCount})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	s.stop = func() { cancel(); <-done }
	return s
}

// in runs a test in a bubble of fake time with a cache whose clock it shares.
func in(t *testing.T, test func(*testing.T, *localcache.Cache)) {
	synctest.Test(t, func(t *testing.T) { test(t, localcache.New(localcache.Options{})) })
}

// settle lets a little more than a round pass, or longer, in fake time.
func settle(d time.Duration) {
	time.Sleep(d + round/10)
	synctest.Wait()
}

func (s *server) want(t *testing.T, when string, want counts) {
	t.Helper()
	users, connections, err := s.Count(context.Background(), "room")
	if got := (counts{users, connections}); got != want || err != nil {
		t.Errorf("%s: count %+v (%v), want %+v", when, got, err, want)
	}
	if s.told() != want {
		t.Errorf("%s: told %+v, want %+v", when, s.told(), want)
	}
}

func TestCounts(t *testing.T) {
	in(t, func(t *testing.T, c *localcache.Cache) {
		s := start(t, c)
		defer s.stop()
		s.Join("room", "ada", "1")
		s.Join("room", "ada", "2")
		s.Join("room", "bob", "3")
		s.Join("another", "cyd", "4")
		settle(round)
		s.want(t, "one viewer with two connections counts once", counts{2, 3})
		if s.tells() != 2 {
			t.Errorf("told %d times for two rooms: a round tells a room once", s.tells())
		}
		settle(5 * round)
		if s.tells() != 2 {
			t.Errorf("told %d times although nothing changed", s.tells())
		}
		s.Leave("room", "ada", "1")
		settle(round)
		s.want(t, "one of her connections left", counts{2, 2})
		s.Leave("room", "ada", "2")
		settle(round)
		s.want(t, "her last connection left", counts{1, 1})
		s.Leave("room", "ada", "2")
		s.Leave("room", "eve", "9")
		s.Leave("nowhere", "eve", "9")
		settle(round)
		s.want(t, "leaves without a join", counts{1, 1})
		s.Leave("room", "bob", "3")
		settle(round)
		s.want(t, "the last one left", counts{0, 0})
		if n := len(s.rooms); n != 1 {
			t.Errorf("%d rooms are kept, want only the one with a viewer", n)
		}
	})
}

func TestReloadIsNoChange(t *testing.T) {
	in(t, func(t *testing.T, c *localcache.Cache) {
		s := start(t, c)
		defer s.stop()
		s.Join("room", "ada", "1")
		settle(round)
		tells := s.tells()
		s.Leave("room", "ada", "1")
		s.Join("room", "ada", "2")
		settle(round)
		s.want(t, "after a reload", counts{1, 1})
		if s.tells() != tells {
			t.Error("a reload within a round was told as a change")
		}
	})
}

func TestServersAddUp(t *testing.T) {
	in(t, func(t *testing.T, c *localcache.Cache) {
		a, b := start(t, c), start(t, c)
		defer a.stop()
		a.Join("room", "ada", "1")
		b.Join("room", "ada", "1") // both servers call a connection 1
		b.Join("room", "bob", "2")
		settle(2 * round)
		a.want(t, "at one server", counts{2, 3})
		b.want(t, "at the other", counts{2, 3})
		b.stop()
		settle(renewal + round) // ada's lease is gone until the first server renews it
		a.want(t, "after the other stopped", counts{1, 1})
	})
}

func TestLeasesOfADeadServerEnd(t *testing.T) {
	in(t, func(t *testing.T, c *localcache.Cache) {
		alive := start(t, c)
		defer alive.stop()
		alive.Join("room", "ada", "1")
		dead := New(c, Options{}) // killed after one round
		dead.Join("room", "bob", "1")
		dead.round(context.Background())
		settle(round)
		alive.want(t, "before its leases ended", counts{2, 2})
		settle(ttl)
		alive.want(t, "after they ended", counts{1, 1})
	})
}

func TestLeasesAreRenewed(t *testing.T) {
	in(t, func(t *testing.T, c *localcache.Cache) {
		s := start(t, c)
		defer s.stop()
		s.Join("room", "ada", "1")
		settle(10 * ttl)
		s.want(t, "long after", counts{1, 1})
		if s.tells() != 1 {
			t.Errorf("told %d times, want once: the lease must never have ended", s.tells())
		}
	})
}

// flaky fails while it is told to and counts the calls that lease.
type flaky struct {
	cache.Cache
	down   atomic.Bool
	leases atomic.Int32
}

func (f *flaky) Lease(ctx context.Context, set string, members []string, ttl time.Duration) error {
	f.leases.Add(1)
	if f.down.Load() {
		return cache.ErrUnavailable
	}
	return f.Cache.Lease(ctx, set, members, ttl)
}

func (f *flaky) Release(ctx context.Context, set string, members []string) error {
	if f.down.Load() {
		return cache.ErrUnavailable
	}
	return f.Cache.Release(ctx, set, members)
}

func (f *flaky) Leases(ctx context.Context, set string) (int, error) {
	if f.down.Load() {
		return 0, cache.ErrUnavailable
	}
	return f.Cache.Leases(ctx, set)
}

func TestCacheOutage(t *testing.T) {
	in(t, func(t *testing.T, c *localcache.Cache) {
		f := &flaky{Cache: c}
		s := start(t, f)
		defer s.stop()
		s.Join("room", "ada", "1")
		s.Join("room", "bob", "2")
		settle(round)
		f.down.Store(true)
		s.Leave("room", "bob", "2")
		s.Join("room", "cyd", "3")
		s.Join("room", "dan", "4")
		settle(2 * ttl)
		if _, _, err := s.Count(context.Background(), "room"); !errors.Is(err, cache.ErrUnavailable) {
			t.Errorf("count while the cache is down: %v, want unavailable", err)
		}
		if s.told() != (counts{2, 2}) {
			t.Errorf("told %+v while nothing could be known", s.told())
		}
		s.Leave("room", "dan", "4")
		f.down.Store(false)
		settle(round)
		s.want(t, "after the outage", counts{2, 2}) // ada and cyd
	})
}

func TestRenewalIsOneCallPerSet(t *testing.T) {
	in(t, func(t *testing.T, c *localcache.Cache) {
		f := &flaky{Cache: c}
		s := start(t, f)
		defer s.stop()
		for i := range 500 {
			s.Join("room", fmt.Sprint("viewer", i), fmt.Sprint(i))
		}
		settle(renewal + 2*round) // the joins, and one renewal
		s.want(t, "everybody", counts{500, 500})
		if n := f.leases.Load(); n != 4 {
			t.Errorf("%d calls leased 500 viewers and connections twice, want 4", n)
		}
	})
}

// TestAgainstModel lets two servers join and leave at random, with rounds that
// fail, and compares with sets.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &flaky{Cache: localcache.New(localcache.Options{})}
		servers := []*Tracker{New(f, Options{}), New(f, Options{})}
		type place struct {
			server int
			conn   string
		}
		joins := map[place]int{}
		watching := func() counts {
			users := map[string]bool{}
			n := 0
			for p, count := range joins {
				if count > 0 {
					n++
					users[viewerOf(p.server, p.conn)] = true
				}
			}
			return counts{len(users), n}
		}
		draw := func(t *rapid.T) place {
			return place{rapid.IntRange(0, 1).Draw(t, "server"), rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "connection")}
		}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				p := draw(t)
				joins[p]++
				servers[p.server].Join("room", viewerOf(p.server, p.conn), p.conn)
			},
			"leave": func(t *rapid.T) {
				p := draw(t)
				if joins[p] > 0 {
					joins[p]--
				}
				servers[p.server].Leave("room", viewerOf(p.server, p.conn), p.conn)
			},
			"failing round": func(*rapid.T) {
				f.down.Store(true)
				for _, s := range servers {
					s.round(context.Background())
				}
				f.down.Store(false)
			},
			"round": func(t *rapid.T) {
				for _, s := range servers {
					s.round(context.Background())
				}
				users, connections, err := servers[0].Count(context.Background(), "room")
				if got := (counts{users, connections}); got != watching() || err != nil {
					t.Fatalf("count %+v (%v), want %+v", got, err, watching())
				}
			},
		})
	})
}

// viewerOf gives two connections of a server to one viewer. Viewers are not
// shared by servers here: the documented dip would show.
func viewerOf(server int, conn string) string {
	if conn == "3" {
		conn = "2"
	}
	return fmt.Sprint(server, "/", conn)
}

func BenchmarkJoinLeave(b *testing.B) {
	t := New(localcache.New(localcache.Options{}), Options{})
	b.ReportAllocs()
	for b.Loop() {
		t.Join("room", "ada", "1")
		t.Leave("room", "ada", "1")
	}
}

// BenchmarkRenewal is a round that extends the leases of 10,000 viewers.
func BenchmarkRenewal(b *testing.B) {
	t := New(localcache.New(localcache.Options{}), Options{})
	for i := range 10_000 {
		t.Join("room", fmt.Sprint("viewer", i), fmt.Sprint(i))
	}
	for b.Loop() {
		t.rooms["room"].renewed = time.Time{}
		t.round(context.Background())
	}
}
