package metastoretest

import (
	"errors"
	"fmt"
	"reflect"
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
	if got, err := s.Stream(t.Context(), want.ID); err != nil || !reflect.DeepEqual(got, want) {
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
	other := stream("o", 20)
	other.HostID = "other"
	must(t, s.CreateStream(t.Context(), other))
	must(t, s.CreateStream(t.Context(), stream("gone", 30)))
	must(t, s.DeleteStream(t.Context(), "gone", then))
	live, ended := streams.Filter{Status: hubbub.StatusLive}, streams.Filter{Status: hubbub.StatusEnded}
	for _, row := range []struct {
		filter      streams.Filter
		limit, skip int
		want        string
	}{
		{streams.Filter{}, 100, 0, "o s8 s9 s6 s7 s4 s5 s2 s3 s0 s1"},
		{streams.Filter{}, 3, 0, "o s8 s9"},
		{streams.Filter{}, 3, 3, "s6 s7 s4"},
		{streams.Filter{}, 3, 10, "s1"},
		{streams.Filter{}, 3, 11, ""},
		{live, 100, 0, "o s8 s7 s4 s5 s2 s1"},
		{ended, 2, 1, "s6 s3"},
		{streams.Filter{Status: "other"}, 100, 0, ""},
		{streams.Filter{Host: "other"}, 100, 0, "o"},
		{streams.Filter{Host: "host"}, 3, 1, "s9 s6 s7"},
		{streams.Filter{Host: "host", Status: hubbub.StatusEnded}, 100, 0, "s9 s6 s3 s0"},
		{streams.Filter{Host: "nobody"}, 100, 0, ""},
	} {
		list, err := s.Streams(t.Context(), row.filter, row.limit, row.skip)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, st := range list {
			ids = append(ids, string(st.ID))
		}
		if !slices.Equal(ids, strings.Fields(row.want)) {
			t.Errorf("%+v, %d after %d: %v, want %s", row.filter, row.limit, row.skip, ids, row.want)
		}
	}
}

func testStreamEdits(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	want := stream("1", 0)
	must(t, s.CreateStream(t.Context(), want))
	text := func(s string) *string { return &s }
	must(t, s.EditStream(t.Context(), "1", streams.Edit{}))
	wantStream(t, s, want)
	must(t, s.EditStream(t.Context(), "1", streams.Edit{Title: text("바뀐 제목"), PlaybackURL: text("https://v")}))
	want.Title, want.PlaybackURL = "바뀐 제목", "https://v"
	wantStream(t, s, want)
	must(t, s.EditStream(t.Context(), "1", streams.Edit{Language: text("ko"), ThumbnailURL: text("https://t"), PlaybackURL: text("")}))
	want.Language, want.ThumbnailURL, want.PlaybackURL = "ko", "https://t", ""
	wantStream(t, s, want)
	must(t, s.RenameHost(t.Context(), "host", "New", "https://p"))
	must(t, s.RenameHost(t.Context(), "other", "Other", ""))
	want.HostName, want.HostPicture = "New", "https://p"
	wantStream(t, s, want)
	if err := s.EditStream(t.Context(), "2", streams.Edit{Title: text("x")}); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("an unknown stream: %v", err)
	}
}

func testStreamDeletes(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	must(t, s.CreateStream(t.Context(), stream("1", 0)))
	if _, err := s.AddModerator(t.Context(), "1", "u", then, 10); err != nil {
		t.Fatal(err)
	}
	must(t, s.SetWords(t.Context(), "1", []string{"a"}))
	must(t, s.DeleteStream(t.Context(), "1", then))
	_, noStream := s.Stream(t.Context(), "1")
	_, add := s.AddModerator(t.Context(), "1", "u", then, 10)
	for what, err := range map[string]error{
		"read": noStream, "delete": s.DeleteStream(t.Context(), "1", then), "end": s.EndStream(t.Context(), "1", then),
		"edit": s.EditStream(t.Context(), "1", streams.Edit{}), "words": s.SetWords(t.Context(), "1", nil), "moderator": add,
	} {
		if !errors.Is(err, streams.ErrNotFound) {
			t.Errorf("%s of a deleted stream: %v", what, err)
		}
	}
	if err := s.CreateStream(t.Context(), stream("1", 0)); !errors.Is(err, streams.ErrExists) {
		t.Errorf("the id is given out again: %v", err)
	}
	if words, err := s.Words(t.Context(), "1"); err != nil || len(words) != 0 {
		t.Errorf("words of a deleted stream: %q, %v", words, err)
	}
	if n, err := s.CountStreams(t.Context(), "host", hubbub.StatusLive); err != nil || n != 0 {
		t.Errorf("%d streams, %v", n, err)
	}
}

func testModerators(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	must(t, s.CreateStream(t.Context(), stream("1", 0)))
	must(t, s.CreateStream(t.Context(), stream("2", 0)))
	add := func(user hubbub.UserID, after int, full bool) {
		t.Helper()
		if got, err := s.AddModerator(t.Context(), "1", user, then.Add(time.Duration(after)*time.Second), 3); err != nil || got != full {
			t.Errorf("%s: full %v, %v", user, got, err)
		}
	}
	add("b", 1, false)
	add("a", 2, false)
	add("b", 3, false) // a repeat
	add("c", 3, false)
	add("d", 4, true)
	add("a", 5, false) // a repeat, also where there is no room
	want := stream("1", 0)
	want.Moderators = []hubbub.UserID{"b", "a", "c"}
	wantStream(t, s, want)
	wantStream(t, s, stream("2", 0))
	for i, want := range []bool{true, false} {
		if removed, err := s.RemoveModerator(t.Context(), "1", "a"); err != nil || removed != want {
			t.Errorf("removal %d: %v, %v", i, removed, err)
		}
	}
	want.Moderators = []hubbub.UserID{"b", "c"}
	wantStream(t, s, want)
	if _, err := s.AddModerator(t.Context(), "3", "a", then, 3); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("of an unknown stream: %v", err)
	}
}

// Of many who are named at once, no more become moderators than may.
func testModeratorsAtOnce(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	must(t, s.CreateStream(t.Context(), stream("1", 0)))
	var full atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			refused, err := s.AddModerator(t.Context(), "1", hubbub.UserID(fmt.Sprint(i)), then, 5)
			if err != nil {
				t.Error(err)
			}
			if refused {
				full.Add(1)
			}
		})
	}
	all.Wait()
	got, err := s.Stream(t.Context(), "1")
	if err != nil || len(got.Moderators) != 5 || full.Load() != 15 {
		t.Errorf("%d moderators, %d refused, %v", len(got.Moderators), full.Load(), err)
	}
}

func testWords(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	must(t, s.CreateStream(t.Context(), stream("1", 0)))
	for _, want := range [][]string{nil, {"욕"}, {"a b", "*c*", "/d|e/", "'; DROP TABLE streams; --"}, slices.Repeat([]string{strings.Repeat("가", 100)}, 10_000), nil} {
		must(t, s.SetWords(t.Context(), "1", want))
		if got, err := s.Words(t.Context(), "1"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d words: %d, %v", len(want), len(got), err)
		}
	}
	if got, err := s.Words(t.Context(), "2"); err != nil || len(got) != 0 {
		t.Errorf("of an unknown stream: %q, %v", got, err)
	}
	if err := s.SetWords(t.Context(), "2", []string{"a"}); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("of an unknown stream: %v", err)
	}
}
