package cassandraarchive

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

const (
	entryColumns = `SELECT n, time, kind, version, id, sender, erased, value FROM `
	inBucket     = ` WHERE stream = ? AND epoch = ? AND bucket = ?`
	findEntry    = entryColumns + `records` + inBucket + ` AND id = ?`

	newestBuckets = `SELECT epoch, bucket, total, messages, summaries FROM buckets WHERE stream = ? AND (epoch, bucket) <= (?, ?)`
	oldestBuckets = `SELECT epoch, bucket, total, messages, summaries FROM buckets WHERE stream = ? AND (epoch, bucket) >= (?, ?)
		ORDER BY epoch ASC, bucket ASC`
)

// A described bucket is one with what is in it.
type described struct {
	bucket
	entries, messages int64
	summaries         bool
}

// buckets calls take for those of a stream from a position on, downwards or upwards,
// until take says that it has enough.
func (a *Archive) buckets(ctx context.Context, stream hubbub.StreamID, from hubbub.Position, up bool, take func(described) (more bool, err error)) error {
	statement := newestBuckets
	if up {
		statement = oldestBuckets
	}
	start := bucketOf(stream, from)
	iter := a.query(ctx, 100, statement, string(stream), start.epoch, start.number)
	d := described{bucket: bucket{stream: stream}}
	for iter.Scan(&d.epoch, &d.number, &d.entries, &d.messages, &d.summaries) {
		more, err := take(d)
		if err != nil || !more {
			return errors.Join(err, iter.Close())
		}
	}
	return iter.Close()
}

// newest is before no position.
var newest = hubbub.Position{Epoch: math.MaxUint32, N: math.MaxUint64}

// Page returns the entries that q asks for.
func (a *Archive) Page(ctx context.Context, q archive.Query) ([]archive.Entry, error) {
	leave, err := a.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := q.Validate(); err != nil {
		return nil, err
	}
	page, err := a.page(ctx, q)
	if err == nil {
		err = a.withhold(ctx, q.Stream, page)
	}
	if err != nil {
		return nil, fmt.Errorf("read a page of stream %s: %w", q.Stream, interpret(err))
	}
	return page, nil
}

func (a *Archive) page(ctx context.Context, q archive.Query) (page []archive.Entry, err error) {
	from := q.After
	if !q.Ascending() {
		if from = q.Before; from.IsZero() {
			from = newest
		}
	}
	err = a.buckets(ctx, q.Stream, from, q.Ascending(), func(d described) (bool, error) {
		if wanted(q, d) {
			if page, err = a.pageOf(ctx, q, d.bucket, page); err != nil {
				return false, err
			}
		}
		return len(page) < q.Limit, nil
	})
	if !q.Ascending() {
		slices.Reverse(page)
	}
	return page, err
}

// wanted says whether a bucket may have what q asks for.
func wanted(q archive.Query, d described) bool {
	switch {
	case q.Kind == nil:
		return d.entries > 0
	case *q.Kind == hubbub.KindMessage:
		return d.messages > 0
	default:
		return d.entries > d.messages
	}
}

// pageOf adds to a page what a bucket has of it.
func (a *Archive) pageOf(ctx context.Context, q archive.Query, b bucket, page []archive.Entry) ([]archive.Entry, error) {
	var s strings.Builder
	s.WriteString(entryColumns)
	if q.Kind != nil && *q.Kind != hubbub.KindMessage {
		s.WriteString(`others`)
	} else {
		s.WriteString(`records`)
	}
	s.WriteString(inBucket)
	args := []any{string(b.stream), b.epoch, b.number}
	switch {
	case b.holds(q.After) && !q.After.IsZero():
		s.WriteString(` AND n > ?`)
		args = append(args, number(q.After))
	case b.holds(q.Before) && !q.Before.IsZero():
		s.WriteString(` AND n < ?`)
		args = append(args, number(q.Before))
	}
	if q.Ascending() {
		s.WriteString(` ORDER BY n ASC`)
	}
	missing := q.Limit - len(page)
	err := a.entries(ctx, b, missing, s.String(), args, func(e archive.Entry) (more bool) {
		if q.Kind == nil || *q.Kind == e.Kind {
			page = append(page, e)
		}
		return len(page) < q.Limit
	})
	return page, err
}

// entries calls take for rows of a bucket, until it says that it has enough.
func (a *Archive) entries(ctx context.Context, b bucket, rows int, statement string, args []any, take func(archive.Entry) (more bool)) error {
	iter := a.query(ctx, rows, statement, args...)
	for {
		e := archive.Entry{Stream: b.stream}
		var ms, n int64
		if !iter.Scan(&n, &ms, &e.Kind, &e.Version, &e.ID, &e.Sender, &e.Erased, &e.Value) {
			return iter.Close()
		}
		e.Position = hubbub.Position{Epoch: uint32(b.epoch), N: uint64(n)}
		e.Time = time.UnixMilli(ms).UTC()
		if !take(e) {
			return iter.Close()
		}
	}
}

// Find returns the message with an id, the newest should there be several.
func (a *Archive) Find(ctx context.Context, stream hubbub.StreamID, id hubbub.MessageID) (archive.Entry, bool, error) {
	leave, err := a.enter()
	if err != nil {
		return archive.Entry{}, false, err
	}
	defer leave()
	found, err := a.find(ctx, stream, newest, id)
	if err == nil {
		err = a.withhold(ctx, stream, found)
	}
	if err != nil {
		return archive.Entry{}, false, fmt.Errorf("find message %s of stream %s: %w", id, stream, interpret(err))
	}
	if len(found) == 0 {
		return archive.Entry{}, false, nil
	}
	return found[0], true, nil
}

// find looks for a message bucket by bucket, downwards from a position; most that are
// looked for are new.
func (a *Archive) find(ctx context.Context, stream hubbub.StreamID, from hubbub.Position, id hubbub.MessageID) (found []archive.Entry, err error) {
	if id == "" {
		return nil, nil
	}
	err = a.buckets(ctx, stream, from, false, func(d described) (bool, error) {
		if d.messages == 0 {
			return true, nil
		}
		args := []any{string(stream), d.epoch, d.number, string(id)}
		err := a.entries(ctx, d.bucket, 10, findEntry, args, func(e archive.Entry) bool {
			if e.Kind == hubbub.KindMessage {
				found = append(found, e)
			}
			return len(found) == 0
		})
		return len(found) == 0, err
	})
	return found, err
}

// withhold marks those of a stream's entries that a moderator removed.
func (a *Archive) withhold(ctx context.Context, stream hubbub.StreamID, entries []archive.Entry) error {
	ids := map[string][]string{} // by prefix
	for i := range entries {
		if e := &entries[i]; e.Kind == hubbub.KindMessage && e.ID != "" {
			ids[prefixOf(e.ID)] = append(ids[prefixOf(e.ID)], string(e.ID))
		}
	}
	cleared, err := a.cleared(ctx, stream)
	if err != nil {
		return err
	}
	listed, err := a.listed(ctx, stream, ids)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		e.Withheld = e.Kind == hubbub.KindMessage && (listed[e.ID] || e.Position.Before(cleared))
	}
	return nil
}

// cleared returns where a stream was cleared last.
func (a *Archive) cleared(ctx context.Context, stream hubbub.StreamID) (p hubbub.Position, err error) {
	err = a.session.Query(`SELECT epoch, n FROM clears WHERE stream = ? LIMIT 1`, string(stream)).Idempotent(true).ScanContext(ctx, &p.Epoch, &p.N)
	if errors.Is(err, gocql.ErrNotFound) {
		return hubbub.Position{}, nil
	}
	return p, err
}

// listed returns which of the ids, given by prefix, are withheld one by one.
func (a *Archive) listed(ctx context.Context, stream hubbub.StreamID, ids map[string][]string) (map[hubbub.MessageID]bool, error) {
	listed := map[hubbub.MessageID]bool{}
	for prefix, some := range ids {
		iter := a.query(ctx, archive.MaxLimit, `SELECT id FROM withheld WHERE stream = ? AND prefix = ? AND id IN ?`, string(stream), prefix, some)
		var id hubbub.MessageID
		for iter.Scan(&id) {
			listed[id] = true
		}
		if err := iter.Close(); err != nil {
			return nil, err
		}
	}
	return listed, nil
}

// Streams lists the streams with entries.
func (a *Archive) Streams(ctx context.Context, after hubbub.StreamID, limit int) ([]hubbub.StreamID, error) {
	leave, err := a.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	var found [shards][]hubbub.StreamID
	err = a.each(ctx, func(g *errgroup.Group, ctx context.Context) {
		for shard := range shards {
			g.Go(func() (err error) {
				found[shard], err = a.streamsOf(ctx, shard, after, limit)
				return err
			})
		}
	})
	if err != nil {
		return nil, fmt.Errorf("list the streams that are archived: %w", interpret(err))
	}
	all := slices.Concat(found[:]...)
	slices.Sort(all)
	return all[:min(limit, len(all))], nil
}

func (a *Archive) streamsOf(ctx context.Context, shard int, after hubbub.StreamID, limit int) (found []hubbub.StreamID, err error) {
	iter := a.query(ctx, limit, `SELECT stream FROM streams WHERE shard = ? AND stream > ? LIMIT ?`, shard, string(after), limit)
	var id hubbub.StreamID
	for iter.Scan(&id) {
		found = append(found, id)
	}
	return found, iter.Close()
}
