package account_test

import (
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/token"
)

// A desk is a service over real parts, and what it said of who signed out.
type desk struct {
	*account.Service
	t     *testing.T
	store *sqlitemeta.Store
	keys  *token.Keys
	bell  bell
	now   atomic.Int64

	mu  sync.Mutex
	out []hubbub.UserID // OnRevoke, in order
}

func newDesk(t *testing.T, o account.Options) *desk {
	t.Helper()
	d := &desk{t: t, bell: newBell()}
	d.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	store, err := sqlitemeta.Open(t.Context(), filepath.Join(t.TempDir(), sqlitemeta.File))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	keys, err := token.Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	d.store, d.keys = store, keys.WithClock(d.time)
	o.Now, o.OnRevoke = d.time, func(list ...account.Revocation) {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, r := range list {
			d.out = append(d.out, r.User)
		}
	}
	d.Service = account.New(heard{store, d.bell}, d.keys, o)
	return d
}

func (d *desk) time() time.Time         { return time.Unix(0, d.now.Load()) }
func (d *desk) wait(dur time.Duration)  { d.now.Add(int64(dur)) }
func refusal(err error) (c hubbub.Code) { return hubbub.AsError(err).Code }

func (d *desk) guest(name string) account.Session {
	d.t.Helper()
	session, err := d.Guest(d.t.Context(), name)
	if err != nil {
		d.t.Fatal(err)
	}
	return session
}

const secret = "correct horse"

func apply(username, name string) account.Application {
	return account.Application{Username: username, Password: secret, Name: name}
}

func (d *desk) signup(username, name string) account.Session {
	d.t.Helper()
	session, err := d.Signup(d.t.Context(), apply(username, name))
	if err != nil {
		d.t.Fatalf("sign up %q: %v", username, err)
	}
	return session
}

// admin is an account with the role, as what its token says.
func (d *desk) admin(username string) token.Identity {
	d.t.Helper()
	u := d.signup(username, "").User
	if _, err := d.SetRole(d.t.Context(), username, true); err != nil {
		d.t.Fatal(err)
	}
	return token.Identity{User: u.ID, Roles: []string{hubbub.RoleAdmin}}
}

func (d *desk) login(username, password string) error {
	_, err := d.Login(d.t.Context(), username, password)
	return err
}

func (d *desk) reissue(refresh string) account.Session {
	d.t.Helper()
	session, err := d.Reissue(d.t.Context(), refresh)
	if err != nil {
		d.t.Fatal(err)
	}
	return session
}

func (d *desk) wantRefused(why string, want hubbub.Code, refresh string) {
	d.t.Helper()
	if _, err := d.Reissue(d.t.Context(), refresh); err == nil || refusal(err) != want {
		d.t.Errorf("%s: %v, want %s", why, err, want)
	}
}

func (d *desk) wantCode(why string, want hubbub.Code, err error) {
	d.t.Helper()
	if (want == "") != (err == nil) || err != nil && refusal(err) != want {
		d.t.Errorf("%s: %v, want %q", why, err, want)
	}
}

func (d *desk) wantOut(want ...hubbub.UserID) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.out, want) {
		d.t.Errorf("signed out: %q, want %q", d.out, want)
	}
}
