// Package cachetest is the conformance suite of the cache: what every adapter
// must do, wherever it keeps its entries.
package cachetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/internal/cache"
)

// Open returns a fresh cache, closed by the test's cleanup, and a way to let
// time pass on its clock.
type Open func(t *testing.T) (c cache.Cache, pass func(time.Duration))

// ttl is the lifetime that the suite gives; a cache on a real clock is waited for.
const ttl = 200 * time.Millisecond

// Run checks that the caches of open keep the contract.
func Run(t *testing.T, open Open) {
	tests := []struct {
		name string
		test func(*testing.T, *subject)
	}{
		{"what was set is there, until its time", testSet},
		{"values are copied", testCopies},
		{"add leaves what is there", testAdd},
		{"of many adds at once one wins", testAddRace},
		{"delete", testDelete},
		{"a counter's lifetime starts with it", testIncrement},
		{"increments at once all count", testIncrementRace},
		{"leases end one by one", testLease},
		{"a lease extended counts once", testLeaseAgain},
		{"release", testRelease},
		{"keys need no escaping", testKeys},
		{"a lifetime must be more than 0", testLifetime},
		{"after close nothing is known", testClose},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, pass := open(t)
			tt.test(t, &subject{Cache: c, t: t, pass: pass})
		})
	}
}

// subject is the cache under test with the checks that the tests are made of.
type subject struct {
	cache.Cache
	t    *testing.T
	pass func(time.Duration)
}

var ctx = context.Background()

func (s *subject) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *subject) wantValue(key, want string) {
	s.t.Helper()
	value, ok, err := s.Get(ctx, key)
	if err != nil || !ok || string(value) != want {
		s.t.Errorf("get %q: %q %v %v, want %q", key, value, ok, err, want)
	}
}

func (s *subject) wantNone(key string) {
	s.t.Helper()
	if value, ok, err := s.Get(ctx, key); ok || err != nil {
		s.t.Errorf("get %q: %q %v %v, want nothing", key, value, ok, err)
	}
}

func (s *subject) wantLeases(set string, want int) {
	s.t.Helper()
	if n, err := s.Leases(ctx, set); n != want || err != nil {
		s.t.Errorf("%q has %d members (%v), want %d", set, n, err, want)
	}
}

func testSet(_ *testing.T, s *subject) {
	s.wantNone("key")
	s.ok(s.Set(ctx, "key", []byte("one"), ttl))
	s.wantValue("key", "one")
	s.ok(s.Set(ctx, "key", []byte("two"), 3*ttl)) // replaces the lifetime too
	s.pass(2 * ttl)
	s.wantValue("key", "two")
	s.pass(2 * ttl)
	s.wantNone("key")
}

func testCopies(_ *testing.T, s *subject) {
	given := []byte("value")
	s.ok(s.Set(ctx, "key", given, time.Minute))
	given[0] = '!'
	s.wantValue("key", "value")
	got, _, err := s.Get(ctx, "key")
	s.ok(err)
	got[0] = '!'
	s.wantValue("key", "value")
}

func testAdd(t *testing.T, s *subject) {
	current, added, err := s.Add(ctx, "key", []byte("first"), ttl)
	if string(current) != "first" || !added || err != nil {
		t.Errorf("the first add: %q %v %v", current, added, err)
	}
	current, added, err = s.Add(ctx, "key", []byte("second"), time.Minute)
	if string(current) != "first" || added || err != nil {
		t.Errorf("the second add: %q %v %v", current, added, err)
	}
	s.pass(2 * ttl) // the second add did not extend the first's lifetime
	current, added, err = s.Add(ctx, "key", []byte("third"), ttl)
	if string(current) != "third" || !added || err != nil {
		t.Errorf("an add after the first's end: %q %v %v", current, added, err)
	}
}

func testAddRace(t *testing.T, s *subject) {
	var winners atomic.Int32
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			mine := fmt.Append(nil, i)
			current, added, err := s.Add(ctx, "key", mine, time.Minute)
			if err != nil || added != bytes.Equal(current, mine) {
				t.Errorf("add of %s: %q %v %v", mine, current, added, err)
			}
			if added {
				winners.Add(1)
			}
		})
	}
	all.Wait()
	if n := winners.Load(); n != 1 {
		t.Errorf("%d adds won", n)
	}
}

func testDelete(_ *testing.T, s *subject) {
	s.ok(s.Delete(ctx, "key")) // absent: no error
	s.ok(s.Set(ctx, "key", nil, time.Minute))
	s.wantValue("key", "") // empty is not absent
	s.ok(s.Delete(ctx, "key"))
	s.wantNone("key")
}

func testIncrement(t *testing.T, s *subject) {
	for i, step := range []struct {
		delta, want int64
		pass        time.Duration // before it
	}{
		{delta: 5, want: 5},
		{delta: -7, want: -2, pass: ttl / 4},
		{delta: 1, want: -1},
		{delta: 1, want: 1, pass: ttl}, // begun anew: the steps did not extend it
	} {
		s.pass(step.pass)
		if sum, err := s.Increment(ctx, "counter", step.delta, ttl); sum != step.want || err != nil {
			t.Errorf("step %d: %d %v, want %d", i, sum, err, step.want)
		}
	}
}

func testIncrementRace(t *testing.T, s *subject) {
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := s.Increment(ctx, "counter", 2, time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if sum, err := s.Increment(ctx, "counter", 1, time.Minute); sum != 101 || err != nil {
		t.Errorf("the sum is %d (%v), want 101", sum, err)
	}
}

func testLease(_ *testing.T, s *subject) {
	s.wantLeases("set", 0)
	s.ok(s.Lease(ctx, "set", []string{"a", "b"}, ttl))
	s.ok(s.Lease(ctx, "set", []string{"c"}, 4*ttl))
	s.ok(s.Lease(ctx, "another", []string{"a"}, time.Minute))
	s.wantLeases("set", 3)
	s.pass(2 * ttl)
	s.wantLeases("set", 1)
	s.pass(3 * ttl)
	s.wantLeases("set", 0)
	s.wantLeases("another", 1)
}

func testLeaseAgain(_ *testing.T, s *subject) {
	s.ok(s.Lease(ctx, "set", []string{"a", "b", "a"}, ttl))
	s.ok(s.Lease(ctx, "set", []string{"a"}, time.Minute))
	s.wantLeases("set", 2)
	s.pass(2 * ttl)
	s.wantLeases("set", 1)
}

func testRelease(_ *testing.T, s *subject) {
	s.ok(s.Release(ctx, "set", []string{"nobody"}))
	s.ok(s.Lease(ctx, "set", []string{"a", "b"}, time.Minute))
	s.ok(s.Release(ctx, "set", []string{"a", "nobody"}))
	s.wantLeases("set", 1)
	s.ok(s.Lease(ctx, "set", nil, time.Minute)) // none: nothing happens
	s.ok(s.Release(ctx, "set", nil))
	s.wantLeases("set", 1)
}

func testKeys(t *testing.T, s *subject) {
	long := string(bytes.Repeat([]byte("k"), 512))
	for _, key := range []string{"a:b", "{tag}.x", "안녕 😀", "line\nbreak\x00", "*?[a]", long} {
		s.ok(s.Set(ctx, key, []byte(key), time.Minute))
		s.wantValue(key, key)
		set := key[:len(key)-1] + "s"
		s.ok(s.Lease(ctx, set, []string{key}, time.Minute))
		s.wantLeases(set, 1)
	}
	if t.Failed() {
		t.Log("keys are to be taken as they are")
	}
}

func testLifetime(t *testing.T, s *subject) {
	for _, d := range []time.Duration{0, -time.Second} {
		_, _, addErr := s.Add(ctx, "key", nil, d)
		_, incrementErr := s.Increment(ctx, "key", 1, d)
		for what, err := range map[string]error{
			"set": s.Set(ctx, "key", nil, d), "add": addErr, "increment": incrementErr, "lease": s.Lease(ctx, "key", []string{"a"}, d),
		} {
			if err == nil {
				t.Errorf("%s for %v: no error", what, d)
			}
		}
	}
	s.wantNone("key")
}

func testClose(t *testing.T, s *subject) {
	s.ok(s.Set(ctx, "key", nil, time.Minute))
	s.ok(s.Close())
	s.ok(s.Close())
	if _, _, err := s.Get(ctx, "key"); !errors.Is(err, cache.ErrUnavailable) {
		t.Errorf("get after close: %v, want ErrUnavailable", err)
	}
	if err := s.Lease(ctx, "set", []string{"a"}, time.Minute); !errors.Is(err, cache.ErrUnavailable) {
		t.Errorf("lease after close: %v, want ErrUnavailable", err)
	}
}
