package cassandraarchive

import (
	"context"
	"errors"
	"fmt"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
)

const (
	getExtent = `SELECT total, messages, through FROM buckets WHERE stream = ? AND epoch = ? AND bucket = ?`
	putExtent = `INSERT INTO buckets (stream, epoch, bucket, total, messages, through) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`
	listKinds = `SELECT n, kind FROM records WHERE stream = ? AND epoch = ? AND bucket = ?`
	sumStream = `SELECT SUM(total), SUM(messages) FROM buckets WHERE stream = ?`
	putStream = `INSERT INTO streams (shard, stream, total, messages) VALUES (?, ?, ?, ?) USING TIMESTAMP ?`
)

// An extent is how much a bucket has.
type extent struct{ entries, messages, through int64 }

// count brings the counts of the buckets up to date, and then those of their streams.
// Everything of a part is stored, but maybe not counted: after a crash its entries
// come again.
func (a *Archive) count(ctx context.Context, parts []*part) error {
	streams := map[hubbub.StreamID]bool{}
	if err := a.each(ctx, func(g *errgroup.Group, ctx context.Context) {
		for _, p := range parts {
			streams[p.stream] = true
			g.Go(func() error { return a.countPart(ctx, p) })
		}
	}); err != nil {
		return err
	}
	return a.each(ctx, func(g *errgroup.Group, ctx context.Context) {
		for stream := range streams {
			g.Go(func() error { return a.countStream(ctx, stream) })
		}
	})
}

func (a *Archive) countPart(ctx context.Context, p *part) error {
	key := []any{string(p.stream), p.epoch, p.number}
	e := extent{through: -1}
	var through *int64 // nil: only summaries are noted
	err := a.session.Query(getExtent, key...).ScanContext(ctx, &e.entries, &e.messages, &through)
	if err != nil && !errors.Is(err, gocql.ErrNotFound) {
		return err
	}
	if through != nil {
		e.through = *through
	}
	if !e.add(p) {
		// Repeats, or out of order: then what is there is counted.
		if e, err = a.measure(ctx, p.bucket); err != nil {
			return err
		}
	}
	return a.exec(ctx, putExtent, append(key, e.entries, e.messages, e.through, e.entries)...)
}

// add adds what is all new and in order; ok is false, and e is of no use, if it is not.
func (e *extent) add(p *part) (ok bool) {
	for _, entry := range p.entries {
		n := number(entry.Position)
		if n <= e.through {
			return false
		}
		e.through = n
		e.entries++
		if entry.Kind == hubbub.KindMessage {
			e.messages++
		}
	}
	return true
}

// measure counts what a bucket has.
func (a *Archive) measure(ctx context.Context, b bucket) (extent, error) {
	e := extent{through: -1}
	iter := a.query(ctx, 5000, listKinds, string(b.stream), b.epoch, b.number)
	var n int64
	var kind string
	for iter.Scan(&n, &kind) {
		e.entries++
		e.through = max(e.through, n)
		if kind == hubbub.KindMessage {
			e.messages++
		}
	}
	return e, iter.Close()
}

func (a *Archive) countStream(ctx context.Context, stream hubbub.StreamID) error {
	var entries, messages int64
	if err := a.session.Query(sumStream, string(stream)).ScanContext(ctx, &entries, &messages); err != nil {
		return err
	}
	return a.exec(ctx, putStream, shardOf(stream), string(stream), entries, messages, entries)
}

// Count returns how many messages a stream has.
func (a *Archive) Count(ctx context.Context, stream hubbub.StreamID) (int64, error) {
	n, err := a.scalar(ctx, `SELECT messages FROM streams WHERE shard = ? AND stream = ?`, shardOf(stream), string(stream))
	if err != nil {
		return 0, fmt.Errorf("count the messages of stream %s: %w", stream, err)
	}
	return n, nil
}

// Total returns how many entries there are. It adds up the streams: some hundred
// thousand of them take a second.
func (a *Archive) Total(ctx context.Context) (total int64, err error) {
	for shard := range shards {
		n, err := a.scalar(ctx, `SELECT SUM(total) FROM streams WHERE shard = ?`, shard)
		if err != nil {
			return 0, fmt.Errorf("read how many entries are archived: %w", err)
		}
		total += n
	}
	return total, nil
}

// scalar reads one number; no row is 0.
func (a *Archive) scalar(ctx context.Context, query string, args ...any) (n int64, err error) {
	leave, err := a.enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	err = a.session.Query(query, args...).Idempotent(true).ScanContext(ctx, &n)
	if errors.Is(err, gocql.ErrNotFound) {
		return 0, nil
	}
	return n, interpret(err)
}
