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

func testIdentities(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	mina := newcomer(1)
	mina.Identity = account.Identity{Issuer: "https://id.example", Subject: "Ab"}
	must(t, s.CreateUser(t.Context(), mina))
	if user, err := s.Identity(t.Context(), mina.Identity); err != nil || user != mina.User.ID {
		t.Errorf("%q, %v", user, err)
	}
	for _, other := range []account.Identity{{Issuer: "https://id.example", Subject: "ab"}, {Issuer: "https://other.example", Subject: "Ab"}, {}} {
		if user, err := s.Identity(t.Context(), other); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%+v: %q, %v", other, user, err)
		}
	}
	twin := newcomer(2)
	twin.Identity = mina.Identity
	if err := s.CreateUser(t.Context(), twin); !errors.Is(err, account.ErrIdentityTaken) {
		t.Errorf("an identity of two: %v", err)
	}
	if _, err := s.User(t.Context(), twin.User.ID); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("a user without the identity: %v", err)
	}
	must(t, s.CreateUser(t.Context(), newcomer(3))) // without one
	must(t, s.CreateUser(t.Context(), newcomer(4)))
}

// newcomer is the guest number n as they come.
func newcomer(n int) account.Newcomer {
	u, f := user(n)
	return account.Newcomer{User: u, Family: f}
}

func testErasure(t *testing.T, h Harness) {
	dir := t.TempDir()
	s := open(t, h, dir)
	mina, jun := newcomer(1), newcomer(2)
	mina.Identity = account.Identity{Issuer: "https://id.example", Subject: "mina"}
	for _, n := range []account.Newcomer{mina, jun} {
		must(t, s.CreateUser(t.Context(), n))
		must(t, s.CreateBot(t.Context(), bot(n.User.ID, 1), 5))
	}
	live, over, others := stream("live", 1), stream("over", 2), stream("others", 3)
	live.HostID, over.HostID, others.HostID = mina.User.ID, mina.User.ID, jun.User.ID
	for _, st := range []hubbub.Stream{live, over, others} {
		must(t, s.CreateStream(t.Context(), st))
	}
	must(t, s.EndStream(t.Context(), "over", then))

	r := revocation(mina.User.ID, 60)
	r.Reason = account.ReasonErased
	ended, err := s.EraseUser(t.Context(), r)
	if err != nil || !slices.Equal(ended, []hubbub.StreamID{"live", "over"}) {
		t.Errorf("streams %q, %v", ended, err)
	}
	must(t, s.Close())
	s = open(t, h, dir) // it is noted, whatever comes next
	if begun, err := s.Erasures(t.Context()); err != nil || !slices.Equal(begun, []account.Erasure{{User: mina.User.ID, At: r.At}}) {
		t.Errorf("%+v, %v", begun, err)
	}
	wantRevocations(t, s, r.At, then, r)
	wantBots(t, s, mina.User.ID, then)
	wantBots(t, s, jun.User.ID, then, bot(jun.User.ID, 1))
	for what, err := range map[string]error{
		"the user":     errorOf(s.User(t.Context(), mina.User.ID)),
		"the sign-in":  errorOf(s.Family(t.Context(), mina.Family.ID)),
		"the identity": errorOf(s.Identity(t.Context(), mina.Identity)),
	} {
		if !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantUser(t, s, jun.User)
	live.HostName, live.HostPicture, live.Title, live.Status, live.EndedAt = "", "", "live", hubbub.StatusEnded, r.At
	over.HostName, over.HostPicture, over.Title, over.Status, over.EndedAt = "", "", "over", hubbub.StatusEnded, then
	for _, st := range []hubbub.Stream{live, over, others} {
		wantStream(t, s, st)
	}

	again := r
	again.ID, again.At = "again", r.At.Add(time.Minute)
	if _, err := s.EraseUser(t.Context(), again); err != nil { // of nobody
		t.Error(err)
	}
	must(t, s.EndErasure(t.Context(), mina.User.ID))
	must(t, s.EndErasure(t.Context(), "nobody"))
	if begun, err := s.Erasures(t.Context()); err != nil || len(begun) != 0 {
		t.Errorf("%+v, %v", begun, err)
	}
	mina.Family.ID = "new"
	must(t, s.CreateUser(t.Context(), mina)) // all of it is free again
}

func errorOf[T any](_ T, err error) error { return err }
