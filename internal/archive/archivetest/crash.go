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
	acked, newest := uint64(0), uint64(0)
	for round := range crashtest.Rounds(8) {
		killer.Kill(int(newest+1), 40, func(line string) bool {
			_, err := fmt.Sscanf(line, "durable %d", &acked)
			return err == nil
		})
		newest = checkBatches(t, h, killer.Dir, acked)
		t.Logf("round %d: %d batches", round+1, newest)
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

// checkBatches opens what a killed process left: each batch is there whole or not
// at all, none before a batch that is there is missing, and the kept counts are
// what is counted. It returns the newest batch.
func checkBatches(t *testing.T, h Harness, dir string, acked uint64) (newest uint64) {
	t.Helper()
	a := open(t, h, dir)
	found := map[uint64]int{}
	var total int64
	for i := range uint64(3) {
		entries := all(t, a, crashRoom(i))
		for _, e := range entries {
			b := e.Position.N / batchSize
			found[b]++
			newest = max(newest, b)
		}
		total += int64(len(entries))
		if n, err := a.Count(t.Context(), crashRoom(i)); err != nil || n != int64(len(entries)) {
			t.Fatalf("Count(%s) = %d, %v; it has %d", crashRoom(i), n, err, len(entries))
		}
	}
	if n, err := a.Total(t.Context()); err != nil || n != total {
		t.Fatalf("Total() = %d, %v; there are %d", n, err, total)
	}
	if newest < acked {
		t.Fatalf("batch %d was durable, but the newest there is %d", acked, newest)
	}
	for b := uint64(1); b <= newest; b++ {
		if found[b] != batchSize {
			t.Fatalf("batch %d of %d has %d entries of %d", b, newest, found[b], batchSize)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return newest
}
