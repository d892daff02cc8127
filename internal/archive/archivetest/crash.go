package archivetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/crashtest"
)

// testCrash kills a process that appends, again and again in the same folder.
func testCrash(t *testing.T, h Harness) {
	if dir, from, inside := crashtest.Inside(t); inside {
		appendUntilKilled(t, h, dir, uint64(from))
		return
	}
	killer := crashtest.New(t)
	acked := uint64(0)
	for round := range crashtest.Rounds(8) {
		killer.Kill(int(acked+1), 40, func(line string) bool {
			_, err := fmt.Sscanf(line, "durable %d", &acked)
			return err == nil
		})
		checkBatches(t, h, killer.Dir, acked)
		acked++ // the one that was under way is whole now
		t.Logf("round %d: %d batches", round+1, acked)
	}
}

const batchSize = 50

// crashBatch is batch number b: entries of three rooms, told apart by position.
func crashBatch(b uint64) (entries []archive.Entry) {
	for i := range uint64(batchSize) {
		entries = append(entries, Entry(crashRoom(i%3), 1, b*batchSize+i, "u"))
	}
	return entries
}

func crashRoom(i uint64) hubbub.StreamID { return hubbub.StreamID(fmt.Sprint("room", i)) }

func appendUntilKilled(t *testing.T, h Harness, dir string, from uint64) {
	a := open(t, h, dir)
	for b := from; ; b++ {
		if err := a.Append(context.Background(), crashBatch(b)); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("durable %d\n", b)
	}
}

// checkBatches opens what a killed process left: what was acknowledged is there. Then
// the next batch, which may be there in part, comes again, as it does after a crash,
// and all is there and counted.
func checkBatches(t *testing.T, h Harness, dir string, acked uint64) {
	t.Helper()
	a := open(t, h, dir)
	checkWhole(t, count(t, a), acked)
	mustAppend(t, a, crashBatch(acked+1)...)
	found := count(t, a)
	checkWhole(t, found, acked+1)
	if len(found) > int(acked+1) {
		t.Fatalf("there are %d batches, but none after %d was begun", len(found), acked+1)
	}
	wantCounts(t, a, crashRoom(0), perRoom(0)*int64(acked+1), batchSize*int64(acked+1))
	wantCounts(t, a, crashRoom(2), perRoom(2)*int64(acked+1), batchSize*int64(acked+1))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

// perRoom is how many entries of a batch are a room's.
func perRoom(room int) int64 { return int64((batchSize - room + 2) / 3) }

// count returns how many entries there are of each batch.
func count(t *testing.T, a archive.Archive) map[uint64]int {
	t.Helper()
	found := map[uint64]int{}
	for i := range uint64(3) {
		for _, e := range all(t, a, crashRoom(i)) {
			found[e.Position.N/batchSize]++
		}
	}
	return found
}

func checkWhole(t *testing.T, found map[uint64]int, through uint64) {
	t.Helper()
	for b := uint64(1); b <= through; b++ {
		if found[b] != batchSize {
			t.Fatalf("batch %d of %d has %d entries of %d", b, through, found[b], batchSize)
		}
	}
}
