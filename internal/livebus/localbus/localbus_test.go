package localbus

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub/internal/livebus"
	"github.com/hubbub-live/hubbub/internal/livebus/livebustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	livebustest.Run(t, func(t *testing.T) (publisher, subscriber livebus.Bus) {
		b := New(Options{})
		t.Cleanup(func() { _ = b.Close() })
		return b, b
	})
}

func TestPanicIsLogged(t *testing.T) {
	var out bytes.Buffer
	b := New(Options{Logger: slog.New(slog.NewTextHandler(&out, nil))})
	if _, err := b.Subscribe(context.Background(), "room", func(livebus.Batch) { panic("on purpose") }); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(context.Background(), livebus.Batch{Stream: "room"}); err != nil {
		t.Errorf("publish: %v: a retry would only panic again", err)
	}
	if !strings.Contains(out.String(), "on purpose") || !strings.Contains(out.String(), "localbus_test.go") {
		t.Errorf("the log names neither panic nor place: %s", out.String())
	}
}

// BenchmarkPublish is the bus' own cost of a batch: nothing may be allocated.
func BenchmarkPublish(b *testing.B) {
	batch := livebus.Batch{Stream: "room", Events: make([]livebus.Event, 8)}
	for _, bb := range []struct {
		name        string
		subscribers int
	}{{"nobody", 0}, {"one", 1}, {"ten", 10}} {
		b.Run(bb.name, func(b *testing.B) {
			bus := New(Options{})
			for range bb.subscribers {
				if _, err := bus.Subscribe(context.Background(), "room", func(livebus.Batch) {}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := bus.Publish(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
