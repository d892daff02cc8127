package rediscache

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// A set is a sorted set of members by the ms at which their leases end, on the clock
// of Redis. It goes with its last lease.

// mostMembers of a call are changed at once: a script's arguments lie on a stack.
const mostMembers = 1000

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

var lease = rueidis.NewLuaScript(now + `
local entries = {}
for i = 2, #ARGV do
  entries[#entries + 1] = string.format('%.0f', now + ARGV[1])
  entries[#entries + 1] = ARGV[i]
end
redis.call('ZADD', KEYS[1], unpack(entries))
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('PEXPIRE', KEYS[1], ARGV[1], 'NX')
redis.call('PEXPIRE', KEYS[1], ARGV[1], 'GT')
return redis.status_reply('OK')`)

// It does not remove what has ended, so that it may be asked of a replica too.
var leases = rueidis.NewLuaScriptReadOnly(now + `return redis.call('ZCOUNT', KEYS[1], string.format('(%.0f', now), '+inf')`)

// Lease makes or keeps members of set until ttl from now.
func (c *Cache) Lease(ctx context.Context, set string, members []string, ttl time.Duration) error {
	if ttl <= 0 {
		return errLifetime
	}
	for some := range slices.Chunk(members, mostMembers) {
		args := append([]string{strconv.FormatInt(millis(ttl), 10)}, some...)
		if err := c.run(ctx, lease, c.set(set), args...).Error(); err != nil {
			return failed(err, "lease in the cache")
		}
	}
	return nil
}

// Release removes members from set.
func (c *Cache) Release(ctx context.Context, set string, members []string) error {
	for some := range slices.Chunk(members, mostMembers) {
		if err := c.do(ctx, c.client.B().Zrem().Key(c.set(set)).Member(some...).Build()).Error(); err != nil {
			return failed(err, "release in the cache")
		}
	}
	return nil
}

// Leases returns how many members set has.
func (c *Cache) Leases(ctx context.Context, set string) (int, error) {
	n, err := c.run(ctx, leases, c.set(set)).AsInt64()
	return int(n), failed(err, "count leases in the cache")
}
