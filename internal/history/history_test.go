package history

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A bench is a log and an archive, and an archiver that goes as far as it is told.
type bench struct {
	Reader
	dir       string // of the log
	committer eventlog.Consumer
	streams   int
}

func newBench(t *testing.T, o natslog.Options) *bench {
	t.Helper()
	o.Dir, o.Logger = filepath.Join(t.TempDir(), "log"), slog.New(slog.DiscardHandler)
	log, err := natslog.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	kept, err := sqlitearchive.Open(t.Context(), sqlitearchive.Options{Path: filepath.Join(t.TempDir(), "archive.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	committer, err := log.Consume(t.Context(), eventlog.RawChats, eventlog.GroupArchive, eventlog.ConsumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = committer.Close() })
	return &bench{Reader: Reader{Archive: kept, Log: log}, dir: o.Dir, committer: committer}
}

// A story is a room, and the model of it: what was logged, in order.
type story struct {
	*bench
	stream   hubbub.StreamID
	entries  []archive.Entry
	archived int // how many of them the archive has
}

func (b *bench) story() *story {
	b.streams++
	return &story{bench: b, stream: hubbub.StreamID(fmt.Sprint("room-", b.streams))}
}

func (s *story) log(t rapid.TB, kind string, value []byte) archive.Entry {
	t.Helper()
	r := eventlog.Record{Stream: s.stream, Kind: kind, Version: eventlog.Version, Value: value}
	at, now, err := eventlog.AppendWait(context.Background(), s.Log, eventlog.RawChats, r)
	if err != nil {
		t.Fatal(err)
	}
	r.Position, r.Time = at, now
	s.entries = append(s.entries, archive.Of(r))
	return s.entries[len(s.entries)-1]
}

func (s *story) say(t rapid.TB) archive.Entry {
	t.Helper()
	m := hubbub.Message{
		ID: hubbub.MessageID(fmt.Sprintf("%s-%d", s.stream, len(s.entries))), StreamID: s.stream,
		Sender: hubbub.Sender{ID: "u"}, Content: fmt.Sprint("text ", len(s.entries)), CreatedAt: time.Unix(1, 0),
	}
	return s.log(t, hubbub.KindMessage, m.AppendJSON(nil))
}

func (s *story) control(t rapid.TB, action hubbub.Action, message hubbub.MessageID) {
	t.Helper()
	c := hubbub.Control{ID: hubbub.MessageID(fmt.Sprintf("%s-%d", s.stream, len(s.entries))), StreamID: s.stream, Action: action, MessageID: message, By: "mod"}
	s.log(t, hubbub.KindControl, c.AppendJSON(nil))
}

// archive puts the next n entries into the archive, and commits that or not.
func (s *story) archive(t rapid.TB, n int, commit bool) {
	t.Helper()
	upTo := min(len(s.entries), s.archived+n)
	if next := s.entries[s.archived:upTo]; len(next) > 0 {
		if err := s.Archive.Append(context.Background(), next); err != nil {
			t.Fatal(err)
		}
	}
	if s.archived = upTo; commit && upTo > 0 {
		if err := s.committer.Commit(context.Background(), 0, s.entries[upTo-1].Position); err != nil {
			t.Fatal(err)
		}
	}
}

// archiveAhead puts n entries into the archive that are not next, as an archiver does that
// writes several batches at once, and commits nothing.
func (s *story) archiveAhead(t rapid.TB, skip, n int) {
	t.Helper()
	from := min(len(s.entries), s.archived+skip)
	if some := s.entries[from:min(len(s.entries), from+n)]; len(some) > 0 {
		if err := s.Archive.Append(context.Background(), some); err != nil {
			t.Fatal(err)
		}
	}
}

// removed is what is withheld at the end of the story.
func (s *story) removed(e archive.Entry) bool {
	for _, c := range s.entries {
		r, ok := archive.RemovalOf(&c)
		if ok && e.Kind == hubbub.KindMessage && (r.Message == e.ID || r.Message == "" && e.Position.Before(r.Before)) {
			return true
		}
	}
	return false
}

// page is Page of the model.
func (s *story) page(q archive.Query) []archive.Entry {
	var found []archive.Entry
	for _, e := range s.entries {
		if (q.Kind == nil || *q.Kind == e.Kind) && (q.After.IsZero() || q.After.Before(e.Position)) && (q.Before.IsZero() || e.Position.Before(q.Before)) {
			e.Withheld = s.removed(e)
			found = append(found, e)
		}
	}
	if q.Ascending() {
		return found[:min(len(found), q.Limit)]
	}
	return found[max(0, len(found)-q.Limit):]
}

func show(entries []archive.Entry) (lines []string) {
	for _, e := range entries {
		lines = append(lines, fmt.Sprintf("%s %q %s withheld=%v %s", e.Position, e.Kind, e.ID, e.Withheld, e.Value))
	}
	return lines
}

func (s *story) checkPage(t rapid.TB, q archive.Query) {
	t.Helper()
	q.Stream = s.stream
	got, err := s.Page(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(got), show(s.page(q)); !slices.Equal(got, want) {
		t.Fatalf("page %+v\ngot  %q\nwant %q", q, got, want)
	}
}

// TestReadsAsOne: wherever the archiver is, committed or not, a reader sees the
// room as if there were one store that has everything.
func TestReadsAsOne(t *testing.T) {
	b := newBench(t, natslog.Options{})
	kinds := []string{hubbub.KindMessage, hubbub.KindControl}
	rapid.Check(t, func(t *rapid.T) {
		s := b.story()
		// A position that a reader may hold: of an entry, before all, or after all.
		position := func(t *rapid.T) hubbub.Position {
			if len(s.entries) == 0 || rapid.IntRange(0, 9).Draw(t, "beginning") == 0 {
				return hubbub.Position{}
			}
			return rapid.SampledFrom(s.entries).Draw(t, "entry").Position
		}
		t.Repeat(map[string]func(*rapid.T){
			"say":   func(t *rapid.T) { s.say(t) },
			"clear": func(t *rapid.T) { s.control(t, hubbub.ActionClear, "") },
			"unban": func(t *rapid.T) { s.control(t, hubbub.ActionUnban, "") },
			"delete": func(t *rapid.T) {
				if len(s.entries) == 0 {
					t.Skip("nothing to delete")
				}
				s.control(t, hubbub.ActionDelete, rapid.SampledFrom(s.entries).Draw(t, "entry").ID)
			},
			"archive": func(t *rapid.T) {
				s.archive(t, rapid.IntRange(0, 8).Draw(t, "n"), rapid.Bool().Draw(t, "commit"))
			},
			"archive ahead": func(t *rapid.T) {
				s.archiveAhead(t, rapid.IntRange(0, 4).Draw(t, "skip"), rapid.IntRange(1, 4).Draw(t, "n"))
			},
			"page": func(t *rapid.T) {
				q := archive.Query{Limit: rapid.IntRange(1, 6).Draw(t, "limit")}
				if rapid.Bool().Draw(t, "one kind") {
					q.Kind = &kinds[rapid.IntRange(0, 1).Draw(t, "kind")]
				}
				if q.Forward = rapid.Bool().Draw(t, "forward"); q.Forward {
					q.After = position(t)
				} else {
					q.Before = position(t)
				}
				s.checkPage(t, q)
			},
			"after": func(t *rapid.T) {
				after, limit := position(t), rapid.IntRange(1, 6).Draw(t, "limit")
				got, through, err := s.After(context.Background(), s.stream, after, limit)
				if err != nil {
					t.Fatal(err)
				}
				want := s.page(archive.Query{After: after, Forward: true, Limit: limit})
				if !slices.EqualFunc(got, want, func(a, b archive.Entry) bool { return a.Position == b.Position && a.ID == b.ID }) {
					t.Fatalf("after %s, %d\ngot  %q\nwant %q", after, limit, show(got), show(want))
				}
				switch {
				case len(want) == limit && through != want[limit-1].Position:
					t.Fatalf("a full answer is complete through %s, not its last entry", through)
				case len(want) < limit && len(s.entries) > 0 && through.Before(s.entries[len(s.entries)-1].Position):
					t.Fatalf("an answer that ends early is complete through %s only", through)
				}
			},
		})
	})
}

// TestArchiverAtWork: an archive that has what comes later and not yet what comes before
// leaves no hole in what is read.
func TestArchiverAtWork(t *testing.T) {
	s := newBench(t, natslog.Options{}).story()
	s.sayMany(t, 300)
	s.archive(t, 50, true)
	s.archiveAhead(t, 100, 100)
	for _, q := range []archive.Query{
		{Limit: 300}, {Limit: 300, Forward: true}, {Limit: 120, Before: s.entries[220].Position}, {Limit: 120, After: s.entries[20].Position},
	} {
		s.checkPage(t, q)
	}
	after := s.entries[9].Position
	got, through, err := s.After(t.Context(), s.stream, after, 500)
	if err != nil || len(got) != 290 || through.Before(s.entries[299].Position) {
		t.Errorf("after %s %d entries through %s (%v), want 290 through %s", after, len(got), through, err, s.entries[299].Position)
	}
}

func TestStoppedArchiver(t *testing.T) {
	s := newBench(t, natslog.Options{}).story()
	first := s.say(t)
	s.archive(t, 1, true)
	s.sayMany(t, 2500) // more than is read of the log at once
	s.control(t, hubbub.ActionDelete, first.ID)
	for _, q := range []archive.Query{
		{Limit: 200},
		{Limit: 200, Forward: true},
		{Limit: 1000, Before: s.entries[1700].Position},
		{Limit: 1000, After: s.entries[1200].Position},
	} {
		s.checkPage(t, q)
	}
}

// TestTrimmedLog: what the log has dropped is in the archive.
func TestTrimmedLog(t *testing.T) {
	var later atomic.Int64 // the log's clock, ahead by that
	s := newBench(t, natslog.Options{
		Now:       func() time.Time { return time.Now().Add(time.Duration(later.Load())) },
		Retention: time.Minute, FlushEvery: time.Millisecond,
		Required: map[eventlog.Topic][]string{eventlog.RawChats: {eventlog.GroupArchive}},
	}).story()
	for range 20 {
		s.say(t)
	}
	s.archive(t, 15, true)
	later.Store(int64(time.Hour))
	oldest := s.entries[0].Position
	for began := time.Now(); ; time.Sleep(time.Millisecond) { // until the commit is on the disk
		if err := s.Log.(*natslog.Log).Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, _, err := s.Log.Read(t.Context(), eventlog.RawChats, s.stream, oldest, 1)
		if errors.Is(err, eventlog.ErrGone) {
			break
		}
		if time.Since(began) > 30*time.Second {
			t.Fatal("the log drops nothing")
		}
	}
	s.checkPage(t, archive.Query{Limit: 50})
	s.checkPage(t, archive.Query{Limit: 50, Forward: true})
	s.checkPage(t, archive.Query{Limit: 50, After: oldest})
	got, through, err := s.After(t.Context(), s.stream, oldest, 50)
	if err != nil || len(got) != 19 || through != s.entries[19].Position {
		t.Errorf("%d entries through %s (%v), want 19 through %s", len(got), through, err, s.entries[19].Position)
	}
}

// TestLostLog: the log came back empty and began another life, of which nothing is
// archived yet. What is said in it is on pages like everything else.
func TestLostLog(t *testing.T) {
	b := newBench(t, natslog.Options{})
	s := b.story()
	for range 20 {
		s.say(t)
	}
	s.archive(t, 20, true)
	if err := s.Log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(b.dir, "js")); err != nil {
		t.Fatal(err)
	}
	log, err := natslog.Open(t.Context(), natslog.Options{Dir: b.dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	b.Log = log
	for range 3 {
		s.say(t)
	}
	for _, q := range []archive.Query{{Limit: 50}, {Limit: 2}, {Limit: 50, Forward: true}, {Limit: 50, After: s.entries[18].Position}, {Limit: 5, Before: s.entries[22].Position}} {
		s.checkPage(t, q)
	}
}

// TestNowhere: of what neither has, After says so; a page is empty.
func TestNowhere(t *testing.T) {
	s := newBench(t, natslog.Options{}).story()
	elsewhere := hubbub.Position{Epoch: s.say(t).Position.Epoch - 1, N: 7}
	if _, _, err := s.After(t.Context(), s.stream, elsewhere, 10); !errors.Is(err, eventlog.ErrGone) {
		t.Errorf("after a position of another life of the log: %v", err)
	}
	if _, err := s.Page(t.Context(), archive.Query{Stream: s.stream}); hubbub.AsError(err).Code != hubbub.CodeBadRequest {
		t.Errorf("a page without a limit: %v", err)
	}
}

func TestStoresThatFail(t *testing.T) {
	for name, shut := range map[string]func(*Reader) error{
		"the log":     func(r *Reader) error { return r.Log.Close() },
		"the archive": func(r *Reader) error { return r.Archive.Close() },
	} {
		s := newBench(t, natslog.Options{}).story()
		s.say(t)
		s.archive(t, 1, true)
		if err := shut(&s.Reader); err != nil {
			t.Fatal(err)
		}
		if page, err := s.Page(t.Context(), archive.Query{Stream: s.stream, Limit: 5}); err == nil {
			t.Errorf("without %s a page has %d entries", name, len(page))
		}
		if _, _, err := s.After(t.Context(), s.stream, hubbub.Position{}, 5); err == nil {
			t.Errorf("without %s After answers", name)
		}
	}
}

// sayMany logs n messages at once, a hundred times faster than one by one.
func (s *story) sayMany(t *testing.T, n int) {
	t.Helper()
	var records []eventlog.Record
	for i := range n {
		m := hubbub.Message{ID: hubbub.MessageID(fmt.Sprintf("%s-many-%d", s.stream, i)), StreamID: s.stream, CreatedAt: time.Unix(1, 0)}
		records = append(records, eventlog.Record{Stream: s.stream, Version: eventlog.Version, Value: m.AppendJSON(nil)})
	}
	for _, r := range eventlogtest.AppendAll(t, s.Log, eventlog.RawChats, records...) {
		s.entries = append(s.entries, archive.Of(r))
	}
}
