package livebustest

import (
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

func testFidelity(t *testing.T, e *ends) {
	at := time.Date(2026, 11, 24, 5, 6, 7, 8_000_000, time.UTC)
	batches := []livebus.Batch{
		{Stream: "room", Events: []livebus.Event{
			{Channel: hubbub.MessageChannel, ID: "a", Position: hubbub.Position{Epoch: 2, N: 7}, Prev: hubbub.Position{Epoch: 2, N: 3}, Time: at, Value: []byte(`{"content":"안녕 \\u0000"}`)},
			{Channel: hubbub.EventChannel, ID: "b", Position: hubbub.Position{Epoch: 2, N: 8}, Prev: hubbub.Position{Epoch: 2, N: 7}, Time: at, Kind: hubbub.KindControl, Value: []byte(`{"action":"clear"}`)},
			{Channel: hubbub.AnalysisChannel, ID: "c", Time: at, Value: []byte(`{}`)},
		}, Newest: hubbub.Position{Epoch: 2, N: 8}},
		{Stream: "room", Newest: hubbub.Position{Epoch: 2, N: 8}}, // an announcement alone
	}
	got, cancel := e.collect("room")
	defer cancel()
	for _, want := range batches {
		e.publish(want)
		if b := next(t, got); !reflect.DeepEqual(b, want) {
			t.Errorf("published %+v, got %+v", want, b)
		}
	}
}

func testOrder(t *testing.T, e *ends) {
	const count = 500
	got, cancel := e.collect("room")
	defer cancel()
	for n := 1; n <= count; n++ {
		e.publish(numbered("another", n))
		e.publish(numbered("room", n))
	}
	for n := uint64(1); n <= count; n++ {
		b := next(t, got)
		if b.Stream != "room" || b.Events[0].Position.N != n {
			t.Fatalf("batch %d of the room: got %s %v", n, b.Stream, b.Events[0].Position)
		}
	}
}

func testOneCallAtATime(t *testing.T, e *ends) {
	const publishers, count = 8, 200
	var inside atomic.Int32
	got := make(chan livebus.Batch, publishers*count)
	cancel := e.subscribe("room", func(b livebus.Batch) {
		if inside.Add(1) > 1 {
			t.Error("two calls at a time for one room")
		}
		got <- b
		inside.Add(-1)
	})
	defer cancel()
	var all sync.WaitGroup
	for p := range publishers {
		all.Go(func() {
			for n := 1; n <= count; n++ {
				b := numbered("room", n)
				b.Events[0].ID = fmt.Sprint(p)
				e.publish(b)
			}
		})
	}
	all.Wait()
	last := map[string]uint64{}
	for range publishers * count {
		event := next(t, got).Events[0]
		if event.Position.N != last[event.ID]+1 {
			t.Fatalf("publisher %s: %d after %d", event.ID, event.Position.N, last[event.ID])
		}
		last[event.ID] = event.Position.N
	}
}

func testIndependence(t *testing.T, e *ends) {
	first, cancelFirst := e.collect("room")
	second, cancelSecond := e.collect("room")
	defer cancelSecond()
	e.publish(numbered("room", 1))
	next(t, first)
	next(t, second)
	cancelFirst()
	e.publish(numbered("room", 2))
	if n := next(t, second).Events[0].Position.N; n != 2 {
		t.Errorf("the other subscription got %d after one was cancelled, want 2", n)
	}
}

func testNobody(_ *testing.T, e *ends) { e.publish(numbered("empty", 1)) }
