package cassandraarchive

import (
	"context"
	"errors"
	"fmt"
	"math"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

// What a batch of rows of one bucket has at most: a batch of single rows' cost is
// mostly that of the call, and nodes refuse batches that are large.
const (
	batchRows  = 100
	batchBytes = 48 << 10
)

const (
	insertInto  = `(stream, epoch, bucket, n, time, kind, version, id, sender, erased, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`
	insertEntry = `INSERT INTO records ` + insertInto
	insertOther = `INSERT INTO others ` + insertInto
	addWithheld = `INSERT INTO withheld (stream, prefix, id) VALUES (?, ?, ?)`
	addClear    = `INSERT INTO clears (stream, epoch, n) VALUES (?, ?, ?)`
)

// Append stores entries in batches of a bucket each, some at once. After an error some
// are stored.
func (a *Archive) Append(ctx context.Context, entries []archive.Entry) error {
	leave, err := a.enter()
	if err != nil {
		return err
	}
	defer leave()
	if err := errors.Join(ctx.Err(), storable(entries)); err != nil {
		return err
	}
	if err := a.append(ctx, entries); err != nil {
		return fmt.Errorf("archive %d entries: %w", len(entries), interpret(err))
	}
	return nil
}

func storable(entries []archive.Entry) error {
	for i := range entries {
		if e := &entries[i]; e.Position.N > math.MaxInt64 {
			return fmt.Errorf("position %v of stream %s is too large", e.Position, e.Stream)
		}
	}
	return nil
}

func (a *Archive) append(ctx context.Context, entries []archive.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	parts := split(entries)
	if err := a.each(ctx, func(g *errgroup.Group, ctx context.Context) {
		for _, p := range parts {
			a.write(ctx, g, p)
		}
	}); err != nil {
		return err
	}
	if err := a.blankErased(ctx, entries); err != nil {
		return err
	}
	return a.count(ctx, parts)
}

// each has start begin statements, concurrency at once, and waits for them.
func (a *Archive) each(ctx context.Context, start func(*errgroup.Group, context.Context)) error {
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(concurrency)
	start(g, inner)
	return g.Wait()
}

// A part is the entries of one bucket.
type part struct {
	bucket
	entries []*archive.Entry
}

// split sorts entries into their buckets.
func split(entries []archive.Entry) []*part {
	var parts []*part
	byBucket := map[bucket]*part{}
	for i := range entries {
		e := &entries[i]
		b := bucketOf(e.Stream, e.Position)
		p, ok := byBucket[b]
		if !ok {
			p = &part{bucket: b}
			byBucket[b] = p
			parts = append(parts, p)
		}
		p.entries = append(p.entries, e)
	}
	return parts
}

// write starts the batches of a part, and what its removals need.
func (a *Archive) write(ctx context.Context, g *errgroup.Group, p *part) {
	for rest := p.entries; len(rest) > 0; {
		rows, bytes := 0, 0
		for rows < len(rest) && rows < batchRows && (rows == 0 || bytes+len(rest[rows].Value) <= batchBytes) {
			bytes += len(rest[rows].Value)
			rows++
		}
		batch := rest[:rows]
		rest = rest[rows:]
		g.Go(func() error { return a.insert(ctx, p.bucket, batch) })
	}
	for _, e := range p.entries {
		if e.Kind != hubbub.KindMessage {
			g.Go(func() error { return a.insertOther(ctx, p.bucket, e) })
		}
	}
}

func (a *Archive) insert(ctx context.Context, b bucket, entries []*archive.Entry) error {
	if len(entries) == 1 {
		return a.exec(ctx, insertEntry, row(b, entries[0])...)
	}
	batch := a.session.Batch(gocql.UnloggedBatch)
	for _, e := range entries {
		batch.Entries = append(batch.Entries, gocql.BatchEntry{Stmt: insertEntry, Args: row(b, e), Idempotent: true})
	}
	return batch.ExecContext(ctx)
}

func (a *Archive) insertOther(ctx context.Context, b bucket, e *archive.Entry) error {
	if err := a.exec(ctx, insertOther, row(b, e)...); err != nil {
		return err
	}
	r, ok := archive.RemovalOf(e)
	switch {
	case !ok:
		return nil
	case r.Message != "":
		return a.exec(ctx, addWithheld, string(e.Stream), prefixOf(r.Message), string(r.Message))
	default:
		return a.exec(ctx, addClear, string(e.Stream), int64(r.Before.Epoch), number(r.Before))
	}
}

// row is what insertInto asks for.
func row(b bucket, e *archive.Entry) []any {
	written, erased := e.Time.UnixMicro(), any(gocql.UnsetValue)
	if e.Erased {
		written, erased = written+1, true
	}
	value := e.Value
	if value == nil {
		value = []byte{}
	}
	return []any{
		string(b.stream), b.epoch, b.number, number(e.Position), e.Time.UnixMilli(), e.Kind, e.Version,
		orUnset(string(e.ID)), orUnset(string(e.Sender)), erased, value, written,
	}
}

// orUnset leaves a column as it is instead of deleting what it does not have.
func orUnset(s string) any {
	if s == "" {
		return gocql.UnsetValue
	}
	return s
}
