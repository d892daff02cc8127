package eventlogtest

import (
	"errors"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

func wantGone(t testing.TB, name string, records []eventlog.Record, through hubbub.Position, err error, gone bool) {
	t.Helper()
	switch {
	case !gone && err != nil:
		t.Errorf("a read after %s: %v", name, err)
	case gone && (!errors.Is(err, eventlog.ErrGone) || len(records) > 0 || !through.IsZero()):
		t.Errorf("a read after %s: %d records through %v, %v", name, len(records), through, err)
	}
}

// A trimming is a log of the topic raw-chats, whose required groups all commit
// by the test's word, with a record every minute.
type trimming struct {
	t       *testing.T
	h       Harness
	dir     string
	clock   *clock
	log     eventlog.Log
	records []eventlog.Record
	first   int // the first record that is there still
}

func (x *trimming) reopen() {
	if x.log != nil {
		must(x.t, x.log.Close())
	}
	x.log = open(x.t, x.h, x.dir, Options{Now: x.clock.Now, Retention: time.Hour})
}

// trim trims and checks that the records from first on are there, and that
// readers are told of what is not.
func (x *trimming) trim(first int, exactly bool) {
	t := x.t
	t.Helper()
	must(t, x.h.Trim(t.Context(), x.log))
	got, through, err := x.log.Read(t.Context(), eventlog.RawChats, "s", hubbub.Position{}, 1000)
	must(t, err)
	if gone := len(x.records) - len(got); gone > first || (exactly && gone != first) || through != x.records[len(x.records)-1].Position {
		t.Fatalf("%d records are gone, %d should be; through %v", gone, first, through)
	}
	x.first = len(x.records) - len(got)
	wantRecords(t, got, x.records[x.first:])
	c, err := x.log.Consume(t.Context(), eventlog.RawChats, "late", eventlog.ConsumeOptions{})
	must(t, err)
	defer c.Close()
	batch, last := next(t, c, len(got))
	wantRecords(t, batch, got)
	if !last.Prev.Before(got[0].Position) {
		t.Fatalf("a batch that begins at %v comes after %v", got[0].Position, last.Prev)
	}
	for i, r := range x.records {
		_, through, err := x.log.Read(t.Context(), eventlog.RawChats, "s", r.Position, 1000)
		wantGone(t, r.Position.String(), nil, through, err, i+1 < x.first)
	}
}

// trimUntil trims until so many records are gone: as soon as the cursors are durable.
func (x *trimming) trimUntil(gone int) {
	t := x.t
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		must(t, x.h.Trim(t.Context(), x.log))
		got, _, err := x.log.Read(t.Context(), eventlog.RawChats, "s", hubbub.Position{}, 1000)
		must(t, err)
		if len(got) == len(x.records)-gone {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d records of %d are there, %d should be gone", len(got), len(x.records), gone)
		}
	}
}

func (x *trimming) commit(group string, through hubbub.Position) {
	c, err := x.log.Consume(x.t.Context(), eventlog.RawChats, group, eventlog.ConsumeOptions{})
	must(x.t, err)
	must(x.t, c.Commit(x.t.Context(), 0, through))
	must(x.t, c.Close())
}

func testTrim(t *testing.T, h Harness) {
	x := &trimming{t: t, h: h, dir: t.TempDir(), clock: newClock()}
	minute := time.Minute
	if h.ServerTime {
		x.clock.now, minute = time.Now(), 0
	}
	x.reopen()
	for i := range 100 {
		x.records = append(x.records, appendOne(t, x.log, eventlog.RawChats, record("s", i)))
		x.clock.step(minute)
	}
	// It is minute 100: records 0 to 39 are over an hour old, record 40 just that. Or
	// they are all new, and then all old.
	old := 40
	if h.ServerTime {
		x.trim(0, true)
		x.clock.step(2 * time.Hour)
		old = 99
	}
	x.trim(0, true) // nobody has committed
	required := eventlog.Required[eventlog.RawChats]
	for i, group := range required {
		x.trim(0, true)
		x.commit(group, x.records[10+10*i].Position)
	}
	x.trimUntil(11) // and the log was not closed: it may have them in memory
	x.trim(11, true)
	x.reopen()
	x.trim(11, true)
	// A reader that is where the log now begins misses nothing; one before it does.
	for i, want := range []bool{true, false} {
		_, _, err := x.log.Read(t.Context(), eventlog.RawChats, "s", x.records[9+i].Position, 10)
		if errors.Is(err, eventlog.ErrGone) != want {
			t.Errorf("a read after record %d: %v", 9+i, err)
		}
	}
	for _, group := range required {
		x.commit(group, x.records[99].Position)
	}
	x.reopen()
	x.trim(old, !h.ServerTime) // no younger ones
	wantLagOf := func(group string, want int64) {
		t.Helper()
		if n, err := x.log.Lag(t.Context(), eventlog.RawChats, group); err != nil || n != want {
			t.Errorf("the lag of %s is %d, %v; want %d", group, n, err, want)
		}
	}
	wantLagOf("late", int64(100-x.first))
	wantLagOf(required[0], 0)

	x.clock.step(24 * time.Hour)
	x.trim(100-1, false) // the newest may stay
	x.reopen()
	x.records = append(x.records, appendOne(t, x.log, eventlog.RawChats, record("s", 100)))
	if last := x.records[99]; !last.Position.Before(x.records[100].Position) {
		t.Errorf("after %s came %s", show(last), show(x.records[100]))
	}
}
