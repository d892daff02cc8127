package metastoretest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
)

// user is guest number n and their sign-in, good for an hour from then.
func user(n int) (account.User, account.Family) {
	u := account.User{
		ID: hubbub.UserID(fmt.Sprint("u", n)), Kind: account.KindGuest,
		Name: fmt.Sprintf("게스트#%04d", n), Picture: "https://p", CreatedAt: then,
	}
	f := account.Family{ID: fmt.Sprint("f", n), User: u.ID, Hash: hash(n), CreatedAt: then, ExpiresAt: then.Add(time.Hour)}
	return u, f
}

func hash(n int) (h account.Hash) {
	copy(h[:], fmt.Sprintf("\x00\xff hash %d", n))
	return h
}

// newcomer is the guest number n as they come.
func newcomer(n int) account.Newcomer {
	u, f := user(n)
	return account.Newcomer{User: u, Family: f}
}

func wantUser(t testing.TB, s Store, want account.User) {
	t.Helper()
	if got, err := s.User(t.Context(), want.ID); err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func testUserFidelity(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	u, f := user(1)
	must(t, s.CreateUser(t.Context(), account.Newcomer{User: u, Family: f}))
	wantUser(t, s, u)
	wantFamily(t, s, f)
	if _, err := s.User(t.Context(), "U1"); !errors.Is(err, account.ErrNotFound) { // told apart by case
		t.Errorf("an unknown user: %v", err)
	}
	if _, err := s.Family(t.Context(), "none"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("an unknown family: %v", err)
	}
	// Both or neither: a family that is there already takes the user with it.
	other, _ := user(2)
	if err := s.CreateUser(t.Context(), account.Newcomer{User: other, Family: f}); err == nil {
		t.Error("a family was created twice")
	}
	if _, err := s.User(t.Context(), other.ID); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("a user without the family: %v", err)
	}
}

func testUserPages(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	for i := range 4 { // in pairs of one age
		n := newAccount(i)
		n.User.CreatedAt = then.Add(time.Duration(i/2) * time.Second)
		must(t, s.CreateUser(t.Context(), n))
	}
	guest, f := user(8)
	must(t, s.CreateUser(t.Context(), account.Newcomer{User: guest, Family: f}))
	banned, f := user(9)
	banned.Ban = account.Ban{At: then}
	must(t, s.CreateUser(t.Context(), account.Newcomer{User: banned, Family: f}))
	for _, row := range []struct {
		query       string
		limit, skip int
		want        string
	}{
		{"", 100, 0, "u2 u3 u0 u1 u9"},
		{"", 2, 1, "u3 u0"},
		{"", 2, 5, ""},
		{"user_3", 100, 0, "u3"},
		{"user 3", 100, 0, "u3"},
		{"r_", 100, 0, "u2 u3 u0 u1"},
		{"r%3", 100, 0, ""},
		{"!", 100, 0, ""},
		{"게스트", 100, 0, "u9"},
	} {
		list, err := s.Users(t.Context(), row.query, row.limit, row.skip)
		must(t, err)
		var ids []string
		for _, u := range list {
			ids = append(ids, string(u.ID))
		}
		if got := strings.Join(ids, " "); got != row.want {
			t.Errorf("%q, %d after %d: %s, want %s", row.query, row.limit, row.skip, got, row.want)
		}
	}
}

func testProfiles(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	one, two := newAccount(1), newAccount(2)
	must(t, s.CreateUser(t.Context(), one))
	must(t, s.CreateUser(t.Context(), two))
	u := one.User
	u.Name, u.Picture = "Mina", ""
	must(t, s.SetProfile(t.Context(), u))
	wantUser(t, s, u)
	wantPassword(t, s, u.ID, "phc 1")
	u.Name = "MINA" // its own name is not taken by itself
	must(t, s.SetProfile(t.Context(), u))
	taken := u
	taken.Name = "USER 2"
	wantErr(t, "another's name", s.SetProfile(t.Context(), taken), account.ErrNameTaken)
	wantUser(t, s, u)
	two.User.Name = "User 1" // which is free again
	must(t, s.SetProfile(t.Context(), two.User))
	wantErr(t, "nobody", s.SetProfile(t.Context(), account.User{ID: "none"}), account.ErrNotFound)

	must(t, s.SetAdmin(t.Context(), u.ID, true))
	u.Admin = true
	wantUser(t, s, u)
	must(t, s.SetAdmin(t.Context(), u.ID, false))
	u.Admin = false
	wantUser(t, s, u)
	wantErr(t, "nobody", s.SetAdmin(t.Context(), "none", true), account.ErrNotFound)
}

func testBans(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	for i := range 4 {
		must(t, s.CreateUser(t.Context(), newAccount(i)))
	}
	ban := func(n int, at, until time.Duration) account.User {
		u := newAccount(n).User
		u.Ban = account.Ban{By: "by", Reason: "why", At: then.Add(at)}
		if until != 0 {
			u.Ban.Until = then.Add(until)
		}
		must(t, s.SetBan(t.Context(), u.ID, u.Ban))
		wantUser(t, s, u)
		return u
	}
	two, one := ban(2, time.Second, time.Minute), ban(1, 2*time.Second, 0)
	ban(3, time.Second, 0)
	must(t, s.SetBan(t.Context(), newAccount(3).User.ID, account.Ban{}))
	wantUser(t, s, newAccount(3).User)
	for since, want := range map[time.Duration][]account.User{
		0: {two, one}, time.Second: {two, one}, time.Second + time.Millisecond: {one}, time.Hour: nil,
	} {
		got, err := s.Barred(t.Context(), then.Add(since))
		if err != nil || len(got) != len(want) {
			t.Errorf("since %v: %+v, %v", since, got, err)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("since %v: got %+v, want %+v", since, got[i], want[i])
			}
		}
	}
	if all, err := s.Barred(t.Context(), time.Time{}); err != nil || len(all) != 2 {
		t.Errorf("since ever: %+v, %v", all, err)
	}
	wantErr(t, "nobody", s.SetBan(t.Context(), "none", account.Ban{At: then}), account.ErrNotFound)
}
