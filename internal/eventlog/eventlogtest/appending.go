package eventlogtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

func testLoneAppend(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	c := consume(t, log, group, eventlog.ConsumeOptions{})
	var last hubbub.Position
	for i := range 20 { // each waits for the one before: nothing else will bring it to the disk
		r := appendOne(t, log, topic, record("s", i))
		got, _ := next(t, c, 1)
		if r.Position.Epoch == 0 || !last.Before(r.Position) || !same(got[0], r) || !got[0].Time.Equal(got[0].Time.Truncate(time.Millisecond)) {
			t.Fatalf("after %v: %s, read as %s", last, show(r), show(got[0]))
		}
		last = r.Position
	}
}

func testFidelity(t *testing.T, h Harness) {
	dir := t.TempDir()
	log := open(t, h, dir, Options{})
	of := func(kind string, version int, value string) eventlog.Record {
		return eventlog.Record{Stream: "Room_1-a", Kind: kind, Version: version, Value: []byte(value)}
	}
	records := AppendAll(t, log, topic,
		of(hubbub.KindMessage, 0, `{"content":"안녕 😀"}`),
		of(hubbub.KindControl, 1, `{"action":"clear"}`),
		of("poll of the future", 7, `{"id":"p"}`),    // a kind of a later version
		of(hubbub.KindMessage, 1<<31-1, `[1,2]`),     // a version of a later program
		of("", 1, ``),                                // nothing at all
		of("", 1, "\n\r\n1 2 3\n\x00\xff not JSON "), // poison
		of("", 1, strings.Repeat("x", eventlog.MaxValue)),
		of("", 1, "after it"),
		eventlog.Record{Stream: hubbub.StreamID(strings.Repeat("s", 64)), Kind: strings.Repeat("k", 64), Value: []byte("long names")},
	)
	wantNext(t, consume(t, log, group, eventlog.ConsumeOptions{}), records)
	must(t, log.Close())
	log = open(t, h, dir, Options{})
	wantNext(t, consume(t, log, group, eventlog.ConsumeOptions{}), records)
	for _, r := range records {
		got, _, err := log.Read(t.Context(), topic, r.Stream, hubbub.Position{}, 100)
		must(t, err)
		if i := indexOf(got, r.Position); i < 0 || !same(got[i], r) {
			t.Errorf("read %d records of %s, and not %s as it was", len(got), r.Stream, show(r))
		}
	}
}

func indexOf(records []eventlog.Record, p hubbub.Position) int {
	for i := range records {
		if records[i].Position == p {
			return i
		}
	}
	return -1
}

// An outcome is a call of done.
type outcome struct {
	stream hubbub.StreamID
	i      int
	at     hubbub.Position
	now    time.Time
	err    error
}

// outcomes collects calls of done, in their order.
type outcomes struct {
	mu  sync.Mutex
	all []outcome
}

func (o *outcomes) of(stream hubbub.StreamID, i int) func(hubbub.Position, time.Time, error) {
	return func(at hubbub.Position, now time.Time, err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.all = append(o.all, outcome{stream, i, at, now, err})
	}
}

// waitFor waits until there are n, and returns them. That there are no more it
// can tell only after the log was closed.
func (o *outcomes) waitFor(t testing.TB, n int) []outcome {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		o.mu.Lock()
		all := o.all
		o.mu.Unlock()
		if len(all) >= n {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d outcomes of %d", len(all), n)
		}
	}
}

func testOrderOfOne(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	const n = 5000
	var done outcomes
	for i := range n {
		log.Append(t.Context(), topic, record("s", i), done.of("s", i))
	}
	done.waitFor(t, n)
	got, _ := next(t, consume(t, log, group, eventlog.ConsumeOptions{}), n)
	must(t, log.Close()) // from here on done is called no more
	if len(done.all) != n {
		t.Fatalf("%d outcomes of %d records", len(done.all), n)
	}
	for i, o := range done.all {
		if o.err != nil || o.i != i {
			t.Fatalf("outcome %d is of record %d: %v", i, o.i, o.err)
		}
		want := record("s", i)
		want.Version, want.Position, want.Time = eventlog.Version, o.at, o.now
		if !same(got[i], want) || (i > 0 && !done.all[i-1].at.Before(o.at)) {
			t.Fatalf("record %d is %s\nwant %s", i, show(got[i]), show(want))
		}
	}
}

func testOrderOfMany(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	const appenders, each = 8, 500
	var done outcomes
	var all sync.WaitGroup
	for a := range appenders { // two in a room
		all.Go(func() {
			stream := hubbub.StreamID(fmt.Sprint("room-", a/2))
			for i := range each {
				log.Append(t.Context(), topic, record(stream, a*each+i), done.of(stream, a*each+i))
			}
		})
	}
	all.Wait()
	done.waitFor(t, appenders*each)
	got, _ := next(t, consume(t, log, group, eventlog.ConsumeOptions{}), appenders*each)
	must(t, log.Close())
	if len(done.all) != len(got) {
		t.Fatalf("%d outcomes of %d records", len(done.all), len(got))
	}

	newest := map[int]int{} // of each appender
	at := map[hubbub.StreamID]hubbub.Position{}
	positions := map[int]hubbub.Position{}
	for _, o := range done.all {
		must(t, o.err)
		if before, ok := newest[o.i/each]; (ok && before+1 != o.i) || !at[o.stream].Before(o.at) {
			t.Fatalf("the outcome of %d at %v came after that of %d and of one at %v", o.i, o.at, before, at[o.stream])
		}
		newest[o.i/each], at[o.stream], positions[o.i] = o.i, o.at, o.at
	}
	var last hubbub.Position
	for _, r := range got {
		var i int
		if _, err := fmt.Sscanf(string(r.Value), `{"i":%d}`, &i); err != nil || positions[i] != r.Position || !last.Before(r.Position) {
			t.Fatalf("after %v: %s, which was acknowledged at %v", last, show(r), positions[i])
		}
		last = r.Position
	}
}

func testRefuses(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	large := record("s", 0)
	large.Value = bytes.Repeat([]byte("x"), eventlog.MaxValue+1)
	of := func(stream hubbub.StreamID, kind string, version int) eventlog.Record {
		return eventlog.Record{Stream: stream, Kind: kind, Version: version, Value: []byte("{}")}
	}
	for _, c := range []struct {
		name   string
		topic  eventlog.Topic
		record eventlog.Record
		want   error // nil: any but ErrUnknown
	}{
		{"too large a value", topic, large, eventlog.ErrTooLarge},
		{"no stream", topic, of("", "", 1), nil},
		{"a stream id that is none", topic, of("a.b", "", 1), nil},
		{"a kind with a line break", topic, of("s", "a\nb", 1), nil},
		{"an endless kind", topic, of("s", strings.Repeat("k", 65), 1), nil},
		{"a negative version", topic, of("s", "", -1), nil},
		{"a version that a reader could not read", topic, of("s", "", 1<<40), nil},
		{"an unknown topic", "no-such-topic", of("s", "", 1), nil},
	} {
		calls := 0 // done may be called later only if the record is taken
		log.Append(t.Context(), c.topic, c.record, func(at hubbub.Position, _ time.Time, err error) {
			calls++
			if err == nil || !at.IsZero() || errors.Is(err, eventlog.ErrUnknown) || (c.want != nil && !errors.Is(err, c.want)) {
				t.Errorf("%s: %v, %v", c.name, at, err)
			}
		})
		if calls != 1 {
			t.Errorf("%s: %d calls of done", c.name, calls)
		}
	}
	r := appendOne(t, log, topic, record("s", 1))
	wantNext(t, consume(t, log, group, eventlog.ConsumeOptions{}), []eventlog.Record{r})
}

// hold appends a record and blocks the log's goroutine in the call of its done,
// so that what is appended meanwhile waits, until release is called.
func hold(t testing.TB, log eventlog.Log, r eventlog.Record) (release func()) {
	t.Helper()
	held, released := make(chan error, 1), make(chan struct{})
	log.Append(t.Context(), topic, r, func(_ hubbub.Position, _ time.Time, err error) {
		held <- err
		<-released
	})
	release = sync.OnceFunc(func() { close(released) })
	t.Cleanup(release)
	select {
	case err := <-held:
		must(t, err)
	case <-time.After(patience):
		t.Fatal("a lone append was not answered")
	}
	return release
}

func testBusy(t *testing.T, h Harness) {
	const most = 100
	log := open(t, h, t.TempDir(), Options{MaxInFlight: most})
	release := hold(t, log, record("s", 0))
	var done, refused outcomes
	taken := 0
	for i := 1; len(refused.all) == 0; i++ {
		if i > 2*most {
			t.Fatalf("%d records wait, and there is room still", i-1)
		}
		calls := 0
		log.Append(t.Context(), topic, record("s", i), func(at hubbub.Position, now time.Time, err error) {
			if errors.Is(err, eventlog.ErrBusy) {
				calls++
				refused.of("s", i)(at, now, err)
				return
			}
			done.of("s", i)(at, now, err)
		})
		taken += 1 - calls
	}
	if taken < most/2 {
		t.Errorf("%d records wait, and there is no more room", taken)
	}
	release()
	done.waitFor(t, taken)
	r := appendOne(t, log, topic, record("s", 1000)) // there is room again
	got, _ := next(t, consume(t, log, group, eventlog.ConsumeOptions{}), taken+2)
	must(t, log.Close())
	if len(done.all) != taken || len(refused.all) != 1 || len(got) != taken+2 || !same(got[taken+1], r) {
		t.Fatalf("%d taken, %d outcomes, %d refused, %d logged, the last %s", taken, len(done.all), len(refused.all), len(got), show(got[len(got)-1]))
	}
	for i, o := range done.all {
		if o.err != nil || o.i != i+1 || got[i+1].Position != o.at {
			t.Fatalf("outcome %d is of record %d: %v", i, o.i, o.err)
		}
	}
}

func testEndedContext(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	ended, end := context.WithCancel(t.Context())
	release := hold(t, log, record("s", 0))
	var waited, late, other outcomes
	log.Append(ended, topic, record("s", 1), waited.of("s", 1))
	end()
	log.Append(ended, topic, record("s", 2), late.of("s", 2))
	log.Append(t.Context(), topic, record("s", 3), other.of("s", 3))
	release()
	want := []string{`{"i":0}`}
	for _, o := range []*outcomes{&waited, &late} {
		got := o.waitFor(t, 1)[0]
		switch {
		case got.err == nil && o == &waited: // it was handed over before
			want = append(want, `{"i":1}`)
		case !errors.Is(got.err, context.Canceled) || errors.Is(got.err, eventlog.ErrUnknown):
			t.Errorf("record %d, whose context ended before it could be written: %v", got.i, got.err)
		}
	}
	must(t, other.waitFor(t, 1)[0].err)
	want = append(want, `{"i":3}`)
	got, _ := next(t, consume(t, log, group, eventlog.ConsumeOptions{}), len(want))
	for i, r := range got {
		if len(got) != len(want) || string(r.Value) != want[i] {
			t.Errorf("%d records are logged, number %d is %s, want %q", len(got), i, show(r), want)
		}
	}
}

// A clock is set by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newClock() *clock { return &clock{now: noon} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func testTime(t *testing.T, h Harness) {
	if h.ServerTime {
		testServerTime(t, h)
		return
	}
	dir, clock := t.TempDir(), newClock()
	log := open(t, h, dir, Options{Now: clock.Now})
	for i, c := range []struct {
		step    time.Duration
		restart bool
		want    time.Duration // since noon
	}{
		{0, false, 0},
		{1500 * time.Microsecond, false, time.Millisecond}, // in whole ms
		{time.Second, false, 1001 * time.Millisecond},
		{-time.Hour, false, 1001 * time.Millisecond}, // stays
		{time.Minute, false, 1001 * time.Millisecond},
		{-time.Minute, true, 1001 * time.Millisecond}, // and is known after a restart
		{2 * time.Hour, false, time.Hour + 1001*time.Millisecond},
	} {
		clock.step(c.step)
		if c.restart {
			must(t, log.Close())
			log = open(t, h, dir, Options{Now: clock.Now})
		}
		if r := appendOne(t, log, topic, record("s", i)); !r.Time.Equal(noon.Add(c.want)) {
			t.Errorf("step %d: log time %v, want noon and %v", i, r.Time, c.want)
		}
	}
	wantTimes(t, log, 7)
}

// testServerTime is for a clock that cannot be set: it is about the test's own.
func testServerTime(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	before := time.Now().Add(-time.Second)
	AppendAll(t, log, topic, numbered(0, 500)...)
	for _, r := range wantTimes(t, log, 500) {
		if r.Time.Before(before) || r.Time.After(time.Now().Add(time.Second)) {
			t.Fatalf("%s, which was appended just now", show(r))
		}
	}
}

// wantTimes reads so many records and checks that their time never goes back.
func wantTimes(t testing.TB, log eventlog.Log, n int) []eventlog.Record {
	t.Helper()
	got, _ := next(t, consume(t, log, group, eventlog.ConsumeOptions{}), n)
	for i := 1; i < len(got); i++ {
		if got[i].Time.Before(got[i-1].Time) {
			t.Errorf("record %d is from before the one before it", i)
		}
	}
	return got
}
