package localcache

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/cache/cachetest"
)

// a clock that moves when told to.
type clock struct{ at time.Time }

func (c *clock) now() time.Time       { return c.at }
func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

func newClock() *clock { return &clock{at: time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)} }

var ctx = context.Background()

func TestContract(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) (cache.Cache, func(time.Duration)) {
		k := newClock()
		c := New(Options{Now: k.now})
		t.Cleanup(func() { _ = c.Close() })
		return c, k.pass
	})
}

// TestAgainstModel runs random calls on the cache and on a map that is walked.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := newClock()
		c := New(Options{Now: k.now})
		values, leases := map[string]time.Time{}, map[string]time.Time{}
		alive := func(m map[string]time.Time) (n int) {
			for _, end := range m {
				if end.After(k.at) {
					n++
				}
			}
			return n
		}
		key, ttl := rapid.SampledFrom([]string{"a", "b", "c"}), rapid.Map(rapid.IntRange(1, 9), func(n int) time.Duration { return time.Duration(n) * time.Second })
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				key, ttl := key.Draw(t, "key"), ttl.Draw(t, "ttl")
				values[key] = k.at.Add(ttl)
				if err := c.Set(ctx, key, []byte(key), ttl); err != nil {
					t.Fatal(err)
				}
			},
			"add": func(t *rapid.T) {
				key, ttl := key.Draw(t, "key"), ttl.Draw(t, "ttl")
				want := !values[key].After(k.at)
				if want {
					values[key] = k.at.Add(ttl)
				}
				if _, added, err := c.Add(ctx, key, []byte(key), ttl); added != want || err != nil {
					t.Fatalf("add %s: %v %v, want %v", key, added, err, want)
				}
			},
			"delete": func(t *rapid.T) {
				key := key.Draw(t, "key")
				delete(values, key)
				if err := c.Delete(ctx, key); err != nil {
					t.Fatal(err)
				}
			},
			"lease": func(t *rapid.T) {
				key, ttl := key.Draw(t, "member"), ttl.Draw(t, "ttl")
				leases[key] = k.at.Add(ttl)
				if err := c.Lease(ctx, "a", []string{key}, ttl); err != nil {
					t.Fatal(err)
				}
			},
			"release": func(t *rapid.T) {
				key := key.Draw(t, "member")
				delete(leases, key)
				if err := c.Release(ctx, "a", []string{key}); err != nil {
					t.Fatal(err)
				}
			},
			"pass": func(t *rapid.T) { k.pass(ttl.Draw(t, "time")) },
			"": func(t *rapid.T) { // after each
				for _, key := range []string{"a", "b", "c"} {
					if _, ok, err := c.Get(ctx, key); ok != values[key].After(k.at) || err != nil {
						t.Fatalf("get %s: %v %v", key, ok, err)
					}
				}
				if n, err := c.Leases(ctx, "a"); n != alive(leases) || err != nil {
					t.Fatalf("%d leases (%v), want %d", n, err, alive(leases))
				}
				if n := c.size.Load(); n != int64(alive(values)+alive(leases)) {
					t.Fatalf("the size is %d, want %d", n, alive(values)+alive(leases))
				}
			},
		})
	})
}

func TestBoundDropsTheSoonestToExpire(t *testing.T) {
	const limit = 1000
	c := New(Options{MaxEntries: limit})
	for i := range 10 * limit {
		// A set's members share a shard: what they drop is their own soonest.
		if err := c.Lease(ctx, "set", []string{fmt.Sprint(i)}, time.Duration(i+1)*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if n, _ := c.Leases(ctx, "set"); n != limit {
		t.Errorf("%d leases, want the bound, %d", n, limit)
	}
	if c.size.Load() != limit {
		t.Errorf("the size is %d", c.size.Load())
	}
	// The latest to expire are those that stayed.
	if err := c.Release(ctx, "set", []string{fmt.Sprint(9 * limit), fmt.Sprint(10*limit - 1)}); err != nil {
		t.Fatal(err)
	}
	if n, _ := c.Leases(ctx, "set"); n != limit-2 {
		t.Errorf("%d leases after releasing two that must have stayed", n)
	}
	for i := range 10 * limit {
		if err := c.Set(ctx, fmt.Sprint(i), nil, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.size.Load(); n > limit+shardCount {
		t.Errorf("%d entries with a bound of %d", n, limit)
	}
}

func TestClockSteppingBackKeepsLifetimes(t *testing.T) {
	k := newClock()
	c := New(Options{Now: k.now})
	k.pass(time.Hour)
	if err := c.Set(ctx, "key", nil, time.Second); err != nil {
		t.Fatal(err)
	}
	k.pass(-time.Hour)
	if err := c.Set(ctx, "key", nil, time.Second); err != nil {
		t.Fatal(err)
	}
	k.pass(time.Hour + time.Second)
	if _, ok, _ := c.Get(ctx, "key"); ok {
		t.Error("a value outlived its time because the clock stepped back")
	}
}

func BenchmarkLeaseExtend(b *testing.B) {
	c := New(Options{})
	members := make([]string, 1000)
	for i := range members {
		members[i] = fmt.Sprint(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Lease(ctx, "set", members, time.Minute); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	c := New(Options{MaxEntries: 100_000})
	value := []byte("receipt")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, _, err := c.Add(ctx, fmt.Sprint(i), value, 2*time.Minute); err != nil {
			b.Fatal(err)
		}
	}
}
