package natslog

import (
	"context"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Trim removes the records, in whole blocks, that are over the retention age and
// that every required group has committed, durably. The newest block stays,
// whatever its age. The log trims by itself every Options.TrimEvery.
func (l *Log) Trim(ctx context.Context) error {
	if l.o.Retention < 0 {
		return nil
	}
	for _, t := range l.topics {
		if err := t.trim(ctx, l.o.Now().Add(-l.o.Retention)); err != nil {
			return err
		}
	}
	return nil
}

// trim removes records from before a time.
func (t *topic) trim(ctx context.Context, before time.Time) error {
	v := t.look(0)
	done := v.end // every required group has committed this
	for _, group := range t.log.o.Required[t.name] {
		done = min(done, v.after(t.log.cursors.durable(groupKey{t.name, group})))
	}
	if done < v.first {
		return nil
	}
	t.mu.RLock()
	low, high := t.firstSeq, t.lastSeq
	t.mu.RUnlock()
	seq, err := t.search(ctx, low, high, func(b block) bool { return b.last() > done || !b.time.Before(before) })
	if err != nil || seq <= low {
		return err
	}
	return t.dropBefore(ctx, seq)
}

// dropBefore removes the blocks before one that stays.
func (t *topic) dropBefore(ctx context.Context, seq uint64) error {
	l := t.log
	l.engine.RLock()
	defer l.engine.RUnlock()
	if l.engine.engine == nil {
		return fmt.Errorf("trim %s: %w", t.name, eventlog.ErrUnavailable)
	}
	stays, err := l.engine.fetch(ctx, fetch{topic: t.name, from: seq, limit: 1})
	if err != nil || len(stays.blocks) == 0 {
		return err
	}
	// First they are gone for readers, then they are gone.
	t.mu.Lock()
	t.first, t.firstSeq = stays.blocks[0].first, stays.last
	t.mu.Unlock()
	return l.engine.purge(ctx, t.name, stays.last)
}
