package rediscache

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/loopback"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/cache/cachetest"
)

var redis *cluster.Redis

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(cluster.With(func(ctx context.Context, dir string) (kill func() error, err error) {
		if redis, err = cluster.StartRedis(ctx, dir, 0); err != nil {
			return nil, err
		}
		return redis.Kill, nil
	}, m))
}

var opened atomic.Int32

func open(t testing.TB, o Options) *Cache {
	t.Helper()
	o.Address = redis.Master.Address()
	if o.Prefix == "" {
		o.Prefix = fmt.Sprintf("test-%d:", opened.Add(1))
	}
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestContract(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) (cache.Cache, func(time.Duration)) {
		return open(t, Options{}), time.Sleep // its clock is its own
	})
}

// Two deployments in one Redis do not see each other.
func TestPrefix(t *testing.T) {
	a, b := open(t, Options{}), open(t, Options{})
	ctx := t.Context()
	if err := errors.Join(a.Set(ctx, "k", []byte("a"), time.Minute), a.Lease(ctx, "s", []string{"m"}, time.Minute)); err != nil {
		t.Fatal(err)
	}
	_, there, err := b.Get(ctx, "k")
	members, leasesErr := b.Leases(ctx, "s")
	if there || members != 0 || err != nil || leasesErr != nil {
		t.Errorf("the other has %v, %d, %v, %v", there, members, err, leasesErr)
	}
}

// What was forgotten is no error, and scripts are sent whole again.
func TestFlushed(t *testing.T) {
	c, ctx := open(t, Options{}), t.Context()
	if err := errors.Join(c.Set(ctx, "k", nil, time.Minute), c.Lease(ctx, "s", []string{"m"}, time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"FLUSHALL"}, {"SCRIPT", "FLUSH"}} {
		if err := c.client.Do(ctx, c.client.B().Arbitrary(command...).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	if _, there, err := c.Get(ctx, "k"); there || err != nil {
		t.Errorf("get: %v, %v", there, err)
	}
	if n, err := c.Leases(ctx, "s"); n != 0 || err != nil {
		t.Errorf("leases: %d, %v", n, err)
	}
	if n, err := c.Increment(ctx, "n", 2, time.Minute); n != 2 || err != nil {
		t.Errorf("increment: %d, %v", n, err)
	}
}

// A set is gone once its last lease has ended, and of no other kind of key is there
// one that stays.
func TestNothingStays(t *testing.T) {
	c, ctx := open(t, Options{}), t.Context()
	const short = 100 * time.Millisecond
	_, _, addErr := c.Add(ctx, "a", nil, short)
	_, incrementErr := c.Increment(ctx, "n", 1, short)
	many := make([]string, 2500)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	err := errors.Join(c.Set(ctx, "k", nil, short), addErr, incrementErr, c.Lease(ctx, "s", many, short), c.Lease(ctx, "s", many[:1], 2*short))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		left, err := c.client.Do(ctx, c.client.B().Keys().Pattern(c.prefix+"*").Build()).AsStrSlice()
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left are %q", left)
		}
	}
}

// A Redis that is gone or stands still is told of soon, and used again once it is back.
func TestUnreachable(t *testing.T) {
	for _, row := range []struct {
		why        string
		gone, back func(context.Context) error
	}{
		{"killed", func(context.Context) error { return redis.Master.Kill() }, redis.Master.Start},
		{"frozen", func(context.Context) error { return redis.Master.Freeze() }, func(context.Context) error { return redis.Master.Thaw() }},
	} {
		t.Run(row.why, func(t *testing.T) {
			const timeout = 300 * time.Millisecond
			c, ctx := open(t, Options{Timeout: timeout}), t.Context()
			if err := c.Set(ctx, "k", nil, time.Minute); err != nil {
				t.Fatal(err)
			}
			if err := row.gone(ctx); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = row.back(context.WithoutCancel(ctx)) })
			began := time.Now()
			_, _, getErr := c.Get(ctx, "k")
			_, _, addErr := c.Add(ctx, "k", nil, time.Minute)
			for what, err := range map[string]error{"get": getErr, "add": addErr, "lease": c.Lease(ctx, "s", []string{"m"}, time.Minute)} {
				if !errors.Is(err, cache.ErrUnavailable) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if took := time.Since(began); took > 10*timeout {
				t.Errorf("three calls took %v", took)
			}
			if err := row.back(ctx); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(10 * time.Second); c.Set(ctx, "k", nil, time.Minute) != nil; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("it is back, and not used")
				}
			}
		})
	}
}

func TestOpenWithoutRedis(t *testing.T) {
	port, err := loopback.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Address: loopback.Address(port)}); !errors.Is(err, cache.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

// What presence costs Redis: a chat server leases the viewers of a room, 100 at once.
func BenchmarkLease(b *testing.B) {
	c := open(b, Options{})
	members := make([]string, 100)
	for i := range members {
		members[i] = fmt.Sprintf("user-%d", i)
	}
	for b.Loop() {
		if err := c.Lease(b.Context(), "s", members, time.Minute); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	c := open(b, Options{})
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, _, err := c.Add(b.Context(), "k", []byte("v"), time.Minute); err != nil {
				b.Error(err)
			}
		}
	})
}
