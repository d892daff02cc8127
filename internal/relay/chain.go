package relay

import (
	"container/list"
	"time"

	"github.com/hubbub-live/hubbub"
)

// A chain knows, for the rooms of one partition, the last position published.
//
// It remembers a bounded number of rooms, those with the latest events. For any
// other room floor stands in: the position just before the first record read, or
// the last one of the newest room forgotten since. Nothing of a room that is not
// remembered was published after floor, which is all that prev has to say.
// Rooms are forgotten between batches only: then everything forgotten lies before
// everything that is published next.
type chain struct {
	floor  hubbub.Position
	most   int
	links  map[hubbub.StreamID]*list.Element // of byTime
	byTime list.List                         // of *link, the latest event first
}

type link struct {
	stream hubbub.StreamID
	last   hubbub.Position
	at     time.Time // when it was published
}

// newChain makes the chain of a partition that is read after a position.
func newChain(after hubbub.Position, most int) *chain {
	return &chain{floor: after, most: most, links: map[hubbub.StreamID]*list.Element{}}
}

// last returns a position after which nothing of the room was published.
func (c *chain) last(stream hubbub.StreamID) hubbub.Position {
	if e, ok := c.links[stream]; ok {
		return e.Value.(*link).last
	}
	return c.floor
}

// published notes that the room was published through a position.
func (c *chain) published(stream hubbub.StreamID, through hubbub.Position, at time.Time) {
	if e, ok := c.links[stream]; ok {
		l := e.Value.(*link)
		l.last, l.at = through, at
		c.byTime.MoveToFront(e)
		return
	}
	c.links[stream] = c.byTime.PushFront(&link{stream, through, at})
}

// forget forgets the rooms that are too many.
func (c *chain) forget() {
	for c.byTime.Len() > c.most {
		l := c.byTime.Remove(c.byTime.Back()).(*link)
		delete(c.links, l.stream)
		if c.floor.Before(l.last) {
			c.floor = l.last
		}
	}
}

// since appends the rooms with events since a time to dst.
func (c *chain) since(t time.Time, dst []link) []link {
	for e := c.byTime.Front(); e != nil; e = e.Next() {
		l := e.Value.(*link)
		if l.at.Before(t) {
			break
		}
		dst = append(dst, *l)
	}
	return dst
}
