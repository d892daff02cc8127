package metastoretest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
)

// bot is number n of a user, made n seconds after then and good for an hour.
func bot(user hubbub.UserID, n int) account.Bot {
	made := then.Add(time.Duration(n) * time.Second)
	return account.Bot{
		ID: fmt.Sprintf("bot-%s-%d", user, n), User: user, Name: "봇'; --", Scopes: []string{"read", "send"},
		CreatedAt: made, ExpiresAt: made.Add(time.Hour),
	}
}

// revocation is number n of a user, noted n seconds after then.
func revocation(user hubbub.UserID, n int) account.Revocation {
	at := then.Add(time.Duration(n) * time.Second)
	return account.Revocation{
		ID: fmt.Sprintf("%s-%d", user, n), User: user, Reason: account.ReasonChanged,
		Before: at.Add(-time.Millisecond), At: at, Until: at.Add(time.Hour),
	}
}

func wantBots(t testing.TB, s Store, user hubbub.UserID, now time.Time, want ...account.Bot) {
	t.Helper()
	got, err := s.Bots(t.Context(), user, now)
	if err != nil || !slices.EqualFunc(got, want, func(a, b account.Bot) bool { return reflect.DeepEqual(a, b) }) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func wantRevocations(t testing.TB, s Store, since, now time.Time, want ...account.Revocation) {
	t.Helper()
	if got, err := s.Revocations(t.Context(), since, now); err != nil || !slices.Equal(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func testBots(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	first, second, other := bot("u", 1), bot("u", 2), bot("U", 1)
	for _, b := range []account.Bot{second, first, other} {
		must(t, s.CreateBot(t.Context(), b, 5))
	}
	wantBots(t, s, "u", then, first, second)
	wantBots(t, s, "U", then, other)
	wantBots(t, s, "nobody", then)
	wantBots(t, s, "u", first.ExpiresAt, second) // over is not there

	seen := then.Add(time.Minute)
	must(t, s.UseBots(t.Context(), map[string]time.Time{first.ID: seen, "gone": seen}))
	must(t, s.UseBots(t.Context(), map[string]time.Time{first.ID: then})) // another process, late
	first.LastUsedAt = seen
	if got, err := s.Bot(t.Context(), first.ID); err != nil || !reflect.DeepEqual(got, first) {
		t.Errorf("got %+v, %v, want %+v", got, err, first)
	}
	if _, err := s.Bot(t.Context(), "none"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("an unknown bot: %v", err)
	}

	r := revocation("u", 9)
	r.Token, r.Reason = first.ID, account.ReasonRevoked
	stranger := r
	stranger.User = "U"
	if err := s.EndBot(t.Context(), stranger); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("somebody else's bot: %v", err)
	}
	must(t, s.EndBot(t.Context(), r))
	if err := s.EndBot(t.Context(), r); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("a bot that has ended: %v", err)
	}
	wantBots(t, s, "u", then, second)
	wantRevocations(t, s, then, then, r) // once
}

func testBotsAreBounded(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	var made, refused atomic.Int32
	var all sync.WaitGroup
	for n := range 10 {
		all.Go(func() {
			switch err := s.CreateBot(t.Context(), bot("u", n), 4); {
			case err == nil:
				made.Add(1)
			case errors.Is(err, account.ErrTooMany):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made.Load() != 4 || refused.Load() != 6 {
		t.Errorf("%d made, %d refused", made.Load(), refused.Load())
	}
	must(t, s.CreateBot(t.Context(), bot("other", 1), 4))
	must(t, s.CreateBot(t.Context(), bot("u", 7200), 4)) // those of before are over
}

func testRevocations(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	first, second, third := revocation("a", 1), revocation("b", 2), revocation("a", 3)
	must(t, s.Revoke(t.Context(), second, first))
	must(t, s.Revoke(t.Context(), third))
	must(t, s.Revoke(t.Context()))
	wantRevocations(t, s, time.Time{}, then, first, second, third)
	wantRevocations(t, s, second.At, then, second, third)
	wantRevocations(t, s, time.Time{}, first.Until, second, third)
	if err := s.Revoke(t.Context(), revocation("c", 4), first); err == nil { // both or neither
		t.Error("a revocation was added twice")
	}
	wantRevocations(t, s, third.At, then, third)

	must(t, s.CreateBot(t.Context(), bot("a", 2), 5))
	must(t, s.CreateBot(t.Context(), bot("a", 5), 5))
	swept, err := s.SweepTokens(t.Context(), third.Until)
	if err != nil || swept != 3 { // two revocations, one bot
		t.Errorf("swept %d, %v", swept, err)
	}
	wantRevocations(t, s, time.Time{}, then, third)
	wantBots(t, s, "a", then, bot("a", 5))
}
