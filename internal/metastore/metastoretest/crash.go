package metastoretest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/crashtest"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// testCrash kills a process that writes, again and again in the same folder.
func testCrash(t *testing.T, h Harness) {
	if dir, from, inside := crashtest.Inside(t); inside {
		writeUntilKilled(t, h, dir, from)
		return
	}
	killer := crashtest.New(t)
	cut := map[int]bool{} // steps that a kill cut short
	acked, newest := 0, 0
	for round := range crashtest.Rounds(6) {
		killer.Kill(newest+1, 60, func(line string) bool {
			_, err := fmt.Sscanf(line, "done %d", &acked)
			return err == nil
		})
		newest = checkSteps(t, h, killer.Dir, acked, cut)
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

// A step makes a stream and a guest with a sign-in, renews the sign-in and ends
// the stream: four commits.
func step(ctx context.Context, s Store, n int) error {
	u, f := user(n)
	if err := s.CreateStream(ctx, stream(crashStream(n), n)); err != nil {
		return err
	}
	if err := s.CreateUser(ctx, account.Newcomer{User: u, Family: f}); err != nil {
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

func writeUntilKilled(t *testing.T, h Harness, dir string, from int) {
	s := open(t, h, dir)
	for n := from; ; n++ {
		must(t, step(context.Background(), s, n))
		fmt.Printf("done %d\n", n)
	}
}
