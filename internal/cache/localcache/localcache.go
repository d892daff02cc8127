// Package localcache is the cache within one process: values, counters and
// leases in memory, gone with the process. Only internal/app should import it.
package localcache

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hubbub-live/hubbub/internal/cache"
)

// shardCount spreads names over locks. A power of two.
const shardCount = 64

// Options say how a cache behaves. The zero value is good.
type Options struct {
	Now func() time.Time // nil: time.Now
	// MaxEntries bounds values, counters and leases together; 0: 1,000,000. When
	// it is reached, each new entry drops the one of its shard that would have
	// expired first, so the bound may be exceeded by one entry a shard.
	MaxEntries int
}

// A Cache is kept in memory. Nothing runs in the background: whoever touches a
// shard first drops what has expired in it.
type Cache struct {
	now    func() time.Time
	start  time.Time // lifetimes count from here, on the monotonic clock
	seed   maphash.Seed
	max    int64
	size   atomic.Int64 // entries in all shards
	closed atomic.Bool
	shards [shardCount]shard
}

var _ cache.Cache = (*Cache)(nil)

var errLifetime = errors.New("a lifetime in the cache must be more than 0")

// New makes an empty cache.
func New(o Options) *Cache {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = 1_000_000
	}
	c := &Cache{now: o.Now, start: o.Now(), seed: maphash.MakeSeed(), max: int64(o.MaxEntries)}
	for i := range c.shards {
		c.shards[i].init(&c.size, c.max)
	}
	return c
}

// open locks the shard of name, as of now; the caller unlocks it.
func (c *Cache) open(name string) (*shard, error) {
	if c.closed.Load() {
		return nil, cache.ErrUnavailable
	}
	s := &c.shards[maphash.String(c.seed, name)%shardCount]
	s.mu.Lock()
	s.expire(c.now().Sub(c.start))
	return s, nil
}

// Get returns a copy of the value of key. A counter's value is its decimal text.
func (c *Cache) Get(_ context.Context, key string) (value []byte, ok bool, err error) {
	s, err := c.open(key)
	if err != nil {
		return nil, false, err
	}
	defer s.mu.Unlock()
	e := s.entries[id{name: key}]
	if e == nil {
		return nil, false, nil
	}
	return slices.Clone(e.value), true, nil
}

// Set stores a copy of value for ttl.
func (c *Cache) Set(_ context.Context, key string, value []byte, ttl time.Duration) error {
	if ttl <= 0 {
		return errLifetime
	}
	s, err := c.open(key)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.put(id{name: key}, ttl).value = slices.Clone(value)
	return nil
}

// Add stores a copy of value for ttl unless key has one.
func (c *Cache) Add(_ context.Context, key string, value []byte, ttl time.Duration) (current []byte, added bool, err error) {
	if ttl <= 0 {
		return nil, false, errLifetime
	}
	s, err := c.open(key)
	if err != nil {
		return nil, false, err
	}
	defer s.mu.Unlock()
	e := s.entries[id{name: key}]
	if e == nil {
		e = s.put(id{name: key}, ttl)
		e.value = slices.Clone(value)
		added = true
	}
	return slices.Clone(e.value), added, nil
}

// Delete removes key.
func (c *Cache) Delete(_ context.Context, key string) error {
	s, err := c.open(key)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.drop(id{name: key})
	return nil
}

// Increment adds delta to a counter. A value that is no number is an error.
func (c *Cache) Increment(_ context.Context, key string, delta int64, ttl time.Duration) (int64, error) {
	if ttl <= 0 {
		return 0, errLifetime
	}
	s, err := c.open(key)
	if err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	e, sum := s.entries[id{name: key}], delta
	if e == nil {
		e = s.put(id{name: key}, ttl)
	} else {
		n, err := strconv.ParseInt(string(e.value), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("count with %q: %w", key, err)
		}
		sum += n
	}
	e.value = strconv.AppendInt(e.value[:0], sum, 10)
	return sum, nil
}

// Lease makes or keeps members of set until ttl from now.
func (c *Cache) Lease(_ context.Context, set string, members []string, ttl time.Duration) error {
	if ttl <= 0 {
		return errLifetime
	}
	s, err := c.open(set)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, member := range members {
		s.put(id{name: set, member: member, lease: true}, ttl)
	}
	return nil
}

// Release removes members from set.
func (c *Cache) Release(_ context.Context, set string, members []string) error {
	s, err := c.open(set)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, member := range members {
		s.drop(id{name: set, member: member, lease: true})
	}
	return nil
}

// Leases returns how many members set has. It costs no walk over them.
func (c *Cache) Leases(_ context.Context, set string) (int, error) {
	s, err := c.open(set)
	if err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return s.members[set], nil
}

// Close forgets everything; later calls return cache.ErrUnavailable.
func (c *Cache) Close() error {
	c.closed.Store(true)
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.init(&c.size, c.max)
		s.mu.Unlock()
	}
	return nil
}
