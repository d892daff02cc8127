package metastoretest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
)

// newAccount is account number n, signed in, with the password "phc n".
func newAccount(n int) account.Newcomer {
	u, f := user(n)
	u.Kind, u.Username, u.Name = account.KindAccount, fmt.Sprint("user_", n), fmt.Sprint("User ", n)
	return account.Newcomer{User: u, Password: fmt.Sprint("phc ", n), Family: f}
}

func wantPassword(t testing.TB, s Store, id hubbub.UserID, want string) {
	t.Helper()
	if got, err := s.Password(t.Context(), id); err != nil || got != want {
		t.Errorf("the password is %q, %v; want %q", got, err, want)
	}
}

func testAccountFidelity(t *testing.T, h Harness) {
	dir := t.TempDir()
	s := open(t, h, dir)
	full := account.Newcomer{
		User: account.User{
			ID: hubbub.UserID(strings.Repeat("x", 128)), Kind: account.KindAccount, Name: strings.Repeat("👍🏽", 32), Picture: "https://p",
			Username: strings.Repeat("a", 32), Admin: true, CreatedAt: then,
			Ban: account.Ban{By: "by'; --", Reason: strings.Repeat("가", 300), At: then, Until: then.Add(time.Hour)},
		},
		Password: strings.Repeat("$", 255),
		Reset:    account.Code{Hash: hash(7), Kind: account.CodeReset, User: hubbub.UserID(strings.Repeat("x", 128)), ExpiresAt: then},
	}
	bare := account.Newcomer{User: account.User{ID: "b", Kind: account.KindAccount, Name: "b", Username: "bbb", CreatedAt: then}}
	other := account.Newcomer{User: account.User{ID: "o", Kind: account.KindOther, Name: "b", CreatedAt: then}} // who has no account may share a name
	for _, n := range []account.Newcomer{full, bare, other} {
		must(t, s.CreateUser(t.Context(), n))
	}
	must(t, s.Close())
	s = open(t, h, dir)
	for _, n := range []account.Newcomer{full, bare, other} {
		wantUser(t, s, n.User)
		wantPassword(t, s, n.User.ID, n.Password)
	}
	if c, err := s.Code(t.Context(), hash(7)); err != nil || c != full.Reset {
		t.Errorf("got %+v, %v", c, err)
	}
	_, err := s.Password(t.Context(), "none")
	wantErr(t, "nobody's password", err, account.ErrNotFound)
}

func testAccountsTaken(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	must(t, s.CreateUser(t.Context(), newAccount(1)))
	for _, row := range []struct {
		why, username, name string
		want                error
	}{
		{"the username", "user_1", "Other", account.ErrUsernameTaken},
		{"both", "user_1", "User 1", account.ErrUsernameTaken},
		{"the name", "other", "User 1", account.ErrNameTaken},
		{"its case", "other", "uSER 1", account.ErrNameTaken},
		{"its looks", "other", "Usеr l", account.ErrNameTaken}, // a Cyrillic е, an l
	} {
		n := newAccount(2)
		n.User.Username, n.User.Name = row.username, row.name
		wantErr(t, row.why, s.CreateUser(t.Context(), n), row.want)
	}
	_, err := s.User(t.Context(), newAccount(2).User.ID)
	wantErr(t, "nothing is left", err, account.ErrNotFound)
	must(t, s.CreateUser(t.Context(), newAccount(2)))

	var made atomic.Int32
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			n := newAccount(10 + i)
			n.User.Username = "same"
			switch err := s.CreateUser(t.Context(), n); {
			case err == nil:
				made.Add(1)
			case !errors.Is(err, account.ErrUsernameTaken):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("%d have one username", made.Load())
	}
}

func testAccountsFound(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	n := newAccount(1)
	guest, f := user(2)
	guest.Name = "Guest"
	must(t, s.CreateUser(t.Context(), n))
	must(t, s.CreateUser(t.Context(), account.Newcomer{User: guest, Family: f}))
	for name, want := range map[string]bool{"user_1": true, "User_1": false, "user_2": false, "": false} {
		if u, err := s.UserByUsername(t.Context(), name); (err == nil) != want || want && u != n.User || !want && !errors.Is(err, account.ErrNotFound) {
			t.Errorf("username %q: %+v, %v", name, u, err)
		}
	}
	for name, want := range map[string]bool{"User 1": true, "USER 1": true, "User l": false, "Guest": false, "": false} {
		if u, err := s.UserByName(t.Context(), name); (err == nil) != want || want && u != n.User || !want && !errors.Is(err, account.ErrNotFound) {
			t.Errorf("name %q: %+v, %v", name, u, err)
		}
	}
}
