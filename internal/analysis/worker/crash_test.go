package worker_test

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
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

const (
	crashDir = "HUBBUB_ANALYSIS_CRASH_DIR" // set in the child: the folder of log and store
	crashes  = "HUBBUB_CRASHES"            // how often to kill; default 8
)

// TestKilledAtAnyInstantCountsOnce kills a process that counts a log, again and
// again. The process is this test binary, started with this test alone.
func TestKilledAtAnyInstantCountsOnce(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		countUntilKilled(t, dir)
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
	const perRound = 3000
	for round := range times {
		l := openLog(t, dir)
		appendAll(t, l, records(round*perRound, perRound))
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		stored := killedCounter(t, dir, random)
		store := openStore(t, dir)
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
	finish(t, openLog(t, dir), openStore(t, dir))
}

// killedCounter starts the child, kills it at a random instant and returns how many
// messages it said were stored.
func killedCounter(t *testing.T, dir string, random *rand.Rand) (stored int64) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = child.Process.Kill() }
	after := random.IntN(60)                                       // batches; 0: while it opens what the last one left
	delay := time.Duration(random.IntN(20_000)) * time.Microsecond // and then any instant of the next few
	if after == 0 {
		time.AfterFunc(delay, kill)
	}
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); {
		var n int64
		if _, err := fmt.Sscanf(lines.Text(), "stored %d", &n); err != nil {
			t.Logf("child: %s", lines.Text())
			continue
		}
		stored = n
		if seen++; seen == after {
			time.AfterFunc(delay, kill)
		}
	}
	_ = child.Wait() // it was killed
	return stored
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

func countUntilKilled(t *testing.T, dir string) {
	_, stop := start(t, worker.Options{Log: openLog(t, dir), Store: tellingStore{openStore(t, dir)}, BatchRows: 40})
	time.Sleep(20 * time.Second) // should the parent die, so does this
	stop()
}
