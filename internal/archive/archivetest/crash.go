package archivetest

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

const (
	crashDir  = "HUBBUB_ARCHIVE_CRASH_DIR"  // set in the child: where to write
	crashFrom = "HUBBUB_ARCHIVE_CRASH_FROM" // and the first batch's number
	crashes   = "HUBBUB_CRASHES"            // how often to kill; default 8
)

// testCrash kills a process that appends, again and again in the same folder. The
// process is this test binary, started with this test alone.
func testCrash(t *testing.T, h Harness) {
	if dir := os.Getenv(crashDir); dir != "" {
		appendUntilKilled(t, h, dir)
		return
	}
	times := 8
	if n, err := strconv.Atoi(os.Getenv(crashes)); err == nil {
		times = n
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	next, acked := uint64(1), uint64(0)
	for round := range times {
		acked = max(acked, killedAppender(t, dir, next, random))
		next = checkBatches(t, h, dir, acked) + 1
		t.Logf("round %d: %d batches", round+1, next-1)
	}
}

// killedAppender starts the child, kills it at a random instant and returns the
// last batch that it said was durable.
func killedAppender(t *testing.T, dir string, from uint64, random *rand.Rand) (acked uint64) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), crashDir+"="+dir, crashFrom+"="+strconv.FormatUint(from, 10))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = child.Process.Kill() }
	after := random.IntN(40)                                       // batches; 0: while it opens what the last one left
	delay := time.Duration(random.IntN(20_000)) * time.Microsecond // and then any instant of the next few
	if after == 0 {
		time.AfterFunc(delay, kill)
	}
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); {
		var n uint64
		if _, err := fmt.Sscanf(lines.Text(), "durable %d", &n); err != nil {
			t.Logf("child: %s", lines.Text())
			continue
		}
		acked = n
		if seen++; seen == after {
			time.AfterFunc(delay, kill)
		}
	}
	_ = child.Wait() // it was killed
	return acked
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

func appendUntilKilled(t *testing.T, h Harness, dir string) {
	a := open(t, h, dir)
	from, err := strconv.ParseUint(os.Getenv(crashFrom), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	const ends = 20_000 // batches: should the parent die, so does this
	for b := from; b < from+ends; b++ {
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
