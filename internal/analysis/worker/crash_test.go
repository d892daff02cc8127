package worker_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/crashtest"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
)

// TestKilledAtAnyInstantCountsOnce kills a process that counts a log, again and
// again.
func TestKilledAtAnyInstantCountsOnce(t *testing.T) {
	if dir, _, inside := crashtest.Inside(t); inside {
		start(t, worker.Options{Log: sparse{Log: openLog(t, dir)}, Store: tellingStore{openStore(t, dir)}, BatchRows: 40})
		select {}
	}
	killer := crashtest.New(t)
	const perRound = 3000
	stored := int64(0)
	for round := range crashtest.Rounds(8) {
		l := openLog(t, killer.Dir)
		eventlogtest.AppendAll(t, l, eventlog.RawChats, records(round*perRound, perRound)...)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		killer.Kill(0, 60, func(line string) bool {
			_, err := fmt.Sscanf(line, "stored %d", &stored)
			return err == nil
		})
		store := openStore(t, killer.Dir)
		cursors, err := store.Cursors(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counted := int64(0)
		for _, c := range cursors {
			counted += c.Counted
		}
		if counted < stored {
			t.Fatalf("%d messages were stored, of which %d are there", stored, counted)
		}
		t.Logf("round %d: %d messages", round+1, counted)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	finish(t, sparse{Log: openLog(t, killer.Dir)}, openStore(t, killer.Dir))
}

// tellingStore says on standard output what is stored.
type tellingStore struct{ worker.Store }

func (s tellingStore) Save(ctx context.Context, before hubbub.Position, c worker.Cursor, states []worker.State) error {
	err := s.Store.Save(ctx, before, c, states)
	if err == nil {
		fmt.Printf("stored %d\n", c.Counted)
	}
	return err
}
