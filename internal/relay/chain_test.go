package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// A viewer follows a room by the rules of subscribers, and no others.
type viewer struct {
	room  hubbub.StreamID
	start hubbub.Position
	last  hubbub.Position
	got   []hubbub.Position
	gaps  int
}

func (v *viewer) take(b livebus.Batch, log []eventlog.Record) {
	for _, e := range b.Events {
		if e.Position.Compare(v.last) <= 0 {
			continue // a repeat
		}
		v.catchUp(e.Prev, log)
		v.got = append(v.got, e.Position)
		v.last = e.Position
	}
	v.catchUp(b.Newest, log)
}

// catchUp fetches what was missed up to a position, if anything was.
func (v *viewer) catchUp(through hubbub.Position, log []eventlog.Record) {
	if !v.last.Before(through) {
		return
	}
	v.gaps++
	v.got = append(v.got, visible(log, v.room, v.last, through)...)
	v.last = through
}

// visible returns what viewers of a room get to see after one position, up to another.
func visible(log []eventlog.Record, room hubbub.StreamID, after, through hubbub.Position) (positions []hubbub.Position) {
	for i := range log {
		r := &log[i]
		if _, ok := channelOf(r); ok && r.Stream == room && after.Before(r.Position) && r.Position.Compare(through) <= 0 {
			positions = append(positions, r.Position)
		}
	}
	return positions
}

// unreliable is a bus that fails and loses as the test draws.
type unreliable struct {
	livebus.Bus
	t       *rapid.T
	log     []eventlog.Record
	viewers []*viewer
	loses   bool
	fails   bool
	taken   map[hubbub.Position]bool // what was published without an error
}

var errBus = errors.New("the bus is down")

func (b *unreliable) Publish(_ context.Context, batch livebus.Batch) error {
	for _, v := range b.viewers {
		if v.room == batch.Stream && (!b.loses || rapid.IntRange(0, 3).Draw(b.t, "lose") != 0) {
			v.take(batch, b.log)
		}
	}
	if b.fails && rapid.IntRange(0, 5).Draw(b.t, "fail") == 0 {
		return errBus // though some got it
	}
	for _, e := range batch.Events {
		b.taken[e.Position] = true
	}
	return nil
}

func drawLog(t *rapid.T, names []hubbub.StreamID) (log []eventlog.Record) {
	at := hubbub.Position{Epoch: 1}
	for i := range rapid.IntRange(1, 60).Draw(t, "records") {
		at.N++
		if rapid.IntRange(0, 20).Draw(t, fmt.Sprint("epoch ", i)) == 0 {
			at = hubbub.Position{Epoch: at.Epoch + 1, N: 1}
		}
		r := eventlog.Record{Stream: rapid.SampledFrom(names).Draw(t, "room"), Position: at, Version: eventlog.Version}
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			r.Kind = hubbub.KindControl
		case 1:
			r.Kind = "poll" // of a later program
		case 2:
			r.Version++
		}
		log = append(log, r)
	}
	return log
}

// TestSubscribersNoticeEveryLoss runs two relays over a log, which crash and take
// over from each other between any two steps, over a bus that fails and loses, with
// viewers that come at any time. Who follows the rules has everything in the end,
// in order, once. The memory for rooms is far too small, so most are forgotten.
func TestSubscribersNoticeEveryLoss(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []hubbub.StreamID{"a", "b", "c", "d"}
		bus := &unreliable{t: t, log: drawLog(t, names), loses: true, fails: true, taken: map[hubbub.Position]bool{}}
		most := rapid.IntRange(1, 5).Draw(t, "rooms remembered")
		end := bus.log[len(bus.log)-1].Position

		start := func() *rooms { return newRooms(Options{Bus: bus, Rooms: most}, newMetrics(nil)) }
		relay, other, assigned := start(), start(), true
		for next, size, committed := 0, 0, 0; next < len(bus.log); {
			if rapid.IntRange(0, 3).Draw(t, "join") == 0 {
				bus.viewers = append(bus.viewers, newViewer(t, names, bus.log, next))
			}
			if size == 0 { // else the last batch again
				size = rapid.IntRange(1, 12).Draw(t, "size")
			}
			batch := eventlog.Batch{
				Prev: before(bus.log, next), Assigned: assigned,
				Records: bus.log[next:min(len(bus.log), next+size)], End: end,
			}
			err := relay.relay(t.Context(), batch)
			if err == nil {
				next, size, assigned = next+len(batch.Records), 0, false
			}
			if rapid.IntRange(0, 2).Draw(t, "commit") == 0 {
				committed = next
			}
			switch rapid.IntRange(0, 9).Draw(t, "end") {
			case 0: // a crash
				relay, assigned, next, size = start(), true, committed, 0
			case 1: // the other takes over, and remembers what it did before
				relay, other, assigned, next, size = other, relay, true, committed, 0
			}
		}
		for i := range bus.log {
			if _, ok := channelOf(&bus.log[i]); ok != bus.taken[bus.log[i].Position] {
				t.Errorf("%v: published %v, want %v", bus.log[i].Position, !ok, ok)
			}
		}
		bus.loses, bus.fails = false, false
		for _, name := range names { // what announcing would say of each
			if newest := visible(bus.log, name, hubbub.Position{}, end); len(newest) > 0 {
				_ = bus.Publish(t.Context(), livebus.Batch{Stream: name, Newest: newest[len(newest)-1]})
			}
		}
		for _, v := range bus.viewers {
			if want := visible(bus.log, v.room, v.start, end); !slices.Equal(v.got, want) {
				t.Fatalf("from %v on a viewer of %s got\n%v, want\n%v", v.start, v.room, v.got, want)
			}
		}
	})
}

func newViewer(t *rapid.T, names []hubbub.StreamID, log []eventlog.Record, next int) *viewer {
	start := before(log, min(len(log), next+rapid.IntRange(0, 3).Draw(t, "ahead of the relay")))
	return &viewer{room: rapid.SampledFrom(names).Draw(t, "of"), start: start, last: start}
}

func before(log []eventlog.Record, i int) hubbub.Position {
	if i == 0 {
		return hubbub.Position{Epoch: 1}
	}
	return log[i-1].Position
}

// TestNobodySearchesForNothing: while nothing is lost and the rooms are
// remembered, a viewer never finds a gap.
func TestNobodySearchesForNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []hubbub.StreamID{"a", "b", "c"}
		bus := &unreliable{t: t, log: drawLog(t, names), taken: map[hubbub.Position]bool{}}
		for _, name := range names {
			bus.viewers = append(bus.viewers, &viewer{room: name, last: hubbub.Position{Epoch: 1}})
		}
		relay := newRooms(Options{Bus: bus, Rooms: 3}, newMetrics(nil))
		for next := 0; next < len(bus.log); {
			size := min(len(bus.log)-next, rapid.IntRange(1, 12).Draw(t, "size"))
			err := relay.relay(t.Context(), eventlog.Batch{
				Prev: before(bus.log, next), Assigned: next == 0, Records: bus.log[next : next+size],
			})
			if err != nil {
				t.Fatal(err)
			}
			next += size
		}
		for _, v := range bus.viewers {
			if want := visible(bus.log, v.room, hubbub.Position{}, bus.log[len(bus.log)-1].Position); v.gaps > 0 || !slices.Equal(v.got, want) {
				t.Errorf("a viewer of %s found %d gaps and got %v, want %v", v.room, v.gaps, v.got, want)
			}
		}
	})
}
