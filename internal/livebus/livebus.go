// Package livebus is the contract of the live bus, which carries what happens in
// a room to every chat server with viewers of that room.
//
// Delivery is at most once and in order per publisher and room: a subscriber may
// miss batches (a reconnect, a full buffer) and may see some twice (a relay that
// restarted). Each positioned event therefore carries its position and the one
// before it, and the relay announces the newest position of a room for a while
// after its last event; a subscriber closes gaps from archive and log itself.
//
// Publish does not wait for subscribers. Slices in a batch are never changed once
// published: subscribers may retain and share them and must not change them.
package livebus

import (
	"context"
	"errors"
	"time"

	"github.com/hubbub-live/hubbub"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("the live bus is closed")

// An Event is one thing that happened in a room.
type Event struct {
	Channel hubbub.Channel
	ID      string // unique in the room; the message-id of MESSAGE frames
	// Position and Prev are set on positioned channels: nothing that is published
	// of the room lies between the two. One chain runs over all positioned channels.
	Position, Prev hubbub.Position
	Time           time.Time // log time
	Kind           string    // of the record in raw-chats
	Value          []byte    // the topic's value, a body as it is
}

// A Batch is what happened in one room, in order.
type Batch struct {
	Stream hubbub.StreamID
	Events []Event
	// Newest announces the newest position of the room; zero: no announcement.
	// A batch may have this alone.
	Newest hubbub.Position
	// Missed says that batches may have been lost before this one, as by a
	// connection that broke: what the log has by now is to be read. It is the bus'
	// own word; a batch that is published does not have it.
	Missed bool
}

// A Handler takes a batch. It runs on the bus' goroutine (embedded: on the
// publisher's), one call at a time for a room, and must not block.
type Handler func(Batch)

// A Bus carries batches. All methods may be called concurrently.
type Bus interface {
	// Publish hands b to the subscribers of its stream, whether there are any or
	// not. An error means that some or all may not get it: the publisher
	// retries, and a repeat does no harm.
	Publish(ctx context.Context, b Batch) error
	// Subscribe calls h for the room's batches from now on, until cancel has
	// returned; it returns once the subscription is in force. Several
	// subscriptions for one room are independent.
	Subscribe(ctx context.Context, stream hubbub.StreamID, h Handler) (cancel func(), err error)
	// Close ends all subscriptions. It may be called twice.
	Close() error
}
