package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/token"
)

// TestForeignIDs: other systems name their tokens too, and those have no row here.
func TestForeignIDs(t *testing.T) {
	f := newOffice(t)
	for id, good := range map[string]bool{"7f": true, "bot-made-up": false} {
		raw, err := f.keys.Mint(token.Identity{User: "elsewhere-7", Name: "Jun", ID: id}, time.Hour)
		f.must(err)
		if _, err := f.watch.Verify(raw); (err == nil) != good {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// TestWatches: what one process revokes, another knows within two of its looks.
func TestWatches(t *testing.T) {
	f := newOffice(t)
	elsewhere := f.newWatch()
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- elsewhere.Run(ctx) }()
	defer func() {
		cancel()
		f.must(<-ran)
	}()
	mina := f.account("mina")
	b, raw := f.bot(mina.User.ID, "read")
	session := f.wantGood("signed in", elsewhere, mina.Access)
	bot := f.wantGood("a bot", elsewhere, raw)
	f.wait(time.Second)
	f.must(f.Logout(t.Context(), mina.Refresh))
	f.wantVoid("here, at once", f.watch, mina.Access)
	f.bell.until(t, "the session ends elsewhere", func() bool { return elsewhere.Why(session) != nil })
	if why := elsewhere.Why(session); why.Code != hubbub.CodeSessionExpired {
		t.Errorf("the session is told %v", why)
	}
	f.wantVoid("elsewhere", elsewhere, mina.Access)
	if why := elsewhere.Why(bot); why != nil {
		t.Errorf("a sign-out ends a bot: %v", why)
	}
	f.must(f.RevokeBot(t.Context(), mina.User.ID, b.ID))
	f.bell.until(t, "the bot ends elsewhere", func() bool { return elsewhere.Why(bot) != nil })
}

// TestWatchKnowsBans: also of bans by other processes, of people with tokens of other
// systems, and that they were lifted.
func TestWatchKnowsBans(t *testing.T) {
	f := newOffice(t)
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- f.watch.Run(ctx) }()
	defer func() {
		cancel()
		f.must(<-ran)
	}()
	raw, err := f.keys.Mint(token.Identity{User: "elsewhere-7", Name: "Jun"}, time.Hour)
	f.must(err)
	open := f.wantGood("before", f.watch, raw)
	_, err = f.Ban(t.Context(), token.Identity{User: "ada", Roles: []string{hubbub.RoleAdmin}}, "elsewhere-7", "spam", 0)
	f.must(err)
	f.watch.Hurry()
	f.bell.until(t, "the session ends", func() bool { return f.watch.Why(open) != nil })
	if why := f.watch.Why(open); why.Code != hubbub.CodeBanned || !strings.Contains(why.Message, "spam") {
		t.Errorf("it is told %v", why)
	}
	if _, err := f.watch.Verify(raw); refusal(err) != hubbub.CodeBanned {
		t.Errorf("coming back: %v", err)
	}
	if _, err := f.newWatch().Verify(raw); refusal(err) != hubbub.CodeBanned {
		t.Errorf("after a restart: %v", err)
	}
	f.must(f.Unban(t.Context(), token.Identity{User: "ada", Roles: []string{hubbub.RoleAdmin}}, "elsewhere-7"))
	if again := f.wantGood("the ban is lifted", f.watch, raw); f.watch.Why(again) != nil {
		t.Errorf("the session ends: %v", f.watch.Why(again))
	}
}

// TestWatchIsToldOfABan: who is told of a ban knows it before it reads of it.
func TestWatchIsToldOfABan(t *testing.T) {
	f := newOffice(t) // its watch does not run
	raw, err := f.keys.Mint(token.Identity{User: "elsewhere-7", Name: "Jun"}, time.Hour)
	f.must(err)
	u, err := f.Ban(t.Context(), token.Identity{User: "ada", Roles: []string{hubbub.RoleAdmin}}, "elsewhere-7", "spam", 0)
	f.must(err)
	open := f.wantGood("before it is told", f.watch, raw)
	f.watch.Bar(u.ID, u.Ban)
	if _, err := f.watch.Verify(raw); refusal(err) != hubbub.CodeBanned || f.watch.Why(open) == nil {
		t.Errorf("coming back: %v; staying: %v", err, f.watch.Why(open))
	}
}

// TestABotIsBackWhenTheBanIsLifted, though nobody else of its user comes by.
func TestABotIsBackWhenTheBanIsLifted(t *testing.T) {
	f := newOffice(t)
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- f.watch.Run(ctx) }()
	defer func() {
		cancel()
		f.must(<-ran)
	}()
	mina := f.account("mina")
	_, raw := f.bot(mina.User.ID, "read")
	bot := f.wantGood("before", f.watch, raw)
	admin := token.Identity{User: "ada", Roles: []string{hubbub.RoleAdmin}}
	_, err := f.Ban(t.Context(), admin, mina.User.ID, "spam", 0)
	f.must(err)
	f.watch.Hurry()
	f.bell.until(t, "its session ends", func() bool { return f.watch.Why(bot) != nil })
	f.must(f.Unban(t.Context(), admin, mina.User.ID))
	if again := f.wantGood("the ban is lifted", f.watch, raw); f.watch.Why(again) != nil {
		t.Errorf("its session ends: %v", f.watch.Why(again))
	}
}

// TestWhatEnds: each reason, and what it is a reason for.
func TestWhatEnds(t *testing.T) {
	f := newOffice(t)
	before := f.time()
	f.wait(time.Hour)
	cut := f.time()
	identity := func(change func(*token.Identity)) token.Identity {
		id := token.Identity{User: "u", Issued: before, Expires: cut.Add(10 * time.Minute)}
		change(&id)
		return id
	}
	sign := identity(func(*token.Identity) {})
	bot := identity(func(id *token.Identity) { id.ID, id.Expires = "bot-1", cut.AddDate(1, 0, 0) })
	operators := identity(func(id *token.Identity) { id.Expires = cut.AddDate(1, 0, 0) })
	late := identity(func(id *token.Identity) { id.Issued = cut })
	other := identity(func(id *token.Identity) { id.User = "U" })
	undated := identity(func(id *token.Identity) { id.Issued = time.Time{} })
	for _, row := range []struct {
		reason     account.Reason
		ends, stay []token.Identity
	}{
		{account.ReasonSignedOut, []token.Identity{sign, undated}, []token.Identity{bot, operators, late, other}},
		{account.ReasonChanged, []token.Identity{sign, undated, bot}, []token.Identity{operators, late, other}},
		{account.ReasonErased, []token.Identity{sign, undated, bot, operators}, []token.Identity{late, other}},
	} {
		w := account.NewWatch(f.keys, f.store, account.WatchOptions{Now: f.time})
		w.Note(account.Revocation{User: "u", Reason: row.reason, Before: cut, At: cut, Until: cut.Add(16 * time.Minute)})
		w.Note(account.Revocation{User: "u", Reason: row.reason, Before: cut.Add(-time.Minute), At: cut, Until: cut}) // late news
		for _, id := range row.ends {
			if w.Why(id) == nil {
				t.Errorf("%s: %+v goes on", row.reason, id)
			}
		}
		for _, id := range append(row.stay, token.Identity{}) {
			if why := w.Why(id); why != nil {
				t.Errorf("%s: %+v ends: %v", row.reason, id, why)
			}
		}
	}
}

// TestANewPasswordKeepsItsMaker: the session that a change of the password answers
// with is good; all before it are not.
func TestANewPasswordKeepsItsMaker(t *testing.T) {
	f := newOffice(t)
	old := f.account("mina")
	_, bot := f.bot(old.User.ID, "read")
	next, err := f.ChangePassword(t.Context(), old.User.ID, "correct horse", "battery staple")
	f.must(err)
	f.wantVoid("from before", f.watch, old.Access)
	f.wantGood("the answer", f.watch, next.Access)
	f.wantGood("a bot", f.watch, bot)
	f.wantGood("after a restart", f.newWatch(), next.Access)
	f.wantVoid("from before, after a restart", f.newWatch(), old.Access)
}

// left is a store whose caller goes away as soon as a password is changed or a
// sign-in was read.
type left struct {
	account.Store
	leave context.CancelFunc
}

func (l left) SetPassword(ctx context.Context, old, next string, f account.Family) error {
	defer l.leave()
	return l.Store.SetPassword(ctx, old, next, f)
}

func (l left) Family(ctx context.Context, id string) (account.Family, error) {
	defer l.leave()
	return l.Store.Family(ctx, id)
}

// TestWhoeverLeavesIsServed: tokens from before a change are void everywhere, also if
// nobody waits for the answer.
func TestWhoeverLeavesIsServed(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina")
	ctx, leave := context.WithCancel(t.Context())
	s := account.New(left{f.store, leave}, f.keys, account.Options{Now: f.time})
	_, err := s.ChangePassword(ctx, mina.User.ID, "correct horse", "battery staple")
	f.must(err)
	f.wantVoid("elsewhere", f.newWatch(), mina.Access)
}

// TestReuseEndsTheFamilyThoughItsHolderLeft: nobody uses a token twice unseen by
// hanging up.
func TestReuseEndsTheFamilyThoughItsHolderLeft(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina")
	next, err := f.Reissue(t.Context(), mina.Refresh)
	f.must(err)
	ctx, leave := context.WithCancel(t.Context())
	s := account.New(left{f.store, leave}, f.keys, account.Options{Now: f.time})
	if _, err := s.Reissue(ctx, mina.Refresh); refusal(err) != hubbub.CodeTokenInvalid {
		t.Errorf("used twice: %v", err)
	}
	if _, err := f.Reissue(t.Context(), next.Refresh); err == nil || refusal(err) != hubbub.CodeTokenInvalid {
		t.Errorf("its successor: %v", err)
	}
}

// TestLostRoles: sessions from before the loss end, also those of bots, which come
// back as what they are now.
func TestLostRoles(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina")
	f.must(f.store.SetAdmin(t.Context(), mina.User.ID, true))
	_, raw := f.bot(mina.User.ID, "read")
	open := f.wantGood("a bot", f.watch, raw)
	f.wait(time.Second)
	_, err := f.SetRole(t.Context(), "mina", false)
	f.must(err)
	f.wantVoid("from before", f.watch, mina.Access)
	if why := f.watch.Why(open); why == nil || why.Code != hubbub.CodeSessionExpired {
		t.Errorf("the bot's session: %v", why)
	}
	if again := f.wantGood("the bot comes back", f.watch, raw); len(again.Roles) != 0 || f.watch.Why(again) != nil {
		t.Errorf("as %+v, %v", again, f.watch.Why(again))
	}
}

func TestWatchWithoutAStore(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina")
	_, raw := f.bot(mina.User.ID, "read")
	f.must(f.store.Close())
	f.wantGood("who is signed in", f.watch, mina.Access)
	if _, err := f.watch.Verify(raw); refusal(err) != hubbub.CodeUnavailable {
		t.Errorf("a bot: %v", err)
	}
	if err := f.watch.Load(t.Context()); err == nil {
		t.Error("it reads a store that is closed")
	}
	if err := f.watch.Healthy(); err != nil {
		t.Errorf("at once: %v", err)
	}
	f.wait(time.Minute)
	if err := f.watch.Healthy(); err == nil {
		t.Error("it is well without its store")
	}
	if err := f.RevokeBot(t.Context(), mina.User.ID, "x"); refusal(err) != hubbub.CodeUnavailable {
		t.Errorf("revoke: %v", err)
	}
	if err := f.Erase(t.Context(), token.Identity{User: mina.User.ID}, ""); refusal(err) != hubbub.CodeUnavailable || errors.Is(err, account.ErrNotFound) {
		t.Errorf("erase: %v", err)
	}
}
