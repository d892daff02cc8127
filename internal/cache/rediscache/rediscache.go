// Package rediscache is the cache in Redis, shared by all processes. Lifetimes and
// leases run on the clock of Redis. Only internal/app should import it.
//
// A call takes one round trip. While Redis cannot be reached it fails soon, with
// cache.ErrUnavailable, and works again once Redis is back, which may have
// forgotten everything.
package rediscache

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/hubbub-live/hubbub/internal/cache"
)

// Options say which Redis, and how. Address is needed.
type Options struct {
	// Address is host:port of the master.
	Address string
	// Prefix goes before every key.
	Prefix string
	// Timeout bounds a call whose context does not end sooner; 0 is 1 s.
	Timeout time.Duration

	Username, Password string
	TLS                *tls.Config // nil: plain TCP
}

// A Cache is a cache.Cache in Redis. Open makes one.
type Cache struct {
	client  rueidis.Client
	prefix  string
	timeout time.Duration
}

var _ cache.Cache = (*Cache)(nil)

var errLifetime = errors.New("a lifetime in the cache must be more than 0")

// Open connects to Redis, which has to be there.
func Open(o Options) (*Cache, error) {
	if o.Timeout == 0 {
		o.Timeout = time.Second
	}
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{o.Address}, ForceSingleClient: true,
		Username: o.Username, Password: o.Password, TLSConfig: o.TLS, ClientName: "hubbub",
		Dialer:           net.Dialer{Timeout: o.Timeout},
		ConnWriteTimeout: o.Timeout, // after so long without an answer the connection is made anew
		DisableCache:     true,      // what is kept here changes all the time
	})
	if err != nil {
		return nil, fmt.Errorf("open the cache at %s: %w: %w", o.Address, cache.ErrUnavailable, err)
	}
	return &Cache{client: client, prefix: o.Prefix, timeout: o.Timeout}, nil
}

// Values and counters have one space of names, sets another.
func (c *Cache) value(key string) string { return c.prefix + "v:" + key }
func (c *Cache) set(name string) string  { return c.prefix + "s:" + name }

// do sends a command and waits for the answer, for a bounded time.
func (c *Cache) do(ctx context.Context, command rueidis.Completed) rueidis.RedisResult {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.client.Do(ctx, command)
}

// run runs a script, which Redis gets by its hash, and whole if it does not know that.
func (c *Cache) run(ctx context.Context, script *rueidis.Lua, key string, args ...string) rueidis.RedisResult {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return script.Exec(ctx, c.client, []string{key}, args)
}

// failed wraps what went wrong; what Redis itself says is no lack of Redis.
func failed(err error, what string) error {
	switch _, said := rueidis.IsRedisErr(err); {
	case err == nil:
		return nil
	case said:
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w: %w", what, cache.ErrUnavailable, err)
}

func millis(ttl time.Duration) int64 { return max(1, ttl.Milliseconds()) }

// Get returns the value of key. A counter's value is its decimal text.
func (c *Cache) Get(ctx context.Context, key string) (value []byte, ok bool, err error) {
	value, err = c.do(ctx, c.client.B().Get().Key(c.value(key)).Build()).AsBytes()
	if rueidis.IsRedisNil(err) {
		return nil, false, nil
	}
	return value, err == nil, failed(err, "read from the cache")
}

// Set stores value for ttl.
func (c *Cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if ttl <= 0 {
		return errLifetime
	}
	command := c.client.B().Set().Key(c.value(key)).Value(string(value)).PxMilliseconds(millis(ttl)).Build()
	return failed(c.do(ctx, command).Error(), "write to the cache")
}

// Add stores value for ttl unless key has one.
func (c *Cache) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (current []byte, added bool, err error) {
	if ttl <= 0 {
		return nil, false, errLifetime
	}
	command := c.client.B().Set().Key(c.value(key)).Value(string(value)).Nx().Get().PxMilliseconds(millis(ttl)).Build()
	current, err = c.do(ctx, command).AsBytes()
	if rueidis.IsRedisNil(err) { // nothing was there
		return append([]byte(nil), value...), true, nil
	}
	return current, false, failed(err, "add to the cache")
}

// Delete removes key.
func (c *Cache) Delete(ctx context.Context, key string) error {
	return failed(c.do(ctx, c.client.B().Del().Key(c.value(key)).Build()).Error(), "delete from the cache")
}

// The lifetime starts with the counter: INCRBY keeps the one there is.
var increment = rueidis.NewLuaScript(`
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum`)

// Increment adds delta to a counter. A value that is no number is an error.
func (c *Cache) Increment(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, error) {
	if ttl <= 0 {
		return 0, errLifetime
	}
	sum, err := c.run(ctx, increment, c.value(key), strconv.FormatInt(delta, 10), strconv.FormatInt(millis(ttl), 10)).AsInt64()
	return sum, failed(err, "count in the cache")
}

// Close gives up the connections; later calls return cache.ErrUnavailable.
func (c *Cache) Close() error {
	c.client.Close()
	return nil
}
