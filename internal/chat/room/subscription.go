package room

import (
	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
)

// A Format is what viewers must share to get the same bytes.
type Format struct {
	Transport    transport.Transport
	Dialect      stomp.Version // the negotiated version
	Subscription string        // the id that the client chose
}

// A Viewer is the other end of a subscription: a session and its socket.
type Viewer interface {
	// Offer writes b or keeps it in a bounded backlog; false if there is no room.
	// It does not block, and b never changes.
	Offer(b []byte) bool
	// Behind says whether something waits in the backlog.
	Behind() bool
	// Declare tells the viewer in a notice what it missed; false if it does not
	// listen to notices. It does not block.
	Declare(Loss) bool
}

// A Loss is what a viewer missed of a subscription.
type Loss struct {
	Destination  string
	Subscription string
	Skipped      int             // messages that its full socket could not take
	GapFrom      hubbub.Position // with GapTo: what lies between cannot be had
	GapTo        hubbub.Position // zero: no gap
}

// group is the viewers of one channel that share a format.
type group struct{ members []*Subscription }

// A Subscription is one viewer's subscription to one channel of a room.
type Subscription struct {
	room    *Room
	channel hubbub.Channel
	format  Format
	viewer  Viewer

	// Guarded by room.viewers.
	index   int             // in its group; -1: left
	after   hubbub.Position // deliver only what is after it; zero: everything
	gap     span            // to declare on the next message
	skipped int             // to declare on the next message
	missed  bool            // a channel without positions: has not got the latest
}

// plain says whether the subscription gets what all others get.
func (s *Subscription) plain() bool {
	return s.skipped == 0 && s.after.IsZero() && s.gap.empty()
}

// giveSpecial gives a batch to a viewer that has something to be told, or whose
// socket did not take the shared one; it returns how many events were given or
// not meant for it. room.viewers is held.
func (s *Subscription) giveSpecial(b *batch) int {
	if !s.channel.Positioned() {
		s.missed = true
		s.room.viewers.lagging[s] = struct{}{}
		return 0
	}
	newest := b.events[len(b.events)-1].position
	meant := 0
	for i := range b.events {
		if s.after.Before(b.events[i].position) {
			meant++
		}
	}
	if meant == 0 {
		return len(b.events)
	}
	given := !s.plain() && s.viewer.Offer(b.encode(s.format, special{after: s.after, skipped: s.skipped, gap: s.gap}))
	if s.after.Before(newest) {
		s.after = hubbub.Position{}
	}
	if given {
		s.skipped, s.gap = 0, span{}
		delete(s.room.viewers.lagging, s)
		return len(b.events)
	}
	s.skipped += meant
	s.room.viewers.lagging[s] = struct{}{}
	return len(b.events) - meant
}

// Leave ends the subscription. It may be called twice.
func (s *Subscription) Leave() {
	r := s.room
	r.viewers.Lock()
	defer r.viewers.Unlock()
	if s.index < 0 {
		return
	}
	groups := r.viewers.groups[s.channel]
	g := groups[s.format]
	end := len(g.members) - 1
	g.members[s.index] = g.members[end]
	g.members[s.index].index = s.index
	g.members[end] = nil
	g.members = g.members[:end]
	if end == 0 {
		delete(groups, s.format)
	}
	s.index = -1
	delete(r.viewers.lagging, s)
	r.viewers.count--
	r.touch()
}

// attach makes s a member of its group; room.viewers is held.
func (r *Room) attach(s *Subscription) {
	groups := r.viewers.groups[s.channel]
	g := groups[s.format]
	if g == nil {
		g = &group{}
		groups[s.format] = g
	}
	s.index = len(g.members)
	g.members = append(g.members, s)
	r.viewers.count++
}

// declare tells viewers that caught up and got no message since what they
// skipped, and gives them the latest of the channels without positions.
func (r *Room) declare() {
	r.viewers.Lock()
	defer r.viewers.Unlock()
	for s := range r.viewers.lagging {
		if s.viewer.Behind() {
			continue
		}
		if s.missed {
			r.mu.Lock()
			latest := event{id: "latest", value: r.mu.latest[s.channel]}
			r.mu.Unlock()
			b := batch{room: r, channel: s.channel, events: []event{latest}}
			s.missed = !s.viewer.Offer(b.encode(s.format, all))
		}
		if s.skipped > 0 || !s.gap.empty() {
			loss := Loss{Destination: r.destinations[s.channel], Subscription: s.format.Subscription,
				Skipped: s.skipped, GapFrom: s.gap.from, GapTo: s.gap.to}
			if s.viewer.Declare(loss) {
				s.skipped, s.gap = 0, span{}
			}
		}
		if s.skipped == 0 && s.gap.empty() && !s.missed {
			delete(r.viewers.lagging, s)
		}
	}
}
