package summariser

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/summary"
)

// TestSumsUpWhatIsAskedFor: from where the last one ended, through what is asked for,
// each room by itself, and the same in archive and log.
func TestSumsUpWhatIsAskedFor(t *testing.T) {
	w := newWorld(t)
	w.options.Now = func() time.Time { return time.UnixMilli(1_800_000_000_000) }
	a, b := w.say("a", chatter(20)...), w.say("b", chatter(20)...)
	w.archiveAll("a", "b")
	r := w.start()
	w.ask("a", a[9].at)
	w.ask("b", b[19].at)
	w.settled()
	w.ask("a", a[19].at)
	w.settled()
	got := w.published("a")
	if len(got) != 2 || len(w.published("b")) != 1 || r.count(resultMade) != 3 {
		t.Fatalf("of a %+v, of b %+v", got, w.published("b"))
	}
	if !got[0].From.IsZero() || got[0].Through != a[9].at || got[1].From != a[9].at || got[1].Through != a[19].at {
		t.Errorf("windows: %+v", got)
	}
	for _, result := range append(got, w.published("b")...) {
		if result.Summary == "" || result.Method == "" || result.At != "2027-01-15T08:00:00.000Z" {
			t.Errorf("published %+v", result)
		}
		kept := w.stored(result.StreamID)
		i := slices.IndexFunc(kept, func(s archive.Summary) bool { return s.Through == result.Through })
		if i < 0 || string(ResultOf(kept[i]).Value()) != string(result.Value()) {
			t.Errorf("stored %+v\npublished %+v", kept, result)
		}
	}
	for _, sentence := range got[1].Sentences {
		for _, id := range sentence.MessageIDs {
			if i := slices.IndexFunc(a, func(l line) bool { return string(l.id) == id }); i < 10 {
				t.Errorf("the second window cites message %d of a", i)
			}
		}
	}
}

// TestRequestsThatMakeNothing are counted and passed over.
func TestRequestsThatMakeNothing(t *testing.T) {
	w := newWorld(t)
	w.options.Patience = 50 * time.Millisecond
	w.options.Stream = func(_ context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
		if id == "gone" {
			return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeStreamNotFound, "no such stream")
		}
		status := hubbub.StatusLive
		if id == "ended" {
			status = hubbub.StatusEnded
		}
		return hubbub.Stream{ID: id, Status: status}, nil
	}
	a := w.say("a", chatter(10)...)
	rude := w.say("rude", "something rude")
	w.say("gone", "hello")
	w.say("ended", "hello")
	end := w.remove("rude", rude[0].id)
	w.archiveAll("a", "rude", "gone", "ended")
	raw := func(room hubbub.StreamID, kind string, version int, value string) {
		w.append(eventlog.SummaryRequests, eventlog.Record{Stream: room, Kind: kind, Version: version, Value: []byte(value)})
	}
	for range 3 {
		w.ask("a", a[9].at)
	}
	w.ask("a", a[2].at) // out of order
	for _, room := range []hubbub.StreamID{"gone", "ended", "rude"} {
		w.ask(room, end)
	}
	w.ask("never", hubbub.Position{Epoch: math.MaxUint32, N: 1}) // nothing will ever be there
	raw("a", "", 1, `{"streamId":"a"`)
	raw("a", "", 1, `{"streamId":"b","through":"1.9"}`)
	raw("a", "", 1, `{"streamId":"a","through":"nine"}`)
	raw("a", "", 1, `{"streamId":"a"}`)
	raw("a", "", 2, `{"streamId":"a","through":"1.9"}`)
	raw("a", "poll", 1, `{"streamId":"a","through":"1.9"}`)
	r := w.start()
	w.settled()
	w.ask("a", a[9].at) // once more, and
	w.settled()
	w.ask("a", a[5].at) // late
	w.settled()
	if n := len(w.published("a")); n != 1 || len(w.stored("a")) != 1 {
		t.Errorf("a is summed up %d times", n)
	}
	for _, room := range []hubbub.StreamID{"gone", "ended", "rude", "never"} {
		if n := len(w.published(room)) + len(w.stored(room)); n != 0 {
			t.Errorf("%s is summed up", room)
		}
	}
	for result, want := range map[string]int{
		resultMade: 1, resultMerged: 3, resultRepeated: 2, resultEmpty: 1, resultGone: 1, resultEnded: 1, resultUnarchived: 1, resultUnread: 6,
	} {
		if n := r.count(result); n != want {
			t.Errorf("%d requests are %s, want %d", n, result, want)
		}
	}
}

// TestWaitsForTheArchive: what it does not hold yet is waited for, and the rooms of
// which it holds enough do not wait.
func TestWaitsForTheArchive(t *testing.T) {
	w := newWorld(t)
	early := w.say("early", chatter(10)...)
	w.archiveAll("early")
	late := w.say("late", chatter(10)...)
	w.ask("late", late[9].at)
	w.ask("early", early[9].at)
	w.start()
	w.until("the room that is archived is summed up", func() bool { return len(w.published("early")) == 1 })
	if n := len(w.published("late")); n != 0 {
		t.Error("a room is summed up before it is archived")
	}
	w.archiveAll("late")
	w.settled()
	if got := w.published("late"); len(got) != 1 || got[0].Through != late[9].at {
		t.Errorf("once it is archived: %+v", got)
	}
}

// unpublished is a log that takes no summaries.
type unpublished struct {
	eventlog.Log
	tried chan struct{}
}

func (l unpublished) Append(ctx context.Context, topic eventlog.Topic, r eventlog.Record, done func(hubbub.Position, time.Time, error)) {
	if topic != eventlog.SummaryResults {
		l.Log.Append(ctx, topic, r, done)
		return
	}
	select {
	case l.tried <- struct{}{}:
	default:
	}
	done(hubbub.Position{}, time.Time{}, eventlog.ErrUnavailable)
}

// TestStoredIsPublishedAfterARestart: whatever a crash comes between.
func TestStoredIsPublishedAfterARestart(t *testing.T) {
	w := newWorld(t)
	a := w.say("a", chatter(10)...)
	w.archiveAll("a")
	w.ask("a", a[9].at)
	broken := unpublished{w.log, make(chan struct{}, 1)}
	w.options.Log = broken
	first := w.start()
	<-broken.tried // it is stored, and now it ends
	first.stop()
	if !errors.Is(first.Healthy(), eventlog.ErrUnavailable) {
		t.Errorf("Healthy() = %v", first.Healthy())
	}
	kept := w.stored("a")
	if len(kept) != 1 || len(w.published("a")) != 0 {
		t.Fatalf("stored %+v, published %+v", kept, w.published("a"))
	}
	w.options.Log = w.log
	w.start().end(w)
	if got := w.published("a"); len(got) != 1 || string(got[0].Value()) != string(ResultOf(kept[0]).Value()) {
		t.Errorf("published %+v\nstored %+v", got, kept)
	}
	if n := len(w.stored("a")); n != 1 {
		t.Errorf("stored %d times", n)
	}
	// Published and not committed: once more, the same.
	w.ask("a", a[9].at)
	w.start().end(w)
	if got := w.published("a"); len(got) != 2 || string(got[0].Value()) != string(got[1].Value()) {
		t.Errorf("published %+v", got)
	}
}

// end stops once all is dealt with.
func (r *running) end(w *world) {
	w.t.Helper()
	w.settled()
	r.stop()
}

// meddler is an archive whose moderators are quick: they remove messages once a
// summary is stored, or just before.
type meddler struct {
	archive.Archive
	before, after func()
}

func (m meddler) AddSummary(ctx context.Context, s archive.Summary) error {
	m.before()
	defer m.after()
	return m.Archive.AddSummary(ctx, s)
}

// TestADeletionMeanwhile is honoured, whether it is archived yet or only logged.
func TestADeletionMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name     string
		before   bool
		archived bool
		clear    bool
	}{
		{name: "logged before it is stored", before: true},
		{name: "archived before it is stored", before: true, archived: true},
		{name: "logged after it is stored"},
		{name: "archived after it is stored", archived: true},
		{name: "a clear that is logged", clear: true},
		{name: "a clear that is archived", archived: true, clear: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			a := w.say("a", "what a great goal")
			a = append(a, w.say("a", chatter(9)...)...)
			w.archiveAll("a")
			meddle := func() {
				if c.clear {
					w.control("a", hubbub.Control{Action: hubbub.ActionClear})
				}
				for _, l := range a {
					if !c.clear {
						w.remove("a", l.id)
					}
				}
				if c.archived {
					w.archiveAll("a")
				}
			}
			m := meddler{Archive: w.archive, before: func() {}, after: meddle}
			if c.before {
				m.before, m.after = meddle, func() {}
			}
			w.options.Archive = m
			w.ask("a", a[9].at)
			w.start()
			w.settled()
			got := w.published("a")
			if len(got) != 1 || len(got[0].Sentences) != 0 || got[0].Summary != "" || got[0].Through != a[9].at {
				t.Errorf("published %+v", got)
			}
		})
	}
}

// rewriter says what it is told to.
type rewriter func(in summary.Input, s summary.Summary) (summary.Summary, error)

func (f rewriter) Rewrite(_ context.Context, in summary.Input, s summary.Summary) (summary.Summary, error) {
	return f(in, s)
}

// TestRewriting: better words are taken, unless they stand on nothing.
func TestRewriting(t *testing.T) {
	sentence := func(text string, ids ...string) summary.Summary {
		return summary.Summary{Method: "model", Sentences: []summary.Sentence{{Text: text, MessageIDs: ids}}}
	}
	for _, c := range []struct {
		name  string
		say   rewriter
		taken bool
	}{
		{"better words", func(in summary.Input, _ summary.Summary) (summary.Summary, error) {
			return sentence("They cheered.", in.Messages[0].ID), nil
		}, true},
		{"a message that is not there", func(summary.Input, summary.Summary) (summary.Summary, error) {
			return sentence("They cheered.", "a-999"), nil
		}, false},
		{"nothing", func(summary.Input, summary.Summary) (summary.Summary, error) { return sentence("They cheered."), nil }, false},
		{"an error", func(in summary.Input, _ summary.Summary) (summary.Summary, error) {
			return sentence("Error 500", in.Messages[0].ID), errors.New("500")
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Rewriter = c.say
			a := w.say("a", chatter(10)...)
			w.archiveAll("a")
			w.ask("a", a[9].at)
			w.start()
			w.settled()
			got := w.published("a")
			if len(got) != 1 || got[0].Summary == "" || (got[0].Method == "model") != c.taken || strings.Contains(got[0].Summary, "cheered") != c.taken {
				t.Errorf("published %+v", got)
			}
		})
	}
}

// TestLanguage: of a stream that says so.
func TestLanguage(t *testing.T) {
	for tag, want := range map[string]string{"ko": "ko", "ko-KR": "ko", "EN-us": "en", "": "", "fr": "", "english": ""} {
		if got := language(tag); got != want {
			t.Errorf("language(%q) = %q, want %q", tag, got, want)
		}
	}
}
