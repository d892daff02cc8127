// Package cache is the contract of expiring values, leases and counters: presence,
// last results, nonces, rates. All of it can be lost at any time and is recomputed;
// nothing that must survive lives here. Lifetimes run on the cache's own clock, one
// for all who share it. Values given are copied, values returned are the caller's.
// A call blocks for at most its context; an error means unknown, not absent.
package cache

import (
	"context"
	"errors"
	"time"
)

// ErrUnavailable says that the cache cannot be reached now.
var ErrUnavailable = errors.New("the cache is unavailable")

// A Cache keeps what may be lost. All methods may be called concurrently. Keys are
// at most 512 bytes and need no escaping.
type Cache interface {
	// Get returns the value of key; ok is false when absent or expired.
	Get(ctx context.Context, key string) (value []byte, ok bool, err error)
	// Set stores value for ttl (> 0), replacing any other.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Add stores value for ttl unless key is there, atomically; it returns what
	// is there now and whether it was added.
	Add(ctx context.Context, key string, value []byte, ttl time.Duration) (current []byte, added bool, err error)
	// Delete removes key, if it is there.
	Delete(ctx context.Context, key string) error
	// Increment adds delta to a counter (absent: 0) and returns the sum; ttl
	// starts when the counter does, and is not extended.
	Increment(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, error)
	// Lease makes members of set, each until ttl from now, or extends theirs.
	Lease(ctx context.Context, set string, members []string, ttl time.Duration) error
	// Release removes members from set before their time.
	Release(ctx context.Context, set string, members []string) error
	// Leases returns how many members set has now.
	Leases(ctx context.Context, set string) (int, error)
	// Close frees it. It may be called twice.
	Close() error
}
