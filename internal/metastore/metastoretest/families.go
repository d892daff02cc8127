package metastoretest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/internal/account"
)

func wantFamily(t testing.TB, s Store, want account.Family) {
	t.Helper()
	if got, err := s.Family(t.Context(), want.ID); err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func testRotateRace(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	u, f := user(1)
	must(t, s.CreateUser(t.Context(), account.Newcomer{User: u, Family: f}))
	var won atomic.Int32
	var winner atomic.Int64
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			rotated, err := s.RotateFamily(t.Context(), f.ID, f.Hash, hash(100+i), then.Add(2*time.Hour))
			if err != nil {
				t.Error(err)
			}
			if rotated {
				won.Add(1)
				winner.Store(int64(100 + i))
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d rotated", won.Load())
	}
	f.Hash, f.ExpiresAt = hash(int(winner.Load())), then.Add(2*time.Hour)
	wantFamily(t, s, f)
}

func testFamilyEnds(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	u, f := user(1)
	must(t, s.CreateUser(t.Context(), account.Newcomer{User: u, Family: f}))
	must(t, s.EndFamily(t.Context(), f.ID, then.Add(time.Second)))
	must(t, s.EndFamily(t.Context(), f.ID, then.Add(time.Minute))) // the first end counts
	must(t, s.EndFamily(t.Context(), "none", then))
	if rotated, err := s.RotateFamily(t.Context(), f.ID, f.Hash, hash(2), then); err != nil || rotated {
		t.Errorf("a family was rotated after its end: %v, %v", rotated, err)
	}
	f.EndedAt = then.Add(time.Second)
	wantFamily(t, s, f)
}

func testSweep(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	for n := range 4 {
		u, f := user(n)
		switch n {
		case 1: // expired, but young
			f.ExpiresAt, u.CreatedAt = then.Add(-time.Hour), then
		case 2: // expired and old: both go
			f.ExpiresAt, u.CreatedAt = then.Add(-time.Hour), then.Add(-48*time.Hour)
		case 3: // old, and no guest
			f.ExpiresAt, u.CreatedAt, u.Kind = then.Add(-time.Hour), then.Add(-48*time.Hour), "account"
		}
		must(t, s.CreateUser(t.Context(), account.Newcomer{User: u, Family: f}))
	}
	swept, err := s.Sweep(t.Context(), then, then.Add(-24*time.Hour))
	if err != nil || swept != 4 { // three families, one guest
		t.Errorf("swept %d, %v", swept, err)
	}
	for n, there := range []bool{true, true, false, true} {
		u, f := user(n)
		if _, err := s.User(t.Context(), u.ID); (err == nil) != there {
			t.Errorf("user %d: %v", n, err)
		}
		if _, err := s.Family(t.Context(), f.ID); (err == nil) != (n == 0) {
			t.Errorf("family %d: %v", n, err)
		}
	}
}
