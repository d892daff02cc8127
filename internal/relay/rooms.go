package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// rooms relays raw-chats: one publication per room and batch, each event linked to
// the one before.
type rooms struct {
	bus     livebus.Bus
	most    int // remembered per partition
	metrics metrics

	mu struct {
		sync.Mutex
		chains map[int]*chain // by partition
	}
}

func newRooms(o Options, m metrics) *rooms {
	r := &rooms{bus: o.Bus, most: o.Rooms, metrics: m}
	r.mu.chains = map[int]*chain{}
	return r
}

// relay publishes a batch. If the bus refuses part of it, a repeat publishes the
// rest: what was published is in the chain. (The first batch after taking over
// makes the chain anew, so of that one a repeat publishes all.)
func (r *rooms) relay(ctx context.Context, b eventlog.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.mu.chains[b.Partition]
	if c == nil || b.Assigned {
		c = newChain(b.Prev, r.most)
		r.mu.chains[b.Partition] = c
	}
	for _, room := range r.link(c, b.Records) {
		if err := r.bus.Publish(ctx, room); err != nil {
			return fmt.Errorf("publish %d events of room %s: %w", len(room.Events), room.Stream, err)
		}
		for i := range room.Events {
			r.metrics.published[room.Events[i].Channel].Inc()
		}
		c.published(room.Stream, room.Events[len(room.Events)-1].Position, time.Now())
	}
	c.forget()
	return nil
}

// link makes what is to be published of records: their events by room, in order,
// linked after what the chain has. Records that were published already are left out.
func (r *rooms) link(c *chain, records []eventlog.Record) (batches []livebus.Batch) {
	at := make(map[hubbub.StreamID]int)
	for i := range records {
		record := &records[i]
		channel, ok := channelOf(record)
		if !ok {
			r.metrics.skipped.Inc()
			continue
		}
		room, seen := at[record.Stream]
		prev := c.last(record.Stream)
		if seen {
			events := batches[room].Events
			prev = events[len(events)-1].Position
		}
		if record.Position.Compare(prev) <= 0 {
			continue
		}
		if !seen {
			room = len(batches)
			at[record.Stream] = room
			batches = append(batches, livebus.Batch{Stream: record.Stream})
		}
		batches[room].Events = append(batches[room].Events, livebus.Event{
			Channel: channel, ID: idOf(record), Position: record.Position, Prev: prev,
			Time: record.Time, Kind: record.Kind, Value: record.Value,
		})
	}
	return batches
}

// announce publishes the newest position of the rooms with recent events.
func (r *rooms) announce(ctx context.Context, now time.Time) error {
	r.mu.Lock()
	var recent []link
	for _, c := range r.mu.chains {
		recent = c.since(now.Add(-announceFor), recent)
	}
	r.mu.Unlock()
	var errs []error
	for _, l := range recent {
		errs = append(errs, r.bus.Publish(ctx, livebus.Batch{Stream: l.stream, Newest: l.last}))
	}
	return errors.Join(errs...)
}

func channelOf(r *eventlog.Record) (c hubbub.Channel, ok bool) {
	if r.Foreign != nil {
		return 0, false
	}
	switch r.Kind {
	case hubbub.KindMessage:
		return hubbub.MessageChannel, known(r)
	case hubbub.KindControl:
		return hubbub.EventChannel, known(r)
	}
	return 0, false
}

// idOf returns the id under which the record is archived, so that what is said of that
// id holds for the event as well; without one, the position.
func idOf(r *eventlog.Record) string {
	if id := archive.Of(*r).ID; id != "" {
		return string(id)
	}
	return r.Position.String()
}
