package room

import (
	"slices"

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
	// Send is Offer for what must not be skipped: a viewer that cannot take it is
	// closed.
	Send(b []byte)
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
	index   int             // in its group; -1: not attached yet
	after   hubbub.Position // deliver only what is after it; zero: everything
	gap     span            // to declare on the next message
	skipped int             // to declare on the next message
	missed  bool            // a channel without positions: has not got the latest
	left    bool
}

// plain says whether the subscription gets what all others get.
func (s *Subscription) plain() bool {
	return s.skipped == 0 && s.after.IsZero() && s.gap.empty() && !s.missed
}

// giveSpecial gives a batch to a viewer that has something to be told, or whose
// socket did not take the shared one; it returns how many events were given and
// skipped, which leaves those that were not meant for it. room.viewers is held.
func (s *Subscription) giveSpecial(b *batch, tried bool) (given, skipped int) {
	if !s.channel.Positioned() {
		if tried || !s.viewer.Offer(b.encode(s.format, all)) {
			s.missed = true
			s.room.viewers.lagging[s] = struct{}{}
			return 0, len(b.events)
		}
		s.missed = false
		delete(s.room.viewers.lagging, s)
		return len(b.events), 0
	}
	begin := slices.IndexFunc(b.events, func(e event) bool { return s.after.Before(e.position) })
	if begin < 0 {
		return 0, 0
	}
	meant := len(b.events) - begin
	s.gap = s.gap.and(life(s.after, b.events[begin].position))
	taken := !tried && s.viewer.Offer(b.encode(s.format, special{after: s.after, skipped: s.skipped, gap: s.gap}))
	s.after = hubbub.Position{} // a batch with something meant for it ends beyond that
	if taken {
		s.skipped, s.gap = 0, span{}
		delete(s.room.viewers.lagging, s)
		return meant, 0
	}
	s.skipped, s.gap = s.skipped+meant, s.gap.and(b.gap())
	s.room.viewers.lagging[s] = struct{}{}
	return 0, meant
}

// Leave ends the subscription. It may be called twice.
func (s *Subscription) Leave() {
	r := s.room
	r.viewers.Lock()
	defer r.viewers.Unlock()
	if s.left {
		return
	}
	s.left = true
	r.viewers.count--
	defer r.touch()
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
	delete(r.viewers.lagging, s)
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
}

// declare tells viewers that caught up and got no message since what they
// skipped, and gives them the latest of the channels without positions.
func (r *Room) declare() {
	r.viewers.Lock()
	defer r.viewers.Unlock()
	r.shareGaps()
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

// shareGaps makes gaps that no event followed those of all viewers, who are then
// told. The next event declares them again, for those who come later. viewers is
// held.
func (r *Room) shareGaps() {
	r.mu.Lock()
	gaps := r.mu.untold
	for c := range gaps {
		if len(r.mu.pending[c]) > 0 {
			gaps[c] = span{} // not before what is pending
		} else {
			r.mu.untold[c] = span{}
		}
	}
	r.mu.Unlock()
	for c, gap := range gaps {
		if gap.empty() {
			continue
		}
		for _, g := range r.viewers.groups[c] {
			for _, s := range g.members {
				s.gap = s.gap.and(gap)
				r.viewers.lagging[s] = struct{}{}
			}
		}
	}
}
