package natslog

import (
	"context"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A waiting record has been appended and not been settled.
type waiting struct {
	ctx    context.Context
	record eventlog.Record
	done   func(hubbub.Position, time.Time, error)
}

// A queue holds the records of a topic until its writer takes them. Records
// count as in it until they are settled.
type queue struct {
	maxRecords, maxBytes int
	arrived              chan struct{} // has a value while there may be something

	waiting struct {
		sync.Mutex
		queue          []waiting
		records, bytes int // in the queue and with the writer
		closed         bool
	}
}

func (q *queue) init(maxRecords, maxBytes int) {
	q.maxRecords, q.maxBytes = maxRecords, maxBytes
	q.arrived = make(chan struct{}, 1)
}

// put queues a record, or says why not.
func (q *queue) put(w waiting) error {
	q.waiting.Lock()
	defer q.waiting.Unlock()
	switch {
	case q.waiting.closed:
		return eventlog.ErrClosed
	case q.waiting.records >= q.maxRecords, q.waiting.bytes+len(w.record.Value) > q.maxBytes:
		return eventlog.ErrBusy
	}
	q.waiting.records++
	q.waiting.bytes += len(w.record.Value)
	q.waiting.queue = append(q.waiting.queue, w)
	q.signal()
	return nil
}

func (q *queue) signal() {
	select {
	case q.arrived <- struct{}{}:
	default:
	}
}

// take waits for records and returns a group of at most that many and, unless
// one alone is larger, that many bytes. After closeQueue it returns what is
// left, and then nothing.
func (q *queue) take(group []waiting, maxRecords, maxBytes int) []waiting {
	for range q.arrived {
		q.waiting.Lock()
		bytes := 0
		for _, w := range q.waiting.queue {
			bytes += len(w.record.Value)
			if len(group) == maxRecords || (bytes > maxBytes && len(group) > 0) {
				break
			}
			group = append(group, w)
		}
		rest := copy(q.waiting.queue, q.waiting.queue[len(group):])
		clear(q.waiting.queue[rest:])
		q.waiting.queue = q.waiting.queue[:rest]
		if rest > 0 || q.waiting.closed {
			q.signal()
		}
		closed := q.waiting.closed
		q.waiting.Unlock()
		if len(group) > 0 || closed {
			return group
		}
	}
	return nil
}

// settled says that the group was.
func (q *queue) settled(group []waiting) {
	q.waiting.Lock()
	defer q.waiting.Unlock()
	for _, w := range group {
		q.waiting.records--
		q.waiting.bytes -= len(w.record.Value)
	}
}

func (q *queue) closeQueue() {
	q.waiting.Lock()
	defer q.waiting.Unlock()
	q.waiting.closed = true
	q.signal()
}
