package natslog

import (
	"context"
	"fmt"
	"sync"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A topic is one stream of JetStream, which is one partition, and what waits to
// be written to it. Sequences count its blocks, numbers its records.
type topic struct {
	log  *Log
	name eventlog.Topic
	mark *mark // the writer's
	queue

	mu       sync.RWMutex
	lives    lives
	first    uint64        // the first number kept; end+1 if there is none
	end      uint64        // the newest number that readers may see
	firstSeq uint64        // of the blocks with these
	lastSeq  uint64        //
	tail     tail          // ends at end
	more     chan struct{} // closed and replaced when end changes
}

func newTopic(l *Log, name eventlog.Topic) *topic {
	t := &topic{log: l, name: name, more: make(chan struct{})}
	t.init(l.o.MaxInFlight, l.o.MaxInFlightBytes)
	return t
}

// recover takes over what a newly started engine has of the topic. The caller
// keeps writers away.
func (t *topic) recover(ctx context.Context, e *engine) error {
	firstSeq, lastSeq, err := e.open(ctx, t.name)
	if err != nil {
		return err
	}
	oldest, err := e.fetch(ctx, fetch{topic: t.name, from: firstSeq, limit: 1})
	if err != nil {
		return err
	}
	newest, err := e.fetch(ctx, fetch{topic: t.name, from: max(lastSeq, 1), limit: 1})
	if err != nil {
		return err
	}
	first, end := uint64(1), uint64(0)
	if len(oldest.blocks) > 0 && len(newest.blocks) > 0 {
		first, end = oldest.blocks[0].first, newest.blocks[0].last()
		t.mark.time = max(t.mark.time, newest.blocks[0].time.UnixMilli())
	}
	lives, err := t.settle(end)
	if err != nil {
		return err
	}
	if err := t.mark.set(end, t.mark.time); err != nil {
		return fmt.Errorf("mark the end of %s: %w", t.name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lives, t.first, t.end, t.firstSeq, t.lastSeq = lives, first, end, firstSeq, lastSeq
	t.tail.reset()
	t.wake()
	return nil
}

// settle compares the end with what is known of the topic, and begins a new
// epoch if records are missing.
func (t *topic) settle(end uint64) (lives, error) {
	epochs := t.log.epochs
	known := max(t.mark.n, t.log.cursors.newest(t.name, epochs.newest(t.name)))
	lives, err := epochs.settle(t.name, end, known)
	if err == nil && end < known {
		t.log.o.Logger.Warn("the log came back shorter than it was: a new epoch begins",
			"topic", t.name, "end", end, "known", known, "epoch", lives[len(lives)-1].Epoch)
	}
	return lives, err
}

// wake wakes those who wait for more; t.mu is held.
func (t *topic) wake() {
	close(t.more)
	t.more = make(chan struct{})
}

// advance lets readers see the records of a block that is durable.
func (t *topic) advance(records []eventlog.Record, seq uint64) error {
	newest := records[len(records)-1]
	err := t.mark.set(newest.Position.N, t.mark.time)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end, t.lastSeq = newest.Position.N, seq
	t.tail.add(records)
	t.wake()
	return err
}

// A view is what a reader needs to know of a topic at one instant.
type view struct {
	lives      lives
	first, end uint64
	more       <-chan struct{}
	live       []eventlog.Record // the records after the number asked about,
	isLive     bool              // if they are all in memory
}

// look looks at the topic from after a number.
func (t *topic) look(after uint64) view {
	t.mu.RLock()
	defer t.mu.RUnlock()
	v := view{lives: t.lives, first: t.first, end: t.end, more: t.more}
	v.live, v.isLive = t.tail.after(after)
	return v
}

func (v view) position(n uint64) hubbub.Position { return v.lives.position(n) }

// after returns the number after which a reader goes on that is done with
// everything through p.
func (v view) after(p hubbub.Position) uint64 {
	return max(v.lives.through(p, v.end), v.first-1)
}

// records appends to dst the records of a page that come after a number and that
// readers may see. all is false if it ended before the page did.
func (v view) records(dst []eventlog.Record, p page, after uint64) (records []eventlog.Record, all bool, err error) {
	for _, b := range p.blocks {
		if b.first > v.end {
			return dst, false, nil
		}
		if b.last() <= after {
			continue
		}
		start := len(dst)
		if dst, err = b.records(dst); err != nil {
			return dst, false, err
		}
		if skip := after + 1; skip > b.first {
			dst = append(dst[:start], dst[start+int(skip-b.first):]...)
		}
		for i := start; i < len(dst); i++ {
			dst[i].Position = v.position(dst[i].Position.N)
		}
	}
	return dst, true, nil
}
