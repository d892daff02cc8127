package shown_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/cache/localcache"
	"github.com/hubbub-live/hubbub/internal/livebus"
	"github.com/hubbub-live/hubbub/internal/summary/shown"
)

// rooms are one room, and one that tells when the removals before were seen to.
type rooms chan shows

type shows struct {
	stream hubbub.StreamID
	value  []byte
}

func (r rooms) Streams() []hubbub.StreamID { return []hubbub.StreamID{"1"} }

func (r rooms) Show(stream hubbub.StreamID, _ hubbub.Channel, value []byte) {
	r <- shows{stream, value}
}

func TestShownAgain(t *testing.T) {
	published, now := []byte(`{"messageIds":["cited"]}`), []byte(`{"messageIds":[]}`)
	remove := func(action hubbub.Action, id hubbub.MessageID) func(*shown.Summaries) {
		return func(s *shown.Summaries) { s.Heard("1", &hubbub.Control{Action: action, MessageID: id}) }
	}
	for _, c := range []struct {
		why    string
		latest []byte // as it may be shown now; nil: there is none
		note   func(*shown.Summaries)
		again  bool
	}{
		{"what it cites was deleted", now, remove(hubbub.ActionDelete, "cited"), true},
		{"what was deleted is cited nowhere", now, remove(hubbub.ActionDelete, "another"), false},
		{"everything was cleared", now, remove(hubbub.ActionClear, ""), true},
		{"somebody is muted, and nothing removed", now, remove(hubbub.ActionTimeout, ""), false},
		{"somebody was erased", now, (*shown.Summaries).Erased, true},
		{"it is as it was", published, (*shown.Summaries).Erased, false},
		{"there is none", nil, (*shown.Summaries).Erased, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			store := localcache.New(localcache.Options{})
			if err := store.Set(t.Context(), livebus.LastKey(hubbub.SummaryChannel, "1"), published, time.Hour); err != nil {
				t.Fatal(err)
			}
			room, ended := make(rooms, 2), make(chan error)
			latest := func(_ context.Context, stream hubbub.StreamID) ([]byte, bool, error) {
				if stream == "last" {
					return []byte("the last"), true, nil
				}
				return c.latest, c.latest != nil, nil
			}
			s := shown.New(latest, room, store, slog.New(slog.DiscardHandler))
			ctx, stop := context.WithCancel(t.Context())
			go func() { ended <- s.Run(ctx) }()
			c.note(s)
			s.Heard("last", &hubbub.Control{Action: hubbub.ActionClear})
			var got []byte
			for show := range room {
				if show.stream == "last" {
					break
				}
				got = show.value
			}
			stop()
			<-ended
			if again := got != nil; again != c.again || again && !bytes.Equal(got, c.latest) {
				t.Errorf("shown %q, again is to be %v", got, c.again)
			}
		})
	}
}

// TestNobodyWaits: who hears of a removal goes on, though nobody works on it.
func TestNobodyWaits(t *testing.T) {
	s := shown.New(nil, make(rooms), nil, slog.New(slog.DiscardHandler))
	for range 5_000 {
		s.Heard("1", &hubbub.Control{Action: hubbub.ActionClear})
	}
}
