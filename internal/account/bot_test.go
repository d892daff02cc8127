package account_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/token"
)

// An office is what processes of one site share, and a service and a watch over it.
type office struct {
	*account.Service
	t       *testing.T
	store   *sqlitemeta.Store
	archive *sqlitearchive.Archive
	keys    *token.Keys
	watch   *account.Watch
	bell    bell // also of what watches are told
	now     atomic.Int64
	erased  []hubbub.StreamID
}

func newOffice(t *testing.T) *office {
	t.Helper()
	f := &office{t: t, bell: newBell()}
	f.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	dir := t.TempDir()
	var err error
	f.store, err = sqlitemeta.Open(t.Context(), filepath.Join(dir, sqlitemeta.File))
	f.must(err)
	t.Cleanup(func() { _ = f.store.Close() })
	f.archive, err = sqlitearchive.Open(t.Context(), sqlitearchive.Options{Path: filepath.Join(dir, "archive.db")})
	f.must(err)
	t.Cleanup(func() { _ = f.archive.Close() })
	keys, err := token.Open(dir, true)
	f.must(err)
	f.keys = keys.WithClock(f.time)
	f.watch = f.newWatch()
	f.Service = account.New(heard{f.store, f.bell}, f.keys, account.Options{
		Now: f.time, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Archive: f.archive, OnRevoke: f.watch.Note,
		OnErase: func(streams []hubbub.StreamID) { f.erased = append(f.erased, streams...) },
	})
	return f
}

// newWatch is a watch of this process, or, since it knows only the store, of another.
func (f *office) newWatch() *account.Watch {
	f.t.Helper()
	w := account.NewWatch(f.keys, f.store, account.WatchOptions{Now: f.time, OnRevoke: func([]account.Revocation) { f.bell.ring() }})
	f.must(w.Load(f.t.Context()))
	return w
}

func (f *office) time() time.Time        { return time.Unix(0, f.now.Load()) }
func (f *office) wait(dur time.Duration) { f.now.Add(int64(dur)) }

func (f *office) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// account is a new one, signed in; its password is "correct horse".
func (f *office) account(name string) account.Session {
	f.t.Helper()
	session, err := f.Signup(f.t.Context(), account.Application{Username: name, Password: "correct horse"})
	f.must(err)
	f.wait(time.Second)
	return session
}

func (f *office) bot(user hubbub.UserID, scopes ...string) (account.Bot, string) {
	f.t.Helper()
	b, raw, err := f.CreateBot(f.t.Context(), user, account.BotDraft{Name: "bot", Scopes: scopes})
	f.must(err)
	f.wait(time.Second)
	return b, raw
}

func (f *office) wantGood(why string, w *account.Watch, raw string) token.Identity {
	f.t.Helper()
	id, err := w.Verify(raw)
	if err != nil {
		f.t.Errorf("%s: %v", why, err)
	}
	return id
}

func (f *office) wantVoid(why string, w *account.Watch, raw string) {
	f.t.Helper()
	if id, err := w.Verify(raw); err == nil || refusal(err) != hubbub.CodeTokenInvalid || id.User != "" {
		f.t.Errorf("%s: %+v, %v", why, id, err)
	}
}

func TestBots(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina").User
	b, raw := f.bot(mina.ID, "send", "read", "send")
	id := f.wantGood("a new bot", f.watch, raw)
	if id.User != mina.ID || id.Name != mina.Name || !slices.Equal(id.Scopes, []string{"read", "send"}) || id.ID != b.ID {
		t.Errorf("the token says %+v", id)
	}
	list, err := f.Bots(t.Context(), mina.ID)
	if err != nil || len(list) != 1 || list[0].ID != b.ID || !list[0].ExpiresAt.Equal(b.CreatedAt.AddDate(0, 0, 365)) {
		t.Errorf("%+v, %v", list, err)
	}

	// A bot is who its user is now, however old its token.
	f.wait(300 * 24 * time.Hour)
	name := "Mina the second"
	_, err = f.SetProfile(t.Context(), mina.ID, account.Profile{Name: &name})
	f.must(err)
	f.must(f.store.SetAdmin(t.Context(), mina.ID, true))
	if id = f.wantGood("much later", f.watch, raw); id.Name != name || !slices.Equal(id.Roles, []string{hubbub.RoleAdmin}) || !id.Issued.Equal(f.time()) {
		t.Errorf("the bot is %+v", id)
	}
	f.must(f.store.SetBan(t.Context(), mina.ID, account.Ban{At: f.time()}))
	if _, err := f.watch.Verify(raw); refusal(err) != hubbub.CodeBanned {
		t.Errorf("of a banned user: %v", err)
	}
}

func TestBadBots(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina").User.ID
	good := account.BotDraft{Name: "bot", Scopes: []string{"read"}}
	for why, change := range map[string]func(*account.BotDraft){
		"no name":            func(d *account.BotDraft) { d.Name = " " },
		"a name too long":    func(d *account.BotDraft) { d.Name = strings.Repeat("가", 65) },
		"no scope":           func(d *account.BotDraft) { d.Scopes = nil },
		"an unknown scope":   func(d *account.BotDraft) { d.Scopes = []string{"read", "admin"} },
		"two scopes in one":  func(d *account.BotDraft) { d.Scopes = []string{"read send"} },
		"more than a year":   func(d *account.BotDraft) { d.Days = 366 },
		"days that are none": func(d *account.BotDraft) { d.Days = -1 },
	} {
		d := good
		change(&d)
		if _, raw, err := f.CreateBot(t.Context(), mina, d); err == nil || refusal(err) != hubbub.CodeBadRequest || raw != "" {
			t.Errorf("%s: %v", why, err)
		}
	}
	guest, err := f.Guest(t.Context(), "Jun")
	f.must(err)
	for why, user := range map[string]hubbub.UserID{"a guest": guest.User.ID, "somebody of another system": "elsewhere-7"} {
		_, _, create := f.CreateBot(t.Context(), user, good)
		_, list := f.Bots(t.Context(), user)
		for _, err := range []error{create, list, f.RevokeBot(t.Context(), user, "bot-x")} {
			if err == nil || refusal(err) != hubbub.CodeAccountsOnly {
				t.Errorf("%s: %v", why, err)
			}
		}
	}
	for range account.MaxBots {
		f.bot(mina, "read")
	}
	if _, _, err := f.CreateBot(t.Context(), mina, good); err == nil || refusal(err) != hubbub.CodeTooManyTokens {
		t.Errorf("one too many: %v", err)
	}
}

func TestRevokedBots(t *testing.T) {
	f := newOffice(t)
	elsewhere := f.newWatch()
	mina, jun := f.account("mina").User.ID, f.account("jun").User.ID
	b, raw := f.bot(mina, "read")
	_, other := f.bot(mina, "read")
	open := f.wantGood("elsewhere", elsewhere, raw)
	if err := f.RevokeBot(t.Context(), jun, b.ID); err == nil || refusal(err) != hubbub.CodeNotFound {
		t.Errorf("somebody else's: %v", err)
	}
	f.must(f.RevokeBot(t.Context(), mina, b.ID))
	if err := f.RevokeBot(t.Context(), mina, b.ID); err == nil || refusal(err) != hubbub.CodeNotFound {
		t.Errorf("again: %v", err)
	}
	f.wantVoid("here", f.watch, raw)
	f.wantVoid("elsewhere, at once: it asks the store", elsewhere, raw)
	if why := f.watch.Why(open); why == nil || why.Code != hubbub.CodeTokenInvalid {
		t.Errorf("sessions here: %v", why)
	}
	f.wantGood("another bot", f.watch, other)
}

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

// TestLastUse: which bots were seen is stored, at the end at the latest.
func TestLastUse(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina").User.ID
	_, raw := f.bot(mina, "read")
	f.wantGood("a bot", f.watch, raw)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f.must(f.watch.Run(ctx))
	if list, err := f.Bots(t.Context(), mina); err != nil || !list[0].LastUsedAt.Equal(f.time()) {
		t.Errorf("%+v, %v", list, err)
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
