package eventlogtest

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// of returns the records of a stream that come after a position.
func of(records []eventlog.Record, stream hubbub.StreamID, after hubbub.Position) (own []eventlog.Record) {
	for _, r := range records {
		if r.Stream == stream && after.Before(r.Position) {
			own = append(own, r)
		}
	}
	return own
}

// A reader is a test or a check of a property.
type reader interface {
	rapid.TB
	Context() context.Context
}

// wantRead checks one Read against all records of the topic.
func wantRead(t reader, log eventlog.Log, all []eventlog.Record, stream hubbub.StreamID, after hubbub.Position, limit int) {
	t.Helper()
	want, through := of(all, stream, after), all[len(all)-1].Position
	if len(want) >= limit {
		want = want[:limit]
		through = want[limit-1].Position
	}
	got, gotThrough, err := log.Read(t.Context(), topic, stream, after, limit)
	if err != nil {
		t.Fatalf("read %s after %q: %v", stream, after, err)
	}
	if gotThrough != through || len(got) != len(want) {
		t.Fatalf("read %s after %q, at most %d: %d records through %v, want %d through %v", stream, after, limit, len(got), gotThrough, len(want), through)
	}
	for i := range want {
		if !same(got[i], want[i]) {
			t.Fatalf("read %s after %q, at most %d: record %d is %s\nwant %s", stream, after, limit, i, show(got[i]), show(want[i]))
		}
	}
}

func testReading(t *testing.T, h Harness) {
	dir := t.TempDir()
	log := open(t, h, dir, Options{})
	records := AppendAll(t, log, topic, numbered(0, 30)...)
	appendOne(t, log, eventlog.AnalysisResult, record("room-0", 0)) // another topic: another log
	for range 2 {                                                   // from memory, and from the disk
		for _, limit := range []int{1, 2, 9, 10, 11, 1000} {
			for i := range 3 {
				wantRead(t, log, records, room(i), hubbub.Position{}, limit)
				wantRead(t, log, records, room(i), records[i].Position, limit)   // of its own
				wantRead(t, log, records, room(i), records[i+1].Position, limit) // of another stream
				wantRead(t, log, records, room(i), records[29].Position, limit)  // the end
				wantRead(t, log, records, "nobody", records[5].Position, limit)  // a stream without records
			}
		}
		if end, err := log.End(t.Context(), topic, "room-0"); err != nil || end != records[29].Position {
			t.Errorf("the end is %v, %v; want %v", end, err, records[29].Position)
		}
		must(t, log.Close())
		log = open(t, h, dir, Options{})
	}
	for _, c := range []struct {
		name   string
		topic  eventlog.Topic
		stream hubbub.StreamID
		limit  int
	}{
		{"no limit", topic, "s", 0},
		{"a stream id that is none", topic, "a.b", 1},
		{"an unknown topic", "no-such-topic", "s", 1},
	} {
		if _, _, err := log.Read(t.Context(), c.topic, c.stream, hubbub.Position{}, c.limit); err == nil {
			t.Errorf("a read with %s: no error", c.name)
		}
	}
}

// testReadingOn reads again and again from where the last answer was complete, while
// another appends: nothing is passed over, and nothing comes twice.
func testReadingOn(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	const records = 600
	appending := make(chan []eventlog.Record, 1)
	go func() {
		var done []eventlog.Record
		for i := range records {
			stream := hubbub.StreamID("s")
			if i%4 == 0 {
				stream = "other"
			}
			done = append(done, AppendAll(t, log, topic, record(stream, i))...)
		}
		appending <- done
	}()
	var want, got []eventlog.Record
	var through hubbub.Position
	for last := false; !last; {
		select {
		case appended := <-appending:
			last = true
			for _, r := range appended {
				if r.Stream == "s" {
					want = append(want, r)
				}
			}
		default:
		}
		found, complete, err := log.Read(t.Context(), topic, "s", through, 1000)
		must(t, err)
		got, through = append(got, found...), complete
	}
	if !slices.EqualFunc(got, want, func(x, y eventlog.Record) bool { return x.Position == y.Position }) {
		t.Errorf("read %d records of %d", len(got), len(want))
	}
}

// testAnyRead compares reads and batches with a list of what was appended: alone
// or many at once, of one stream or of several, with restarts in between.
func testAnyRead(t *testing.T, h Harness) {
	dir := t.TempDir()
	log := open(t, h, dir, Options{})
	all := []eventlog.Record{appendOne(t, log, topic, record("room-0", 0))}
	rapid.Check(t, func(rt *rapid.T) {
		if rapid.IntRange(0, 9).Draw(rt, "restart") == 0 {
			must(t, log.Close())
			log = open(t, h, dir, Options{})
		}
		some := numbered(len(all), rapid.IntRange(1, 30).Draw(rt, "append"))
		if rapid.Bool().Draw(rt, "to one stream") {
			for i := range some {
				some[i].Stream = "room-1"
			}
		}
		all = append(all, AppendAll(t, log, topic, some...)...)
		for range 5 {
			after := all[rapid.IntRange(0, len(all)-1).Draw(rt, "after")].Position
			if rapid.IntRange(0, 9).Draw(rt, "from the first") == 0 {
				after = hubbub.Position{}
			}
			wantRead(rt, log, all, room(rapid.IntRange(0, 2).Draw(rt, "room")), after, rapid.IntRange(1, 50).Draw(rt, "limit"))
		}
		from := rapid.IntRange(0, len(all)-1).Draw(rt, "consume after")
		c := consume(t, log, group, eventlog.ConsumeOptions{
			After:      func(int) (hubbub.Position, bool) { return all[from].Position, true },
			MaxRecords: rapid.IntRange(1, 100).Draw(rt, "in batches of"),
		})
		got, _ := next(t, c, len(all)-1-from)
		wantRecords(t, got, all[from+1:])
		must(t, c.Close())
	})
}

func testGone(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	records := AppendAll(t, log, topic, numbered(0, 3)...)
	epoch := records[0].Position.Epoch
	for _, c := range []struct {
		name  string
		after hubbub.Position
		gone  bool
	}{
		{"the beginning", hubbub.Position{}, false},
		{"the newest", records[2].Position, false},
		{"an earlier epoch", hubbub.Position{Epoch: epoch - 1, N: records[0].Position.N}, true},
		{"a later epoch", hubbub.Position{Epoch: epoch + 1, N: records[0].Position.N}, true},
	} {
		got, through, err := log.Read(t.Context(), topic, "room-0", c.after, 10)
		wantGone(t, c.name, got, through, err, c.gone)
	}
}

func testLag(t *testing.T, h Harness) {
	dir := t.TempDir()
	log := open(t, h, dir, Options{})
	records := AppendAll(t, log, topic, numbered(0, 10)...)
	appendOne(t, log, eventlog.RawChats, record("s", 0)) // counts there alone
	c := consume(t, log, group, eventlog.ConsumeOptions{})
	wantLag(t, log, group, 10)
	next(t, c, 10)
	wantLag(t, log, group, 10) // read is not committed
	must(t, c.Commit(t.Context(), 0, records[3].Position))
	wantLag(t, log, group, 6)
	wantLag(t, log, "others", 10)
	must(t, c.Commit(t.Context(), 0, records[9].Position))
	wantLag(t, log, group, 0)
	must(t, log.Close())
	log = open(t, h, dir, Options{})
	wantLag(t, log, group, 0)
	appendOne(t, log, topic, record("s", 10))
	wantLag(t, log, group, 1)
}
