package account_test

import (
	"log/slog"
	"path/filepath"
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
