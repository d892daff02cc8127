package room

import (
	"context"
	"errors"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/moderation"
)

// maxReplay bounds how many messages a resume brings; what is beyond it is a gap,
// so that a viewer that comes back after a week does not get the week.
const maxReplay = 5000

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

// join adds a subscription. It waits for history while a resume reaches back
// further than what the room has at hand.
func (r *Room) join(ctx context.Context, j Join) (*Subscription, error) {
	s := &Subscription{room: r, channel: j.Channel, format: j.Format, viewer: j.Viewer}
	r.touch()
	if !j.Channel.Positioned() {
		return s, r.joinLatest(s, j)
	}
	if j.After != nil {
		return s, r.resume(ctx, s, j)
	}
	return s, r.joinLive(s, j)
}

// joinLatest attaches and gives the newest value.
func (r *Room) joinLatest(s *Subscription, j Join) error {
	r.viewers.Lock()
	defer r.viewers.Unlock()
	if r.viewers.closed {
		return errEvicted
	}
	r.mu.Lock()
	position, value := r.mu.flushed, r.mu.latest[j.Channel]
	r.mu.Unlock()
	out := receipt(j, position)
	if value != nil {
		b := batch{room: r, channel: j.Channel, events: []event{{id: "latest", value: value}}}
		out = append(out, b.encode(j.Format, all)...)
	}
	r.attach(s)
	offer(j.Viewer, out)
	return nil
}

// joinLive attaches at the present, after the newest j.History events.
func (r *Room) joinLive(s *Subscription, j Join) error {
	r.viewers.Lock()
	defer r.viewers.Unlock()
	if r.viewers.closed {
		return errEvicted
	}
	position, shown := r.present(j.Channel)
	shown = shown[max(0, len(shown)-j.History):]
	out := receipt(j, position)
	out = append(out, r.replay(j, shown, span{})...)
	r.attach(s)
	offer(j.Viewer, out)
	return nil
}

// present returns the position that has been flushed to viewers and a copy of the
// recent events up to it; viewers is held, so it stays so.
func (r *Room) present(channel hubbub.Channel) (hubbub.Position, []event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.mu.pending[hubbub.MessageChannel])+len(r.mu.pending[hubbub.EventChannel]) == 0 {
		r.mu.flushed = r.mu.last
	}
	events := r.mu.recent[channel].events
	events = events[:max(0, len(events)-len(r.mu.pending[channel]))]
	shown := make([]event, len(events))
	for i, e := range events {
		if channel == hubbub.MessageChannel && r.mu.rules.Withheld(hubbub.MessageID(e.id), e.position) {
			e.value = moderation.Withhold(e.value)
		}
		shown[i] = e
	}
	return r.mu.flushed, shown
}

// resume brings everything after a position, from history as far as the room does
// not have it at hand, and attaches.
func (r *Room) resume(ctx context.Context, s *Subscription, j Join) error {
	after := *j.After
	gap := span{}
	if r.otherEpoch(after) {
		gap.from = after
	}
	out := receipt(j, after)
	for budget := maxReplay; ; {
		r.viewers.Lock()
		if r.viewers.closed {
			r.viewers.Unlock()
			return errEvicted
		}
		position, shown := r.present(j.Channel)
		reach := r.reach(j.Channel, position, shown)
		lost := !gap.from.IsZero() || budget <= 0
		if lost || reach.Compare(after) <= 0 {
			if lost {
				gap.from = after
				after = reach
				gap.to = reach
			}
			r.finishResume(s, j, out, position, shown, after, gap)
			r.viewers.Unlock()
			return nil
		}
		r.viewers.Unlock()

		entries, through, err := r.hub.options.History.After(ctx, r.id, after, 500)
		if errors.Is(err, eventlog.ErrGone) {
			gap.from = after
			continue
		}
		if err != nil {
			return &hubbub.Error{Code: hubbub.CodeUnavailable, Message: "history cannot be read now, try again shortly", Err: err}
		}
		events := r.past(j.Channel, entries, after)
		budget -= len(entries)
		out = append(out, r.replay(j, events, span{})...)
		if !offer(j.Viewer, out) {
			return &hubbub.Error{Code: hubbub.CodeSlowConsumer, Message: "the connection does not take what it asked for"}
		}
		out = nil
		if err := j.Catch(ctx); err != nil {
			return err
		}
		after = through
	}
}

// finishResume sends the last of a replay from what is at hand and attaches; viewers is held.
func (r *Room) finishResume(s *Subscription, j Join, out []byte, position hubbub.Position, shown []event, after hubbub.Position, gap span) {
	rest := shown
	for len(rest) > 0 && rest[0].position.Compare(after) <= 0 {
		rest = rest[1:]
	}
	out = append(out, r.replay(j, rest, gap)...)
	r.attach(s)
	if len(rest) == 0 && !gap.empty() {
		s.gap = gap
		r.viewers.lagging[s] = struct{}{}
	}
	if position.Before(after) { // newer than what has been seen here: what comes after it follows
		s.after = after
	}
	offer(j.Viewer, out)
}

// reach returns the position after which the events at hand have everything.
func (r *Room) reach(channel hubbub.Channel, position hubbub.Position, shown []event) hubbub.Position {
	if len(shown) > 0 {
		return shown[0].prev
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.mu.pending[channel]) > 0 {
		return r.mu.pending[channel][0].prev
	}
	return r.mu.ends[channel]
}

// otherEpoch says whether a position is from an earlier life of the log. One from
// a later life is merely newer than what this server has seen.
func (r *Room) otherEpoch(p hubbub.Position) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !p.IsZero() && p.Epoch < r.mu.last.Epoch
}

// past makes events of a channel of what history returned, chained from after.
func (r *Room) past(channel hubbub.Channel, entries []archive.Entry, after hubbub.Position) []event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var events []event
	prev := after
	for _, entry := range entries {
		e, ok := eventOf(entry)
		if !ok || e.Channel != channel {
			continue
		}
		kept := event{id: e.ID, position: e.Position, prev: prev, time: e.Time, value: e.Value}
		if channel == hubbub.MessageChannel && r.mu.rules.Withheld(entry.ID, e.Position) {
			kept.value = moderation.Withhold(kept.value)
		}
		events = append(events, kept)
		prev = e.Position
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

func offer(v Viewer, out []byte) bool {
	return len(out) == 0 || v.Offer(out)
}
