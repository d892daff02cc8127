package eventlogtest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/crashtest"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// testCrash kills a process that appends and commits as fast as it can, again
// and again in the same folder.
func testCrash(t *testing.T, h Harness) {
	if dir, from, inside := crashtest.Inside(t); inside {
		appendUntilKilled(t, h, dir, from)
		return
	}
	killer := crashtest.New(t)
	x := &crash{t: t, h: h, dir: killer.Dir, sent: map[hubbub.StreamID]int{}, from: 1}
	for round := range crashtest.Rounds(5) {
		x.told = told{acked: map[hubbub.Position]string{}}
		killer.Kill(x.from, 6000, x.hear)
		acked := len(x.told.acked)
		x.check()
		t.Logf("round %d: %d sent, %d of them not acknowledged; %d logged in all", round+1, x.told.sent, x.told.sent-acked, len(x.logged))
	}
}

// A crash is what the parent knows, over all rounds.
type crash struct {
	t         *testing.T
	h         Harness
	dir       string
	from      int // number of each stream's first record in the next round
	sent      map[hubbub.StreamID]int
	logged    []eventlog.Record // when it was last opened
	committed hubbub.Position   // the newest position for which Commit was called
	told      told              // of this round
}

// A told is what one child said.
type told struct {
	sent  int
	acked map[hubbub.Position]string // stream and number
}

func (x *crash) hear(line string) bool {
	switch word, rest, _ := strings.Cut(line, " "); word {
	case "send":
		stream, n := numberOf(x.t, rest)
		x.sent[stream] = n
		x.from = max(x.from, n+1)
		x.told.sent++
	case "acked":
		at, what, _ := strings.Cut(rest, " ")
		x.told.acked[position(x.t, at)] = what
	case "commit":
		x.committed = position(x.t, rest)
	default:
		return false
	}
	return true
}

func position(t *testing.T, text string) hubbub.Position {
	p, err := hubbub.ParsePosition(text)
	must(t, err)
	return p
}

func numberOf(t *testing.T, text string) (hubbub.StreamID, int) {
	stream, number, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(number)
	must(t, err)
	return hubbub.StreamID(stream), n
}

// check opens what a killed process left.
func (x *crash) check() {
	t, acked := x.t, x.told.acked
	t.Helper()
	log := open(t, x.h, x.dir, Options{})
	defer log.Close()
	end, err := log.End(t.Context(), topic, "s")
	must(t, err)
	c := consume(t, log, "checker", eventlog.ConsumeOptions{MaxRecords: 10_000})
	var logged []eventlog.Record
	for last := (hubbub.Position{}); last.Before(end) && end.N > 0; last = logged[len(logged)-1].Position {
		b, err := c.Next(patient(t))
		must(t, err)
		logged = append(logged, b.Records...)
	}
	if len(logged) < len(x.logged) {
		t.Fatalf("%d records are logged, there were %d", len(logged), len(x.logged))
	}
	wantRecords(t, logged[:len(x.logged)], x.logged) // all that was there is where it was

	newest := map[hubbub.StreamID]int{}
	last := hubbub.Position{}
	for i, r := range logged {
		stream, n := numberOf(t, string(r.Value))
		if stream != r.Stream || n > x.sent[stream] || n <= newest[stream] || !last.Before(r.Position) {
			t.Fatalf("after %v and number %d of %d sent: %s", last, newest[stream], x.sent[stream], show(r))
		}
		if i >= len(x.logged) && i > 0 && r.Time.Before(logged[i-1].Time) {
			t.Fatalf("log time went back: %s", show(r))
		}
		newest[stream], last = n, r.Position
		if what, ok := acked[r.Position]; ok && what != string(r.Value) {
			t.Fatalf("%s, where %q was acknowledged", show(r), what)
		}
		delete(acked, r.Position)
	}
	for at, what := range acked {
		t.Fatalf("%q was acknowledged at %v and is not there; the end is %v", what, at, end)
	}
	if at, err := log.Committed(t.Context(), topic, group, "s"); err != nil || x.committed.Before(at) {
		t.Fatalf("%v is committed, %v; it was not committed beyond %v", at, err, x.committed)
	}
	x.logged = logged
	must(t, log.Close())
}

// appendUntilKilled is the child. What it tells, it tells with one write each, and
// of sends and commits before it makes them.
func appendUntilKilled(t *testing.T, h Harness, dir string, from int) {
	log := open(t, h, dir, Options{})
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() { appendNumbers(t, log, room(i), from) })
	}
	all.Go(func() { commitAll(t, log) })
	all.Wait()
}

func tell(format string, args ...any) { _, _ = fmt.Fprintf(os.Stdout, format+"\n", args...) }

func appendNumbers(t *testing.T, log eventlog.Log, stream hubbub.StreamID, from int) {
	waiting := make(chan struct{}, 300)
	for n := from; ; n++ {
		waiting <- struct{}{}
		what := fmt.Sprint(string(stream), " ", n)
		tell("send %s", what)
		log.Append(t.Context(), topic, eventlog.Record{Stream: stream, Value: []byte(what)}, func(at hubbub.Position, _ time.Time, err error) {
			if err != nil {
				panic(fmt.Sprintf("append %s: %v", what, err))
			}
			tell("acked %v %s", at, what)
			<-waiting
		})
	}
}

func commitAll(t *testing.T, log eventlog.Log) {
	c, err := log.Consume(t.Context(), topic, group, eventlog.ConsumeOptions{MaxRecords: 100})
	if err != nil {
		panic(err)
	}
	for {
		b, err := c.Next(t.Context())
		if err != nil {
			panic(err)
		}
		through := b.Records[len(b.Records)-1].Position
		tell("commit %v", through)
		if err := c.Commit(t.Context(), 0, through); err != nil {
			panic(err)
		}
	}
}
