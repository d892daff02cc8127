package room

import (
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
)

// schedule sees that what is pending is flushed: at once if the room was quiet,
// else at the next tick. mu is held.
func (r *Room) schedule() {
	if r.mu.flushing || r.mu.closed {
		return
	}
	r.mu.flushing = true
	r.work.Go(r.flushLoop)
}

// flushLoop flushes until nothing came during a tick. It lives while the room is
// busy, so a quiet room costs no goroutine and no timer. The tick begins when the
// flush ends: a flush that takes long stretches it.
func (r *Room) flushLoop() {
	for {
		r.flush()
		time.Sleep(r.hub.options.Tick)
		r.mu.Lock()
		idle := true
		for c := range r.mu.pending {
			idle = idle && len(r.mu.pending[c]) == 0
		}
		if idle || r.mu.closed {
			r.mu.flushing = false
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
	}
}

// flush encodes what is pending, once per group, and offers it to all viewers.
func (r *Room) flush() {
	r.viewers.Lock()
	defer r.viewers.Unlock()
	r.mu.Lock()
	pending := r.mu.pending
	r.mu.pending = [hubbub.Channels][]event{}
	r.mu.flushed = r.mu.last
	r.mu.Unlock()
	for c := range pending {
		if len(pending[c]) > 0 && len(r.viewers.groups[c]) > 0 {
			r.flushChannel(hubbub.Channel(c), pending[c])
		}
	}
}

func (r *Room) flushChannel(channel hubbub.Channel, events []event) {
	b := batch{room: r, channel: channel, events: events}
	delivered, skipped := 0, 0
	for format, g := range r.viewers.groups[channel] {
		shared := b.encode(format, all)
		for _, s := range g.members {
			plain := s.plain()
			if plain && s.viewer.Offer(shared) {
				delivered += len(events)
				continue
			}
			given, missed := s.giveSpecial(&b, plain)
			delivered += given
			skipped += missed
		}
	}
	if channel == hubbub.MessageChannel {
		r.hub.deliveries.Add(int64(delivered))
		r.hub.skipped.Add(int64(skipped))
	}
}

// A batch is the pending events of one channel on their way to viewers.
type batch struct {
	room    *Room
	channel hubbub.Channel
	events  []event
	content [stomp.V12 + 1]contents // by dialect
}

// all encodes a batch as every viewer gets it that misses nothing.
var all = special{}

// special is what one viewer gets otherwise than the others.
type special struct {
	after   hubbub.Position // leave out what is not after it
	skipped int             // declare it on the first frame
	gap     span            // likewise
	replay  bool
}

// contents are the frames of a batch without their envelopes, one after the other.
type contents struct {
	octets []byte
	ends   []int
}

// encode returns the batch's bytes for viewers of a format. They are shared and
// may wait in backlogs, so they are not reused.
func (b *batch) encode(format Format, how special) []byte {
	content := b.contents(format.Dialect)
	envelope := stomp.Envelope{Subscription: format.Subscription, Replay: how.replay}
	common := stomp.AppendEnvelope(make([]byte, 0, 64), format.Dialect, &envelope)
	size := len(content.octets) + len(b.events)*(len(common)+4) + 32
	if format.Transport == transport.SockJS {
		size += size / 4 // escapes
	}
	var packer transport.Packer
	packer.Reset(format.Transport, make([]byte, 0, size))
	first, start := true, 0
	for i := range b.events {
		e := &b.events[i]
		rest := content.octets[start:content.ends[i]]
		start = content.ends[i]
		if b.channel.Positioned() && e.position.Compare(how.after) <= 0 {
			continue
		}
		head, gap := common, e.gap
		if first {
			gap = how.gap.and(gap)
		}
		if !gap.empty() || first && how.skipped > 0 {
			own := envelope
			own.GapFrom, own.GapTo = gap.from, gap.to
			if first {
				own.Skipped = how.skipped
			}
			head = stomp.AppendEnvelope(nil, format.Dialect, &own)
		}
		first = false
		packer.Add(head, rest)
	}
	return packer.Bytes()
}

// contents returns what follows the envelope of each event, made once a dialect.
func (b *batch) contents(dialect stomp.Version) *contents {
	made := &b.content[dialect]
	if made.ends != nil {
		return made
	}
	const headers = 256 // more than most have
	size := 0
	for i := range b.events {
		size += len(b.events[i].value) + headers
	}
	made.octets, made.ends = make([]byte, 0, size), make([]int, len(b.events))
	for i := range b.events {
		e := &b.events[i]
		made.octets = stomp.AppendContent(made.octets, dialect, &stomp.Message{
			Destination: b.room.destinations[b.channel],
			ID:          e.id,
			Position:    e.position,
			Prev:        e.prev,
			Nonce:       e.nonce,
			Body:        e.value,
		})
		made.ends[i] = len(made.octets)
	}
	return made
}

// gap returns what cannot be had between the first and the last event.
func (b *batch) gap() (gap span) {
	for i := range b.events {
		gap = gap.and(b.events[i].gap)
	}
	return gap
}
