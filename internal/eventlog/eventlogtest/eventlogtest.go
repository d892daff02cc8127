// Package eventlogtest is what every event log must do: the conformance suite of
// the contract in internal/eventlog, run by each adapter's tests. It knows nothing
// of how records are kept.
package eventlogtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A Harness makes logs for the suite.
type Harness struct {
	// Open opens the log kept in dir: an empty one in an empty folder, what was
	// there in one used before.
	Open func(ctx context.Context, dir string, o Options) (eventlog.Log, error)
	// Trim makes the log remove now all that it may, except that it may keep the
	// newest record.
	Trim func(ctx context.Context, log eventlog.Log) error
	// ServerTime says that log time comes from a server, and Options.Now decides
	// only what is old.
	ServerTime bool
	// Stays says that a group's only partition stays with the member that has it
	// when another joins; else it goes to the newest.
	Stays bool
}

// Options are what the suite wants of a log. What is zero is the adapter's choice.
type Options struct {
	Now         func() time.Time
	MaxInFlight int // records that may wait in a topic
	Retention   time.Duration
}

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"Empty", testEmpty},
		{"LoneAppend", testLoneAppend},
		{"KeepsRecordsAsTheyAre", testFidelity},
		{"OrderOfOneAppender", testOrderOfOne},
		{"OrderOfManyAppenders", testOrderOfMany},
		{"Refuses", testRefuses},
		{"Busy", testBusy},
		{"EndedContext", testEndedContext},
		{"TimeNeverGoesBack", testTime},
		{"Cursors", testCursors},
		{"After", testAfter},
		{"Batches", testBatches},
		{"NextWaits", testNextWaits},
		{"OneOwner", testOneOwner},
		{"SlicesStay", testSlicesStay},
		{"Reading", testReading},
		{"AnyRead", testAnyRead},
		{"ReadingOn", testReadingOn},
		{"Gone", testGone},
		{"Lag", testLag},
		{"Trim", testTrim},
		{"Restart", testRestart},
		{"Closed", testClosed},
		{"Crash", testCrash},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, h) })
	}
}

// The topic and consumer group of tests that need but one; neither is required.
const (
	topic = eventlog.SummaryRequests
	group = "readers"
)

// patience is how long the suite waits for what must happen.
const patience = 30 * time.Second

func open(t testing.TB, h Harness, dir string, o Options) eventlog.Log {
	t.Helper()
	log, err := h.Open(t.Context(), dir, o)
	must(t, err)
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// patient is the test's context, which ends when waiting makes no sense any more.
func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// record is record number i of a stream.
func record(stream hubbub.StreamID, i int) eventlog.Record {
	return eventlog.Record{Stream: stream, Kind: hubbub.KindMessage, Value: fmt.Appendf(nil, `{"i":%d}`, i)}
}

// room is one of three streams.
func room(i int) hubbub.StreamID { return hubbub.StreamID(fmt.Sprint("room-", i%3)) }

// appendOne appends r and returns it as readers are to get it.
func appendOne(t testing.TB, log eventlog.Log, to eventlog.Topic, r eventlog.Record) eventlog.Record {
	t.Helper()
	at, now, err := eventlog.AppendWait(patient(t), log, to, r)
	must(t, err)
	if r.Version == 0 {
		r.Version = eventlog.Version
	}
	r.Position, r.Time = at, now
	return r
}

// AppendAll appends records, many at once, and returns them as readers are to get
// them, in their order.
func AppendAll(t testing.TB, log eventlog.Log, to eventlog.Topic, records ...eventlog.Record) []eventlog.Record {
	t.Helper()
	var all sync.WaitGroup
	logged := make([]eventlog.Record, len(records))
	errs := make([]error, len(records))
	room := make(chan struct{}, 5000) // the log's queue is bounded
	for i, r := range records {
		all.Add(1)
		room <- struct{}{}
		log.Append(t.Context(), to, r, func(at hubbub.Position, now time.Time, err error) {
			defer all.Done()
			if r.Version == 0 {
				r.Version = eventlog.Version
			}
			r.Position, r.Time = at, now
			logged[i], errs[i] = r, err
			<-room
		})
	}
	all.Wait()
	for _, err := range errs {
		must(t, err)
	}
	return logged
}

// numbered are n records of three streams, numbered from a number on.
func numbered(from, n int) (records []eventlog.Record) {
	for i := from; i < from+n; i++ {
		records = append(records, record(room(i), i))
	}
	return records
}

func consume(t testing.TB, log eventlog.Log, group string, o eventlog.ConsumeOptions) eventlog.Consumer {
	t.Helper()
	c, err := log.Consume(t.Context(), topic, group, o)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// next returns the next n records, which must be there, and the last batch.
func next(t testing.TB, c eventlog.Consumer, n int) (records []eventlog.Record, last eventlog.Batch) {
	t.Helper()
	for ctx := patient(t); len(records) < n; {
		b, err := c.Next(ctx)
		if err != nil {
			t.Fatalf("after %d records of %d: %v", len(records), n, err)
		}
		if len(b.Records) == 0 {
			t.Fatal("an empty batch")
		}
		records, last = append(records, b.Records...), b
	}
	return records, last
}

// wantNext checks that the next records are these, in this order.
func wantNext(t testing.TB, c eventlog.Consumer, want []eventlog.Record) {
	t.Helper()
	got, _ := next(t, c, len(want))
	wantRecords(t, got, want)
}

func wantRecords(t testing.TB, got, want []eventlog.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range want {
		if !same(got[i], want[i]) {
			t.Fatalf("record %d of %d is %s\nwant %s", i, len(want), show(got[i]), show(want[i]))
		}
	}
}

// same compares a record with the one that is wanted, whose time may not be known.
func same(got, want eventlog.Record) bool {
	return got.Stream == want.Stream && got.Kind == want.Kind && got.Version == want.Version && string(got.Value) == string(want.Value) &&
		got.Position == want.Position && !got.Time.IsZero() && (want.Time.IsZero() || got.Time.Equal(want.Time))
}

func show(r eventlog.Record) string {
	return fmt.Sprintf("%v %s %q v%d %.60q at %v", r.Position, r.Stream, r.Kind, r.Version, r.Value, r.Time)
}
