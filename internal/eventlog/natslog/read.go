package natslog

import (
	"context"
	"errors"
	"fmt"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Read reads one stream: from memory if it can, else by JetStream's index of
// subjects.
func (l *Log) Read(ctx context.Context, name eventlog.Topic, stream hubbub.StreamID, after hubbub.Position, limit int) ([]eventlog.Record, hubbub.Position, error) {
	t, err := l.topic(name)
	switch {
	case err != nil:
	case l.closed():
		err = eventlog.ErrClosed
	case !stream.Valid():
		err = errors.New("the stream id is not valid")
	case limit < 1:
		err = errors.New("the limit is below 1")
	}
	if err != nil {
		return nil, hubbub.Position{}, fmt.Errorf("read %s: %w", name, err)
	}
	records, through, err := t.read(ctx, stream, after, limit)
	if err != nil {
		return nil, hubbub.Position{}, fmt.Errorf("read %s of %s after %q: %w", stream, name, after, err)
	}
	return records, through, nil
}

func (t *topic) read(ctx context.Context, stream hubbub.StreamID, after hubbub.Position, limit int) ([]eventlog.Record, hubbub.Position, error) {
	v := t.look(after.N)
	from := max(after.N, v.first-1)
	if !after.IsZero() && (!v.lives.has(after) || after.N < from) {
		return nil, hubbub.Position{}, eventlog.ErrGone
	}
	if from > after.N { // memory may still have what was trimmed
		v = t.look(from)
	}
	if v.isLive || from >= v.end {
		records, through := liveOf(v, stream, limit)
		return records, through, nil
	}
	records, err := t.merge(ctx, v, stream, from, limit)
	switch {
	case err != nil:
		return nil, hubbub.Position{}, err
	case !after.IsZero() && t.look(0).first > after.N+1: // trimmed meanwhile
		return nil, hubbub.Position{}, eventlog.ErrGone
	case len(records) == limit:
		return records, records[limit-1].Position, nil
	}
	return records, v.position(v.end), nil
}

// liveOf picks a stream's records from those in memory.
func liveOf(v view, stream hubbub.StreamID, limit int) ([]eventlog.Record, hubbub.Position) {
	var records []eventlog.Record
	for _, r := range v.live {
		if r.Stream == stream {
			if records = append(records, r); len(records) == limit {
				return records, r.Position
			}
		}
	}
	return records, v.position(v.end)
}

// merge reads a stream's records after a number from the blocks that are all
// its own and from those that are mixed.
func (t *topic) merge(ctx context.Context, v view, stream hubbub.StreamID, after uint64, limit int) ([]eventlog.Record, error) {
	seq, err := t.seek(ctx, after+1)
	if err != nil {
		return nil, err
	}
	own := scan{t: t, v: v, stream: stream, after: after, seq: seq, subject: subjectOf(t.name, stream), limit: min(limit, maxFetchBlocks)}
	mixed := own
	mixed.subject = mixedSubject(t.name)
	var merged []eventlog.Record
	for len(merged) < limit {
		if err := errors.Join(own.fill(ctx), mixed.fill(ctx)); err != nil {
			return nil, err
		}
		next := &own
		if len(own.ready) == 0 || (len(mixed.ready) > 0 && mixed.ready[0].Position.Before(own.ready[0].Position)) {
			next = &mixed
		}
		if len(next.ready) == 0 {
			break
		}
		merged = append(merged, next.ready[0])
		next.ready = next.ready[1:]
	}
	return merged, nil
}

// A scan reads a stream's records from the blocks with one subject.
type scan struct {
	t       *topic
	v       view
	stream  hubbub.StreamID
	subject string
	after   uint64
	seq     uint64 // the next to fetch from
	limit   int    // of blocks in a fetch
	ready   []eventlog.Record
	done    bool
}

// fill makes ready non-empty, unless there are no more.
func (s *scan) fill(ctx context.Context) error {
	for len(s.ready) == 0 && !s.done {
		p, err := s.t.log.fetch(ctx, fetch{topic: s.t.name, subject: s.subject, from: s.seq, limit: s.limit})
		if err != nil {
			return err
		}
		records, all, err := s.v.records(s.ready, p, s.after)
		if err != nil {
			return err
		}
		s.ready = records[:0]
		for _, r := range records {
			if r.Stream == s.stream {
				s.ready = append(s.ready, r)
			}
		}
		s.seq, s.done = p.last+1, !all || len(p.blocks) == 0
	}
	return nil
}

// End returns the newest position that readers may see.
func (l *Log) End(_ context.Context, name eventlog.Topic, _ hubbub.StreamID) (hubbub.Position, error) {
	t, err := l.topic(name)
	if err != nil {
		return hubbub.Position{}, err
	}
	v := t.look(0)
	return v.position(v.end), nil
}

// Committed returns a group's cursor.
func (l *Log) Committed(_ context.Context, name eventlog.Topic, group string, _ hubbub.StreamID) (hubbub.Position, error) {
	if _, err := l.topic(name); err != nil {
		return hubbub.Position{}, err
	}
	return l.cursors.get(groupKey{name, group}), nil
}

// Lag returns how many records a group has not committed, of those kept.
func (l *Log) Lag(_ context.Context, name eventlog.Topic, group string) (int64, error) {
	t, err := l.topic(name)
	if err != nil {
		return 0, err
	}
	v := t.look(0)
	return int64(v.end - v.after(l.cursors.get(groupKey{name, group}))), nil
}
