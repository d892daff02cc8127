package cassandraarchive

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

const (
	addErasure  = `INSERT INTO erasures (month, through, user) VALUES (?, ?, ?)`
	listErasure = `SELECT user, through FROM erasures WHERE month = ? AND through >= ?`
	listSent    = `SELECT stream, epoch, n, time, id, value FROM records WHERE sender = ?`
	eraseEntry  = `UPDATE records USING TIMESTAMP ? SET sender = null, erased = true, value = ?
		WHERE stream = ? AND epoch = ? AND bucket = ? AND n = ?`
)

// clockSkew is more than clocks of processes differ by.
const clockSkew = 24 * time.Hour

// Erase notes the erasure first, so that whatever comes in from then on is blanked, and
// then goes through what is there, by the index of senders. Nodes keep the texts in
// their files until these are compacted.
func (a *Archive) Erase(ctx context.Context, user hubbub.UserID) (int64, error) {
	leave, err := a.enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	if user == "" { // nobody: the sender of controls
		return 0, nil
	}
	changed, err := a.erase(ctx, user)
	if err != nil {
		return changed, fmt.Errorf("erase what user %s sent: %w", user, interpret(err))
	}
	return changed, nil
}

func (a *Archive) erase(ctx context.Context, user hubbub.UserID) (int64, error) {
	through := a.now().Add(archive.ErasureReach).UnixMilli()
	if err := a.exec(ctx, addErasure, month(through), through, string(user)); err != nil {
		return 0, err
	}
	var changed atomic.Int64
	var read error
	err := a.each(ctx, func(g *errgroup.Group, ctx context.Context) {
		read = a.sentBy(ctx, user, through, func(e archive.Entry) {
			g.Go(func() error {
				err := a.blank(ctx, &e)
				if err == nil {
					changed.Add(1)
				}
				return err
			})
		})
	})
	return changed.Load(), errors.Join(err, read)
}

// sentBy calls take for what a user sent up to a time in Unix ms.
func (a *Archive) sentBy(ctx context.Context, user hubbub.UserID, through int64, take func(archive.Entry)) error {
	iter := a.query(ctx, 500, listSent, string(user))
	for {
		var e archive.Entry
		var ms int64
		if !iter.Scan(&e.Stream, &e.Position.Epoch, &e.Position.N, &ms, &e.ID, &e.Value) {
			return iter.Close()
		}
		if e.Time = time.UnixMilli(ms); ms <= through {
			take(e)
		}
	}
}

// blank takes name and text from a row, and the sentences that cite it.
func (a *Archive) blank(ctx context.Context, e *archive.Entry) error {
	b := bucketOf(e.Stream, e.Position)
	err := a.exec(ctx, eraseEntry, e.Time.UnixMicro()+1, archive.Blank(e.Value), string(b.stream), b.epoch, b.number, number(e.Position))
	if err != nil || e.ID == "" {
		return err
	}
	return a.eraseSentences(ctx, e.Stream, e.ID)
}

// blankErased blanks those of entries, which are stored, whose senders were erased.
func (a *Archive) blankErased(ctx context.Context, entries []archive.Entry) error {
	oldest := entries[0].Time
	for i := range entries {
		if entries[i].Time.Before(oldest) {
			oldest = entries[i].Time
		}
	}
	erased, err := a.erasedSince(ctx, oldest.UnixMilli())
	if err != nil || len(erased) == 0 {
		return err
	}
	return a.each(ctx, func(g *errgroup.Group, ctx context.Context) {
		for i := range entries {
			e := &entries[i]
			if through, ok := erased[e.Sender]; ok && e.Time.UnixMilli() <= through {
				g.Go(func() error { return a.blank(ctx, e) })
			}
		}
	})
}

// erasedSince returns the erasures that may concern what was said at a time in Unix ms
// or later, with how far they go.
func (a *Archive) erasedSince(ctx context.Context, since int64) (map[hubbub.UserID]int64, error) {
	erased := map[hubbub.UserID]int64{}
	last := month(a.now().Add(archive.ErasureReach + clockSkew).UnixMilli())
	for m := month(since); m <= last; m++ {
		iter := a.query(ctx, 1000, listErasure, m, since)
		var user hubbub.UserID
		var through int64
		for iter.Scan(&user, &through) {
			erased[user] = max(erased[user], through)
		}
		if err := iter.Close(); err != nil {
			return nil, err
		}
	}
	return erased, nil
}
