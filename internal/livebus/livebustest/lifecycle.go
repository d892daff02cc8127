package livebustest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/internal/livebus"
)

func testCancel(t *testing.T, e *ends) {
	got, cancel := e.collect("room")
	e.publish(numbered("room", 1))
	next(t, got)
	cancel()
	cancel() // twice does no harm
	witness, cancelWitness := e.collect("room")
	defer cancelWitness()
	e.publish(numbered("room", 2))
	next(t, witness)
	select {
	case b := <-got:
		t.Errorf("a call after cancel: %+v", b)
	default:
	}
}

func testCancelWaits(t *testing.T, e *ends) {
	var finished atomic.Bool
	started, release := make(chan struct{}), make(chan struct{})
	cancel := e.subscribe("room", func(livebus.Batch) {
		close(started)
		<-release
		finished.Store(true)
	})
	published, cancelled := make(chan struct{}), make(chan bool, 1)
	go func() { e.publish(numbered("room", 1)); close(published) }()
	next(t, started)
	go func() { cancel(); cancelled <- finished.Load() }()
	select {
	case <-cancelled:
		t.Error("cancel returned while the handler was running")
	case <-time.After(moment):
	}
	close(release)
	if !next(t, cancelled) {
		t.Error("cancel returned before the handler had finished")
	}
	next(t, published)
}

func testPanic(t *testing.T, e *ends) {
	panicking := e.subscribe("room", func(livebus.Batch) { panic("on purpose, by a test") })
	defer panicking()
	got, cancel := e.collect("room")
	defer cancel()
	for n := uint64(1); n <= 3; n++ {
		e.publish(numbered("room", int(n)))
		if b := next(t, got); b.Events[0].Position.N != n {
			t.Errorf("got %d, want %d", b.Events[0].Position.N, n)
		}
	}
}

func testSubscribeInHandler(t *testing.T, e *ends) {
	inner := make(chan livebus.Batch, 10)
	subscribed := make(chan func(), 1)
	cancel := e.subscribe("room", func(b livebus.Batch) {
		if b.Events[0].Position.N == 1 {
			subscribed <- e.subscribe("room", func(b livebus.Batch) { inner <- b })
		}
	})
	defer cancel()
	e.publish(numbered("room", 1))
	cancelInner := next(t, subscribed)
	defer cancelInner()
	e.publish(numbered("room", 2))
	if n := next(t, inner).Events[0].Position.N; n != 2 {
		t.Errorf("the inner subscription began with %d, want 2", n)
	}
}

func testClose(t *testing.T, e *ends) {
	_, cancel := e.collect("room")
	for range 2 {
		for _, bus := range []livebus.Bus{e.publisher, e.subscriber} {
			if err := bus.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	}
	if err := e.publisher.Publish(context.Background(), numbered("room", 1)); !errors.Is(err, livebus.ErrClosed) {
		t.Errorf("publish after close: %v, want ErrClosed", err)
	}
	if _, err := e.subscriber.Subscribe(context.Background(), "room", func(livebus.Batch) {}); !errors.Is(err, livebus.ErrClosed) {
		t.Errorf("subscribe after close: %v, want ErrClosed", err)
	}
	cancel() // after close does no harm
}
