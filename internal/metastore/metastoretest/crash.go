package metastoretest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
)

const (
	crashDir  = "HUBBUB_METASTORE_CRASH_DIR"  // set in the child: where to write
	crashFrom = "HUBBUB_METASTORE_CRASH_FROM" // and the first step's number
	crashes   = "HUBBUB_CRASHES"              // how often to kill; default 6
)

// testCrash kills a process that writes, again and again in the same folder. The
// process is this test binary, started with this test alone.
func testCrash(t *testing.T, h Harness) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeUntilKilled(t, h, dir)
		return
	}
	times := 6
	if n, err := strconv.Atoi(os.Getenv(crashes)); err == nil {
		times = n
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	cut := map[int]bool{} // steps that a kill cut short
	newest := 0
	for round := range times {
		acked := killedWriter(t, dir, newest+1, random)
		newest = checkSteps(t, h, dir, acked, cut)
		t.Logf("round %d: %d steps", round+1, newest)
	}
}

// checkSteps opens what a killed process left: what it said was done is there,
// and of the rest at most one step, cut short. It returns the newest step.
func checkSteps(t *testing.T, h Harness, dir string, acked int, cut map[int]bool) (newest int) {
	t.Helper()
	s := open(t, h, dir)
	for n := 1; ; n++ {
		done := commits(t, s, n)
		if done == 0 && !cut[n] {
			break
		}
		newest = n
		if done < 4 && !cut[n] {
			if n <= acked {
				t.Fatalf("step %d of %d is %d of 4", n, acked, done)
			}
			cut[n] = true
		}
	}
	if newest < acked {
		t.Fatalf("step %d was done, but %d is the newest there", acked, newest)
	}
	must(t, s.Close())
	return newest
}

// killedWriter starts the child, kills it at a random instant and returns the
// last step that it said was done.
func killedWriter(t *testing.T, dir string, from int, random *rand.Rand) (acked int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), crashDir+"="+dir, crashFrom+"="+strconv.Itoa(from))
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	kill := func() { _ = child.Process.Kill() }
	after := random.IntN(60)                                       // steps; 0: while it opens what the last one left
	delay := time.Duration(random.IntN(20_000)) * time.Microsecond // and then any instant of the next few
	if after == 0 {
		time.AfterFunc(delay, kill)
	}
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); {
		var n int
		if _, err := fmt.Sscanf(lines.Text(), "done %d", &n); err != nil {
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

// A step makes a stream and a guest with a sign-in, renews the sign-in and ends
// the stream: four commits.
func step(ctx context.Context, s Store, n int) error {
	u, f := user(n)
	if err := s.CreateStream(ctx, stream(crashStream(n), n)); err != nil {
		return err
	}
	if err := s.CreateUser(ctx, u, f); err != nil {
		return err
	}
	if rotated, err := s.RotateFamily(ctx, f.ID, f.Hash, hash(-n), f.ExpiresAt); err != nil || !rotated {
		return fmt.Errorf("rotated %v: %w", rotated, err)
	}
	return s.EndStream(ctx, crashStream(n), then)
}

// commits returns how many of the four commits of step n are there; each must
// be whole, and none may be there without those before it.
func commits(t *testing.T, s Store, n int) int {
	t.Helper()
	st, err := s.Stream(t.Context(), crashStream(n))
	if errors.Is(err, streams.ErrNotFound) {
		return 0
	}
	must(t, err)
	u, f := user(n)
	_, noUser := s.User(t.Context(), u.ID)
	kept, noFamily := s.Family(t.Context(), f.ID)
	done := 1
	switch {
	case (noUser == nil) != (noFamily == nil):
		t.Fatalf("step %d: half a user: %v, %v", n, noUser, noFamily)
	case noUser == nil && kept.Hash == hash(-n):
		done = 3
	case noUser == nil:
		done = 2
	}
	if st.Status == hubbub.StatusEnded {
		if done != 3 {
			t.Fatalf("step %d: the end without what came before it (%d)", n, done)
		}
		done = 4
	}
	return done
}

func crashStream(n int) hubbub.StreamID { return hubbub.StreamID(fmt.Sprint("s", n)) }

func writeUntilKilled(t *testing.T, h Harness, dir string) {
	s := open(t, h, dir)
	from, err := strconv.Atoi(os.Getenv(crashFrom))
	must(t, err)
	const ends = 20_000 // steps: should the parent die, so does this
	for n := from; n < from+ends; n++ {
		must(t, step(context.Background(), s, n))
		fmt.Printf("done %d\n", n)
	}
}
