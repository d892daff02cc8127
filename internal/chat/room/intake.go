package room

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/follow"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// A repair is under way while the room does not have all that lies before what
// the bus last gave it, as when it has just been made.
type repair struct {
	active bool
	held   []livebus.Event // what came meanwhile, oldest first
	target hubbub.Position // fetch up to here at least

	// How often the bus said that something was missed, and how much of that is
	// settled: history was read to its end since.
	doubts, settled int
}

// maxHeld bounds what is held during a repair; beyond it the repair fetches that
// too.
const maxHeld = 10_000

// repairPage is how many records a repair fetches at once.
const repairPage = 500

// longestPause is how long a room waits at most before it asks history again.
const longestPause = 2 * time.Second

// take is the room's livebus.Handler.
func (r *Room) take(b livebus.Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.repairs.active {
		r.hold(b.Events)
	} else {
		r.admit(b.Events)
	}
	if b.Missed {
		r.mu.repairs.doubts++
	}
	if b.Missed || r.mu.last.Before(b.Newest) {
		r.repairTo(b.Newest)
	}
}

// hold keeps events for after the repair; mu is held.
func (r *Room) hold(events []livebus.Event) {
	p := &r.mu.repairs
	for _, e := range events {
		if !e.Channel.Positioned() {
			r.push(e)
			continue
		}
		if len(p.held) >= maxHeld {
			p.target = later(p.target, p.held[len(p.held)-1].Position)
			p.held = nil
		}
		p.held = append(p.held, e)
	}
}

// admit appends what continues the chain; at a hole it starts a repair and holds
// the rest. mu is held.
func (r *Room) admit(events []livebus.Event) {
	for i, e := range events {
		switch {
		case !e.Channel.Positioned():
			r.push(e)
		case e.Position.Compare(r.mu.last) <= 0: // seen
		case e.Prev.Compare(r.mu.last) <= 0:
			r.push(e)
		default:
			r.repairTo(e.Prev)
			r.hold(events[i:])
			return
		}
	}
}

// repairTo starts fetching what lies up to target; mu is held.
func (r *Room) repairTo(target hubbub.Position) {
	r.mu.repairs.target = later(r.mu.repairs.target, target)
	if r.mu.repairs.active || r.mu.closed {
		return
	}
	r.mu.repairs.active = true
	r.work.Go(func() { r.repair(r.ctx) })
}

func later(p, q hubbub.Position) hubbub.Position {
	if p.Before(q) {
		return q
	}
	return p
}

// repair fetches from history until the chain is whole again, for as long as it
// takes: viewers wait rather than be shown a chat with a hole in it.
func (r *Room) repair(ctx context.Context) {
	pause, idle := follow.Pause{Longest: longestPause}, false
	for ctx.Err() == nil {
		r.mu.Lock()
		if r.mended() {
			r.mu.Unlock()
			return
		}
		last, doubts := r.mu.last, r.mu.repairs.doubts
		r.mu.Unlock()
		if idle { // what the bus has seen is not readable yet
			pause.Wait(ctx)
			idle = false
		}

		entries, through, err := r.hub.options.History.After(ctx, r.id, last, repairPage)
		switch {
		case errors.Is(err, eventlog.ErrGone):
			r.logger().Error("messages are gone from log and archive; viewers are told of a gap", "after", last.String())
			r.jump(doubts)
		case err != nil:
			r.logger().Warn("a gap in the live messages cannot be filled yet", "after", last.String(), "error", err)
			pause.Wait(ctx)
		default:
			if len(entries) > 0 {
				pause.Reset()
			}
			idle = len(entries) == 0 && !last.Before(through)
			r.append(entries, through)
			if len(entries) < repairPage {
				r.settle(doubts)
			}
		}
	}
}

// settle notes that history was read to its end: what comes later comes by the bus.
func (r *Room) settle(doubts int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.repairs.settled = doubts
}

// mended ends the repair if nothing is missing any more; what was held may begin
// another, which has a goroutine of its own. mu is held.
func (r *Room) mended() bool {
	p := &r.mu.repairs
	if p.settled < p.doubts || r.mu.last.Before(p.target) {
		return false
	}
	held := p.held
	*p = repair{}
	r.admit(held)
	return true
}

// append adds what was fetched to the chain.
func (r *Room) append(entries []archive.Entry, through hubbub.Position) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, entry := range entries {
		if e, ok := eventOf(entry); ok && r.mu.last.Before(e.Position) {
			r.push(e)
		}
	}
	if r.mu.last.Before(through) {
		r.mu.last = through
	}
}

// jump gives up what cannot be had and declares it, if anything is known to lie
// there; if not, the next event tells.
func (r *Room) jump(doubts int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.repairs.settled = doubts
	to := later(r.mu.repairs.target, r.mu.last)
	if held := r.mu.repairs.held; len(held) > 0 && to.Before(held[0].Prev) {
		to = held[0].Prev
	}
	if to == r.mu.last {
		return
	}
	for c := range hubbub.Channels {
		if hubbub.Channel(c).Positioned() {
			r.mu.gap[c] = r.mu.gap[c].and(span{from: r.mu.last, to: to})
			r.mu.untold[c] = r.mu.gap[c]
		}
	}
	r.mu.last = to
}

// push adds an event that is next in order, and sees that it is flushed; mu is held.
func (r *Room) push(e livebus.Event) {
	kept := event{id: e.ID, position: e.Position, time: e.Time, value: e.Value}
	if e.Channel.Positioned() {
		kept.prev = r.mu.ends[e.Channel]
		if kept.gap = r.mu.gap[e.Channel]; kept.gap.empty() {
			kept.gap = life(kept.prev, e.Position)
		}
		r.mu.ends[e.Channel], r.mu.gap[e.Channel], r.mu.untold[e.Channel] = e.Position, span{}, span{}
		r.mu.last = e.Position
		control := r.note(e, &kept)
		if control != nil && r.hub.options.OnControl != nil {
			r.hub.options.OnControl(r.id, control)
		}
		r.mu.recent[e.Channel].add(kept)
		r.mu.pending[e.Channel] = append(r.mu.pending[e.Channel], kept)
	} else {
		r.mu.latest[e.Channel] = e.Value
		r.mu.pending[e.Channel] = append(r.mu.pending[e.Channel][:0], kept) // the latest wins
	}
	r.schedule()
}

// note takes what the room itself must know of an event, and returns it if it is a
// control record; mu is held.
func (r *Room) note(e livebus.Event, kept *event) *hubbub.Control {
	switch e.Channel {
	case hubbub.EventChannel:
		control, err := hubbub.ParseControl(e.Value)
		if err != nil {
			r.logger().Warn("a control record cannot be read and is not honoured", "position", e.Position.String(), "error", err)
			return nil
		}
		r.mu.rules.Apply(&control, e.Position, e.Time)
		if control.Action == hubbub.ActionDelete {
			r.remove(control.MessageID)
		}
		return &control
	default:
		if m, ok := withNonce(e.Value); ok {
			kept.nonce = m.Nonce
			r.mu.nonces.add(&m, e.Position, e.Time)
		}
	}
	return nil
}

// remove notes that a message at hand was removed; mu is held.
func (r *Room) remove(id hubbub.MessageID) {
	if !slices.ContainsFunc(r.mu.recent[hubbub.MessageChannel].events, func(e event) bool { return e.id == string(id) }) {
		return
	}
	if len(r.mu.removed) >= 4*keep { // half of them at least are not at hand any more
		at := map[hubbub.MessageID]struct{}{}
		for _, e := range r.mu.recent[hubbub.MessageChannel].events {
			if _, removed := r.mu.removed[hubbub.MessageID(e.id)]; removed {
				at[hubbub.MessageID(e.id)] = struct{}{}
			}
		}
		r.mu.removed = at
	}
	if r.mu.removed == nil {
		r.mu.removed = map[hubbub.MessageID]struct{}{}
	}
	r.mu.removed[id] = struct{}{}
}

// noncePrefix is what precedes the nonce, the last field as this program writes it.
// In a string its quotes would be escaped.
var noncePrefix = []byte(`,"nonce":"`)

// withNonce reads id, sender and nonce of a message that has a nonce; most have
// none. It runs under the room's lock, so it decodes only what was written by
// somebody else.
func withNonce(value []byte) (m hubbub.Message, ok bool) {
	if at := bytes.LastIndex(value, noncePrefix); at >= 0 {
		nonce, last := bytes.CutSuffix(value[at+len(noncePrefix):], []byte(`"}`))
		if last && !bytes.ContainsAny(nonce, `"\`) {
			head := archive.Of(eventlog.Record{Value: value})
			m.ID, m.Sender.ID, m.Nonce = head.ID, head.Sender, string(nonce)
			return m, m.Nonce != ""
		}
	}
	if !bytes.Contains(value, []byte(`"nonce"`)) {
		return m, false
	}
	m, err := hubbub.ParseMessage(value)
	return m, err == nil && m.Nonce != ""
}

// eventOf makes of an archived record what the relay would have published; ok is
// false for kinds that are not shown.
func eventOf(e archive.Entry) (livebus.Event, bool) {
	out := livebus.Event{ID: string(e.ID), Position: e.Position, Time: e.Time, Kind: e.Kind, Value: e.Value}
	if out.ID == "" {
		out.ID = e.Position.String()
	}
	switch e.Kind {
	case hubbub.KindMessage:
		out.Channel = hubbub.MessageChannel
	case hubbub.KindControl:
		out.Channel = hubbub.EventChannel
	default:
		return out, false
	}
	return out, e.Version <= eventlog.Version
}
