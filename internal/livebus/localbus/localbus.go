// Package localbus is the live bus within one process: Publish calls the
// handlers of the room itself, on the publisher's goroutine. Only internal/app
// should import it.
package localbus

import (
	"context"
	"log/slog"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// Options say how a bus behaves. The zero value is good.
type Options struct {
	Logger *slog.Logger // where panics of handlers go; nil: nowhere
}

// A Bus carries batches from publishers to handlers of the same process.
type Bus struct{ handlers *livebus.Handlers }

var _ livebus.Bus = (*Bus)(nil)

// New makes a bus without subscriptions. It has no goroutine of its own.
func New(o Options) *Bus { return &Bus{livebus.NewHandlers(o.Logger)} }

// Publish calls the handlers of the batch's room before it returns.
func (b *Bus) Publish(_ context.Context, batch livebus.Batch) error { return b.handlers.Deliver(batch) }

// Subscribe adds a handler to a room; see livebus.Handlers.Add for what cancel does.
func (b *Bus) Subscribe(_ context.Context, stream hubbub.StreamID, h livebus.Handler) (cancel func(), err error) {
	return b.handlers.Add(stream, h)
}

// Close ends all subscriptions and waits for handlers under way.
func (b *Bus) Close() error {
	b.handlers.Close()
	return nil
}
