package room

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// keep is how many of the newest events of a channel a room has at hand for
// joins and resumes: more than a SUBSCRIBE may ask for.
const keep = 256

// In a busy room that is one second. Who comes back, with many others, from a chat server
// that was stopped takes longer, and is not to read archive and log for it, so the events
// of keepFor are at hand too, as far as they are no more than keepMost.
const (
	keepFor  = 10 * time.Second // in log time
	keepMost = 2048
)

// recent has the newest events of a positioned channel, oldest first.
type recent struct {
	events []event
	full   int // when it is that long, what need not be kept is dropped
}

func (q *recent) add(e event) {
	if len(q.events) >= max(q.full, 2*keep) {
		from := len(q.events) - keep
		for from > 0 && len(q.events)-from < keepMost && e.time.Sub(q.events[from-1].time) <= keepFor {
			from--
		}
		q.events = append(q.events[:0:0], q.events[from:]...)
		q.full = 2 * len(q.events)
	}
	q.events = append(q.events, e)
}

// load brings the room to the present: its newest messages, its rules, and what
// was said meanwhile. The subscription comes first, so that nothing falls
// between; batches are held until load is done.
func (r *Room) load(ctx context.Context) error {
	cancel, err := r.hub.options.Bus.Subscribe(ctx, r.id, r.take)
	if err != nil {
		return fmt.Errorf("subscribe to the live bus: %w", err)
	}
	r.cancel = cancel
	messages, err := r.messages(ctx)
	if err != nil {
		return err
	}
	var newest hubbub.Position
	if len(messages) > 0 {
		newest = messages[len(messages)-1].Position
	}
	if err := r.seedControls(ctx, newest); err != nil {
		return err
	}
	r.seedMessages(messages, newest)
	for {
		entries, through, err := r.hub.options.History.After(ctx, r.id, newest, 500)
		if errors.Is(err, eventlog.ErrGone) { // the log has begun another life: a gap, once something is said
			if err := r.laterControls(ctx, newest); err != nil {
				return err
			}
			break
		}
		if err != nil {
			return fmt.Errorf("read up to the present: %w", err)
		}
		r.append(entries, through)
		if len(entries) < 500 {
			break
		}
		newest = through
	}
	r.seedLatest(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.mended() { // more was announced than could be read
		r.mu.repairs.active = false
		r.repairTo(r.mu.repairs.target)
	}
	return nil
}

// messages returns the newest messages, oldest first: as many as are kept for
// joins, and those in which a repeated nonce would be looked for.
func (r *Room) messages(ctx context.Context) ([]archive.Entry, error) {
	kind := hubbub.KindMessage
	var all []archive.Entry
	for limit := keep; ; limit = 1000 {
		q := archive.Query{Stream: r.id, Kind: &kind, Limit: limit}
		if len(all) > 0 {
			q.Before = all[0].Position
		}
		page, err := r.hub.options.History.Page(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("read the newest messages: %w", err)
		}
		all = append(page, all...)
		if len(page) < limit || len(all) >= maxNonces || r.hub.options.Now().Sub(page[0].Time) > nonceWindow {
			return all, nil
		}
	}
}

// seedControls takes all control records up to a position: bans are as old as they
// are, so they come from the archive, however little the log keeps. They are read
// after the newest messages, so none before those is missing.
func (r *Room) seedControls(ctx context.Context, through hubbub.Position) error {
	for after := (hubbub.Position{}); after.Before(through); {
		page, err := r.controls(ctx, after)
		if err != nil {
			return err
		}
		begun := page
		for len(begun) > 0 && through.Before(begun[len(begun)-1].Position) {
			begun = begun[:len(begun)-1]
		}
		r.seed(begun)
		if len(page) < archive.MaxLimit {
			return nil
		}
		after = page[len(page)-1].Position
	}
	return nil
}

// laterControls appends the control records after a position, where the log has
// nothing to say of what lies there: they are archived and hold still.
func (r *Room) laterControls(ctx context.Context, after hubbub.Position) error {
	for {
		page, err := r.controls(ctx, after)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].Position
		r.append(page, after)
	}
}

// controls returns a page of the control records after a position.
func (r *Room) controls(ctx context.Context, after hubbub.Position) ([]archive.Entry, error) {
	kind := hubbub.KindControl
	page, err := r.hub.options.History.Page(ctx, archive.Query{
		Stream: r.id, After: after, Forward: true, Kind: &kind, Limit: archive.MaxLimit,
	})
	if err != nil {
		return nil, fmt.Errorf("read the room's control records: %w", err)
	}
	return page, nil
}

// seedMessages takes the newest messages, which end at newest.
func (r *Room) seedMessages(messages []archive.Entry, newest hubbub.Position) {
	r.seed(messages)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, entry := range messages {
		if entry.Withheld {
			r.remove(entry.ID)
		}
	}
	// The first kept message may have others before it, which a chain from the
	// beginning of the room would deny.
	if q := &r.mu.recent[hubbub.MessageChannel]; len(messages) >= keep && q.events[0].prev.IsZero() {
		q.events = q.events[1:]
	}
	r.mu.last, r.mu.flushed = newest, newest
}

// seed takes what is known of the past, which is not flushed to anybody.
func (r *Room) seed(entries []archive.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, entry := range entries {
		e, ok := eventOf(entry)
		if !ok {
			continue
		}
		prev := r.mu.ends[e.Channel]
		kept := event{id: e.ID, position: e.Position, prev: prev, time: e.Time, value: e.Value, gap: life(prev, e.Position)}
		r.note(e, &kept)
		r.mu.recent[e.Channel].add(kept)
		r.mu.ends[e.Channel] = e.Position
	}
}

func (r *Room) seedLatest(ctx context.Context) {
	if r.hub.options.Latest == nil {
		return
	}
	for c := range hubbub.Channels {
		channel := hubbub.Channel(c)
		if channel.Positioned() {
			continue
		}
		value, ok, err := r.hub.options.Latest(ctx, r.id, channel)
		if err != nil {
			r.logger().Warn("the newest value of a channel cannot be had", "channel", channel.String(), "error", err)
		}
		r.mu.Lock()
		if ok && r.mu.latest[c] == nil {
			r.mu.latest[c] = value
		}
		r.mu.Unlock()
	}
}
