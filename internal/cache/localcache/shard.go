package localcache

import (
	"container/heap"
	"sync"
	"sync/atomic"
	"time"
)

// An id names an entry. Values and counters have no member; leases are entries
// of their own, so that one mechanism expires and bounds all.
type id struct {
	name, member string
	lease        bool
}

type entry struct {
	id      id
	value   []byte
	expires time.Duration // since the cache's start
	place   int           // in the shard's heap
}

// A shard is some of the names. All of a set's members are in one shard.
type shard struct {
	size *atomic.Int64 // of all shards
	max  int64

	mu      sync.Mutex
	now     time.Duration // since the cache's start, as of the last expire
	entries map[id]*entry
	soonest expiries
	members map[string]int // how many leases each set has
}

func (s *shard) init(size *atomic.Int64, limit int64) {
	size.Add(-int64(len(s.entries)))
	s.size, s.max = size, limit
	s.entries, s.soonest, s.members = make(map[id]*entry), nil, make(map[string]int)
}

// expire drops what has ended by now. A clock that steps back is ignored.
func (s *shard) expire(now time.Duration) {
	s.now = max(s.now, now)
	for len(s.soonest) > 0 && s.soonest[0].expires <= s.now {
		s.drop(s.soonest[0].id)
	}
}

// put returns the entry of id, made if it is not there, with ttl from now.
func (s *shard) put(id id, ttl time.Duration) *entry {
	if e := s.entries[id]; e != nil {
		e.expires = s.now + ttl
		heap.Fix(&s.soonest, e.place)
		return e
	}
	if s.size.Load() >= s.max && len(s.soonest) > 0 {
		s.drop(s.soonest[0].id)
	}
	e := &entry{id: id, expires: s.now + ttl}
	s.entries[id] = e
	heap.Push(&s.soonest, e)
	s.size.Add(1)
	if id.lease {
		s.members[id.name]++
	}
	return e
}

func (s *shard) drop(id id) {
	e := s.entries[id]
	if e == nil {
		return
	}
	delete(s.entries, id)
	heap.Remove(&s.soonest, e.place)
	s.size.Add(-1)
	if !id.lease {
		return
	}
	if s.members[id.name]--; s.members[id.name] == 0 {
		delete(s.members, id.name)
	}
}

// expiries is a heap of entries, the soonest to expire first.
type expiries []*entry

func (h expiries) Len() int           { return len(h) }
func (h expiries) Less(i, j int) bool { return h[i].expires < h[j].expires }
func (h expiries) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push and Pop are for container/heap.
func (h *expiries) Push(x any) {
	e := x.(*entry)
	e.place = len(*h)
	*h = append(*h, e)
}

func (h *expiries) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
