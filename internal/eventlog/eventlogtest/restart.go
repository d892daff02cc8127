package eventlogtest

import (
	"errors"
	"sync"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

func testRestart(t *testing.T, h Harness) {
	dir := t.TempDir()
	var all []eventlog.Record
	for round := range 5 {
		log := open(t, h, dir, Options{})
		must(t, log.Healthy())
		if len(all) > 0 {
			if end, err := log.End(t.Context(), topic, "s"); err != nil || end != all[len(all)-1].Position {
				t.Fatalf("round %d: the end is %v, %v; want %v", round, end, err, all[len(all)-1].Position)
			}
			wantNext(t, consume(t, log, "new", eventlog.ConsumeOptions{}), all)
		}
		some := AppendAll(t, log, topic, numbered(round*100, 100)...)
		if n := len(all); n > 0 && !all[n-1].Position.Before(some[0].Position) {
			t.Fatalf("round %d: after %v came %v", round, all[n-1].Position, some[0].Position)
		}
		all = append(all, some...)
		must(t, log.Close())
	}
}

// testClosed closes a log under appenders and readers: each record is answered
// once, and those that were taken are there.
func testClosed(t *testing.T, h Harness) {
	dir := t.TempDir()
	log := open(t, h, dir, Options{})
	c := consume(t, log, group, eventlog.ConsumeOptions{})
	var appenders sync.WaitGroup
	var done outcomes
	const n, many = 4, 2000
	for a := range n {
		appenders.Go(func() {
			for i := range many {
				log.Append(t.Context(), topic, record(room(a), a*many+i), done.of(room(a), a*many+i))
			}
		})
	}
	next(t, c, 1)
	must(t, log.Close())
	must(t, log.Close())
	appenders.Wait()
	all := done.waitFor(t, n*many)
	if len(all) != n*many {
		t.Fatalf("%d outcomes of %d records", len(all), n*many)
	}
	logged := map[hubbub.Position]int{}
	for _, o := range all {
		switch {
		case o.err == nil:
			logged[o.at] = o.i
		case !errors.Is(o.err, eventlog.ErrClosed):
			t.Fatalf("record %d at the log's end: %v", o.i, o.err)
		}
	}
	if err := log.Healthy(); !errors.Is(err, eventlog.ErrClosed) {
		t.Errorf("a closed log's health: %v", err)
	}
	if _, _, err := eventlog.AppendWait(t.Context(), log, topic, record("s", 0)); !errors.Is(err, eventlog.ErrClosed) {
		t.Errorf("an append to a closed log: %v", err)
	}
	if _, _, err := log.Read(t.Context(), topic, "s", hubbub.Position{}, 1); !errors.Is(err, eventlog.ErrClosed) {
		t.Errorf("a read of a closed log: %v", err)
	}
	if _, err := log.Consume(t.Context(), topic, group, eventlog.ConsumeOptions{}); !errors.Is(err, eventlog.ErrClosed) {
		t.Errorf("a consumer of a closed log: %v", err)
	}
	if _, err := c.Next(t.Context()); !errors.Is(err, eventlog.ErrClosed) {
		t.Errorf("a read by a consumer of a closed log: %v", err)
	}
	must(t, c.Close())

	log = open(t, h, dir, Options{})
	records, _ := next(t, consume(t, log, group, eventlog.ConsumeOptions{}), len(logged))
	if len(records) != len(logged) {
		t.Fatalf("%d records are logged, %d were said to be", len(records), len(logged))
	}
	for _, r := range records {
		want := record("", logged[r.Position])
		if string(r.Value) != string(want.Value) {
			t.Fatalf("%s, where %s was acknowledged", show(r), want.Value)
		}
	}
}
