package room

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// sink is a viewer whose socket takes everything.
type sink struct{ bytes int }

func (s *sink) Offer(b []byte) bool         { s.bytes += len(b); return true }
func (s *sink) Send(b []byte)               { s.bytes += len(b) }
func (s *sink) Behind() bool                { return false }
func (s *sink) Declare(Loss) bool           { return true }
func (s *sink) catch(context.Context) error { return nil }

// BenchmarkFlush is one flush of a batch to all viewers of a room, without the
// sockets. What it allocates must not grow with the viewers.
func BenchmarkFlush(b *testing.B) {
	for _, how := range []transport.Transport{transport.Plain, transport.SockJS} {
		for _, viewers := range []int{1, 500} {
			for _, messages := range []int{1, 5} {
				b.Run(fmt.Sprintf("%s/viewers=%d/messages=%d", [...]string{"plain", "sockjs"}[how], viewers, messages), func(b *testing.B) {
					w := newWorld(b, openPast(b), time.Millisecond)
					defer w.close()
					s := &sink{}
					for range viewers {
						if _, err := w.hub.Join(context.Background(), w.stream, Join{Viewer: s, Catch: s.catch,
							Format: Format{Transport: how, Dialect: stomp.V12, Subscription: "sub-0"}}); err != nil {
							b.Fatal(err)
						}
					}
					w.append(w.message("01234567-89ab-cdef-0123-456789abcdef", ""))
					r, _ := w.hub.Loaded(w.stream)
					e := w.logged[0]
					events := make([]event, messages)
					for i := range events {
						events[i] = event{id: e.ID, position: e.Position, value: e.Value}
					}
					b.ReportAllocs()
					for b.Loop() {
						r.viewers.Lock()
						r.flushChannel(hubbub.MessageChannel, events)
						r.viewers.Unlock()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*messages*viewers), "ns/delivery")
				})
			}
		}
	}
}

// BenchmarkLoadLongModerated is a room that is loaded after 100,000 bans, deletions
// and their like, all of which are folded.
func BenchmarkLoadLongModerated(b *testing.B) {
	p := openPast(b)
	entries := make([]archive.Entry, 0, 1000)
	for i := range 100_000 {
		c := hubbub.Control{ID: "c", StreamID: "long", Action: hubbub.ActionBan, By: "mod", UserID: hubbub.UserID(fmt.Sprint("user-", i)), Reason: "spam"}
		entries = append(entries, archive.Entry{Stream: "long", Position: hubbub.Position{Epoch: 1, N: uint64(i + 1)}, Time: time.Now(),
			Kind: hubbub.KindControl, Version: eventlog.Version, Value: c.AppendJSON(nil)})
		if len(entries) == cap(entries) {
			if err := p.history.Archive.Append(b.Context(), entries); err != nil {
				b.Fatal(err)
			}
			entries = entries[:0]
		}
	}
	m := hubbub.Message{ID: "m", StreamID: "long", Sender: hubbub.Sender{ID: "u"}, Content: "hello"}
	last := archive.Entry{Stream: "long", Position: hubbub.Position{Epoch: 1, N: 100_001}, Time: time.Now(), Version: eventlog.Version, Value: m.AppendJSON(nil)}
	if err := p.history.Archive.Append(b.Context(), []archive.Entry{last}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w := newWorld(b, p, time.Millisecond)
		r, err := w.hub.Room(b.Context(), "long")
		if err != nil || r.Banned() != 100_000 {
			b.Fatal(err)
		}
		w.close()
	}
}
