package room

import (
	"context"
	"errors"
	"slices"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/moderation"
)

// maxReplay bounds how many messages a resume brings; what is beyond it is a gap,
// so that a viewer that comes back after a week does not get the week.
const maxReplay = 5000

// ErrHalfway is why a subscription ended whose RECEIPT may have gone out already: it
// cannot be refused any more, so the session has to end.
var ErrHalfway = errors.New("a resume broke off")

// A Join is what a viewer asks for.
type Join struct {
	Channel hubbub.Channel
	Format  Format
	Viewer  Viewer
	// Catch waits until the viewer's backlog is empty, so that a long replay goes
	// at the viewer's pace.
	Catch func(ctx context.Context) error
	// Receipt makes the RECEIPT for the position that the subscription starts
	// after; nil: none was asked for. It goes out before any message.
	Receipt func(hubbub.Position) []byte

	History int              // of a positioned channel: the newest n first
	After   *hubbub.Position // instead: everything after it
}

// join adds a subscription. It waits for the viewer to take what waits for it
// before it is given anything of the past, and for history while a resume reaches
// back further than what the room has at hand.
func (r *Room) join(ctx context.Context, j Join) (*Subscription, error) {
	s := &Subscription{room: r, channel: j.Channel, format: j.Format, viewer: j.Viewer, index: -1}
	if err := r.enter(); err != nil {
		return nil, err
	}
	if err := r.begin(ctx, s, j); err != nil {
		s.Leave()
		return nil, err
	}
	return s, nil
}

// enter counts one more viewer, so that the room stays while it joins.
func (r *Room) enter() error {
	r.viewers.Lock()
	defer r.viewers.Unlock()
	if r.viewers.closed {
		return errEvicted
	}
	r.viewers.count++
	return nil
}

func (r *Room) begin(ctx context.Context, s *Subscription, j Join) error {
	switch {
	case !j.Channel.Positioned():
		r.joinLatest(s, j)
		return nil
	case j.After != nil:
		return r.resume(ctx, s, j)
	case j.History > 0:
		if err := j.Catch(ctx); err != nil {
			return err
		}
	}
	r.joinLive(s, j)
	return nil
}

// joinLatest attaches and gives the newest value.
func (r *Room) joinLatest(s *Subscription, j Join) {
	r.viewers.Lock()
	defer r.viewers.Unlock()
	r.mu.Lock()
	position, value := r.mu.flushed, r.mu.latest[j.Channel]
	r.mu.Unlock()
	out := receipt(j, position)
	if value != nil {
		b := batch{room: r, channel: j.Channel, events: []event{{id: "latest", value: value}}}
		out = append(out, b.encode(j.Format, all)...)
	}
	r.attach(s)
	give(j.Viewer, out)
}

// joinLive attaches at the present, after the newest j.History events.
func (r *Room) joinLive(s *Subscription, j Join) {
	r.viewers.Lock()
	defer r.viewers.Unlock()
	position, events := r.present(j.Channel)
	newest := r.shown(j.Channel, events[max(0, len(events)-j.History):])
	out := receipt(j, position)
	out = append(out, r.replay(j, newest, span{})...)
	r.attach(s)
	give(j.Viewer, out)
}

// present returns the position that has been flushed to viewers and the events at
// hand up to it, which are not the caller's to change; viewers is held, so it
// stays so.
func (r *Room) present(channel hubbub.Channel) (hubbub.Position, []event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.mu.pending[hubbub.MessageChannel])+len(r.mu.pending[hubbub.EventChannel]) == 0 {
		r.mu.flushed = r.mu.last
	}
	events := r.mu.recent[channel].events
	return r.mu.flushed, events[:max(0, len(events)-len(r.mu.pending[channel]))]
}

// shown returns a copy of events at hand as they are to be shown now.
func (r *Room) shown(channel hubbub.Channel, events []event) []event {
	shown := slices.Clone(events)
	if channel != hubbub.MessageChannel {
		return shown
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range shown {
		e := &shown[i]
		if _, removed := r.mu.removed[hubbub.MessageID(e.id)]; removed || r.mu.rules.Withheld(hubbub.MessageID(e.id), e.position) {
			e.value = moderation.Withhold(e.value)
			e.nonce = ""
		}
	}
	return shown
}

// resume brings everything after a position, from history as far as the room does
// not have it at hand, and attaches.
func (r *Room) resume(ctx context.Context, s *Subscription, j Join) error {
	c := catchUp{after: *j.After, last: *j.After, out: receipt(j, *j.After)}
	for budget, gone, begun := maxReplay, false, false; ; begun = true {
		if err := j.Catch(ctx); err != nil {
			return err
		}
		switch r.catchUp(s, j, &c, gone || budget <= 0) {
		case attached:
			return nil
		case more:
			continue
		}
		entries, through, err := r.hub.options.History.After(ctx, r.id, c.after, atOnce)
		if gone = errors.Is(err, eventlog.ErrGone); gone {
			continue
		}
		if err != nil {
			if begun {
				err = errors.Join(ErrHalfway, err)
			}
			return &hubbub.Error{Code: hubbub.CodeUnavailable, Message: "history cannot be read now, try again shortly", Err: err}
		}
		budget -= len(entries)
		events := r.past(j.Channel, entries, c.last)
		if n := len(events); n > 0 {
			c.last = events[n-1].position
		}
		c.after = through
		give(j.Viewer, append(c.out, r.replay(j, events, span{})...))
		c.out = nil
	}
}

// catchUp is how far a resume has got.
type catchUp struct {
	after hubbub.Position // what is up to here was brought
	last  hubbub.Position // the last event brought, or where it began
	out   []byte          // what is to go out first
}

// atOnce is how much is given to a viewer before it has to have taken it in.
const atOnce = 500

// What came of a catchUp.
const (
	attached = iota
	more     // there is more at hand
	beyond   // what comes next is not at hand
)

// catchUp attaches if what is at hand continues where the resume is, or must do
// because it has to end; what lies between is then a gap. Of much it gives a part.
func (r *Room) catchUp(s *Subscription, j Join, c *catchUp, end bool) int {
	r.viewers.Lock()
	defer r.viewers.Unlock()
	position, events := r.present(j.Channel)
	gap := span{}
	if reach := r.reach(j.Channel, events); c.after.Before(reach) {
		if !end {
			return beyond
		}
		gap = span{from: c.last, to: reach}
		c.after, c.last = reach, reach
	}
	for len(events) > 0 && events[0].position.Compare(c.after) <= 0 {
		events = events[1:]
	}
	part := len(events) > atOnce
	if part {
		events = events[:atOnce]
		c.after = events[atOnce-1].position
	}
	rest := r.shown(j.Channel, events)
	for i := range rest {
		if between := life(c.last, rest[i].position); !between.empty() {
			rest[i].gap = between
		}
		c.last = rest[i].position
	}
	if part {
		give(j.Viewer, append(c.out, r.replay(j, rest, gap)...))
		c.out = nil
		return more
	}
	r.attach(s)
	if len(rest) == 0 {
		s.gap = gap.and(life(c.last, r.next(j.Channel)))
	}
	give(j.Viewer, append(c.out, r.replay(j, rest, gap)...))
	if position.Before(c.after) { // newer than what has been seen here: what comes after it follows
		s.after = c.after
	}
	if !s.gap.empty() {
		r.viewers.lagging[s] = struct{}{}
	}
	return attached
}

// reach returns the position after which the events at hand have everything.
func (r *Room) reach(channel hubbub.Channel, events []event) hubbub.Position {
	if len(events) > 0 {
		return events[0].prev
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.mu.pending[channel]) > 0 {
		return r.mu.pending[channel][0].prev
	}
	return r.mu.ends[channel]
}

// next returns the position of the next event of a channel if there is one already,
// else the newest of the room.
func (r *Room) next(channel hubbub.Channel) hubbub.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	if pending := r.mu.pending[channel]; len(pending) > 0 {
		return pending[0].position
	}
	return r.mu.last
}

// past makes events of a channel of what history returned, chained from last.
func (r *Room) past(channel hubbub.Channel, entries []archive.Entry, last hubbub.Position) []event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var events []event
	for _, entry := range entries {
		e, ok := eventOf(entry)
		if !ok || e.Channel != channel {
			continue
		}
		kept := event{id: e.ID, position: e.Position, prev: last, time: e.Time, value: e.Value, gap: life(last, e.Position)}
		if entry.Withheld || channel == hubbub.MessageChannel && r.mu.rules.Withheld(entry.ID, e.Position) {
			kept.value = moderation.Withhold(kept.value)
		} else if m, ok := withNonce(kept.value); ok && channel == hubbub.MessageChannel {
			kept.nonce = m.Nonce
		}
		events = append(events, kept)
		last = e.Position
	}
	return events
}

// replay encodes events of the past for one viewer.
func (r *Room) replay(j Join, events []event, gap span) []byte {
	if len(events) == 0 {
		return nil
	}
	b := batch{room: r, channel: j.Channel, events: events}
	return b.encode(j.Format, special{replay: true, gap: gap})
}

// receipt returns the RECEIPT's bytes, if one was asked for.
func receipt(j Join, position hubbub.Position) []byte {
	if j.Receipt == nil {
		return nil
	}
	return transport.AppendMessage(j.Format.Transport, nil, j.Receipt(position))
}

func give(v Viewer, out []byte) {
	if len(out) > 0 {
		v.Send(out)
	}
}
