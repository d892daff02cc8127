package metastoretest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// stream is a live stream made n seconds after then.
func stream(id hubbub.StreamID, n int) hubbub.Stream {
	return hubbub.Stream{
		ID: id, HostID: "host", HostName: "Host", Title: "stream " + string(id),
		Status: hubbub.StatusLive, CreatedAt: then.Add(time.Duration(n) * time.Second),
	}
}

func wantStream(t testing.TB, s Store, want hubbub.Stream) {
	t.Helper()
	if got, err := s.Stream(t.Context(), want.ID); err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func testStreamFidelity(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	full := hubbub.Stream{
		ID: hubbub.StreamID(strings.Repeat("x", 64)), HostID: "호스트'; DROP TABLE streams; --", HostName: "\u202e<b>", HostPicture: "https://p/1",
		Title: strings.Repeat("가", 300), Status: hubbub.StatusEnded, Language: "ko", ThumbnailURL: "https://t", PlaybackURL: "https://v",
		Demo: true, CreatedAt: then, EndedAt: then.Add(time.Millisecond),
	}
	bare := hubbub.Stream{ID: "a", Status: hubbub.StatusLive, CreatedAt: then}
	other := bare
	other.ID = "A" // ids are told apart by case
	for _, st := range []hubbub.Stream{full, bare, other} {
		must(t, s.CreateStream(t.Context(), st))
	}
	for _, st := range []hubbub.Stream{full, bare, other} {
		wantStream(t, s, st)
	}
	if _, err := s.Stream(t.Context(), "none"); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("an unknown stream: %v", err)
	}
}

func testStreamExists(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	var created, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			switch err := s.CreateStream(t.Context(), stream("1", i)); {
			case err == nil:
				created.Add(1)
			case errors.Is(err, streams.ErrExists):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if created.Load() != 1 || refused.Load() != 19 {
		t.Errorf("%d created, %d refused", created.Load(), refused.Load())
	}
}

func testStreamEnds(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	must(t, s.CreateStream(t.Context(), stream("1", 0)))
	must(t, s.EndStream(t.Context(), "1", then))
	must(t, s.EndStream(t.Context(), "1", then.Add(time.Hour))) // the first end counts
	want := stream("1", 0)
	want.Status, want.EndedAt = hubbub.StatusEnded, then
	wantStream(t, s, want)
	if err := s.EndStream(t.Context(), "2", then); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("an unknown stream: %v", err)
	}
}

func testStreamPages(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	for i := range 10 { // pairs of equal age; every third has ended
		st := stream(hubbub.StreamID(fmt.Sprint("s", i)), i/2)
		if i%3 == 0 {
			st.Status, st.EndedAt = hubbub.StatusEnded, then
		}
		must(t, s.CreateStream(t.Context(), st))
	}
	for _, row := range []struct {
		status      string
		limit, skip int
		want        string
	}{
		{"", 100, 0, "s8 s9 s6 s7 s4 s5 s2 s3 s0 s1"},
		{"", 3, 0, "s8 s9 s6"},
		{"", 3, 3, "s7 s4 s5"},
		{"", 3, 9, "s1"},
		{"", 3, 10, ""},
		{hubbub.StatusLive, 100, 0, "s8 s7 s4 s5 s2 s1"},
		{hubbub.StatusEnded, 2, 1, "s6 s3"},
		{"other", 100, 0, ""},
	} {
		list, err := s.Streams(t.Context(), row.status, row.limit, row.skip)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, st := range list {
			ids = append(ids, string(st.ID))
		}
		if !slices.Equal(ids, strings.Fields(row.want)) {
			t.Errorf("%q, %d after %d: %v, want %s", row.status, row.limit, row.skip, ids, row.want)
		}
	}
}
