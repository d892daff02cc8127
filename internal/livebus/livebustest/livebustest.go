// Package livebustest is the conformance suite of the live bus: what every
// adapter must do, whatever carries its batches.
package livebustest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// patience bounds every wait for something that must happen; a moment bounds
// those for something that must not.
const (
	patience = 10 * time.Second
	moment   = 20 * time.Millisecond
)

// Open returns two ends of one fresh bus, closed by the test's cleanup: one to
// publish at and one to subscribe at. An adapter within one process returns the
// same bus twice.
type Open func(t *testing.T) (publisher, subscriber livebus.Bus)

// Run checks that the buses of open keep the contract.
func Run(t *testing.T, open Open) {
	tests := []struct {
		name string
		test func(*testing.T, *ends)
	}{
		{"a batch arrives as it was published", testFidelity},
		{"a room's batches arrive in order, and no other room's", testOrder},
		{"publishers to one room keep each its order, one call at a time", testOneCallAtATime},
		{"subscriptions of one room are independent", testIndependence},
		{"a room without subscriptions takes batches", testNobody},
		{"cancel ends the calls", testCancel},
		{"cancel waits for the call under way", testCancelWaits},
		{"a panicking handler harms nobody", testPanic},
		{"a handler may subscribe", testSubscribeInHandler},
		{"close ends everything", testClose},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			publisher, subscriber := open(t)
			tt.test(t, &ends{t: t, publisher: publisher, subscriber: subscriber})
		})
	}
}

// ends are the two ends of the bus under test; their methods fail the test.
type ends struct {
	t                     *testing.T
	publisher, subscriber livebus.Bus
}

func (e *ends) publish(b livebus.Batch) {
	e.t.Helper()
	if err := e.publisher.Publish(context.Background(), b); err != nil {
		e.t.Errorf("publish: %v", err)
	}
}

func (e *ends) subscribe(stream hubbub.StreamID, h livebus.Handler) (cancel func()) {
	e.t.Helper()
	cancel, err := e.subscriber.Subscribe(context.Background(), stream, h)
	if err != nil {
		e.t.Fatalf("subscribe: %v", err)
	}
	return cancel
}

// collect subscribes with a handler that passes batches on.
func (e *ends) collect(stream hubbub.StreamID) (<-chan livebus.Batch, func()) {
	e.t.Helper()
	got := make(chan livebus.Batch, 10_000)
	return got, e.subscribe(stream, func(b livebus.Batch) { got <- b })
}

// next returns what comes next, or fails.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// numbered is a batch with one message at position 1.n.
func numbered(stream hubbub.StreamID, n int) livebus.Batch {
	return livebus.Batch{Stream: stream, Events: []livebus.Event{{
		Channel:  hubbub.MessageChannel,
		ID:       fmt.Sprintf("%s-%d", stream, n),
		Position: hubbub.Position{Epoch: 1, N: uint64(n)},
		Value:    fmt.Appendf(nil, `{"n":%d}`, n),
	}}}
}
