package metastoretest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
)

// family is one more sign-in of account n.
func family(n int, id string, at time.Time) account.Family {
	return account.Family{ID: id, User: newAccount(n).User.ID, Hash: hash(n), CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
}

func testPasswords(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	one, two := newAccount(1), newAccount(2)
	must(t, s.CreateUser(t.Context(), one))
	must(t, s.CreateUser(t.Context(), two))
	second := family(1, "second", then)
	must(t, s.BeginFamily(t.Context(), second, "phc 1"))
	wantFamily(t, s, second)
	wantErr(t, "signed in by another password", s.BeginFamily(t.Context(), family(1, "x", then), "phc 2"), account.ErrNotFound)
	wantErr(t, "signed in as nobody", s.BeginFamily(t.Context(), account.Family{ID: "x", User: "none"}, ""), account.ErrNotFound)

	at := then.Add(time.Minute)
	wantErr(t, "from another password", s.SetPassword(t.Context(), "phc 2", "next", family(1, "x", at)), account.ErrNotFound)
	if err := s.SetPassword(t.Context(), "phc 1", "next", family(1, "second", at)); err == nil {
		t.Error("a family was begun twice")
	}
	wantPassword(t, s, one.User.ID, "phc 1") // nothing of it
	wantFamily(t, s, second)

	third := family(1, "third", at)
	must(t, s.SetPassword(t.Context(), "phc 1", "next", third))
	wantPassword(t, s, one.User.ID, "next")
	wantFamily(t, s, third)
	one.Family.EndedAt, second.EndedAt = at, at
	wantFamily(t, s, one.Family)
	wantFamily(t, s, second)
	wantFamily(t, s, two.Family) // is another's
	wantPassword(t, s, two.User.ID, "phc 2")
	_, err := s.Family(t.Context(), "x")
	wantErr(t, "a refused sign-in", err, account.ErrNotFound)
}

func testResets(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	one, two := newAccount(1), newAccount(2)
	must(t, s.CreateUser(t.Context(), one))
	must(t, s.CreateUser(t.Context(), two))
	must(t, s.PutCode(t.Context(), account.Code{Hash: hash(7), Kind: account.CodeReset, User: one.User.ID, ExpiresAt: then.Add(time.Hour)}))
	wantErr(t, "another's", s.ResetPassword(t.Context(), hash(7), "next", family(2, "x", then)), account.ErrNotFound)
	wantErr(t, "none", s.ResetPassword(t.Context(), hash(8), "next", family(1, "x", then)), account.ErrNotFound)
	wantErr(t, "late", s.ResetPassword(t.Context(), hash(7), "next", family(1, "x", then.Add(time.Hour))), account.ErrNotFound)
	wantPassword(t, s, one.User.ID, "phc 1")

	var reset atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			switch err := s.ResetPassword(t.Context(), hash(7), "next", family(1, fmt.Sprint("reset", i), then.Add(time.Minute))); {
			case err == nil:
				reset.Add(1)
			case !errors.Is(err, account.ErrNotFound):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if reset.Load() != 1 {
		t.Errorf("%d reset it by one code", reset.Load())
	}
	wantPassword(t, s, one.User.ID, "next")
	one.Family.EndedAt = then.Add(time.Minute)
	wantFamily(t, s, one.Family)
	wantFamily(t, s, two.Family)
}

func testClaims(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	claimable := func(want bool) {
		t.Helper()
		if got, err := s.Claimable(t.Context()); err != nil || got != want {
			t.Errorf("claimable: %v, %v", got, err)
		}
	}
	put := func(n int, want bool) {
		t.Helper()
		if got, err := s.PutClaim(t.Context(), hash(n)); err != nil || got != want {
			t.Errorf("put a claim: %v, %v", got, err)
		}
	}
	claim := func(n, code int) error {
		a := newAccount(n)
		a.User.Admin, a.Claim = true, hash(code)
		return s.CreateUser(t.Context(), a)
	}
	claimable(false)
	put(1, true)
	put(2, true)
	claimable(true)
	wantErr(t, "replaced", claim(1, 1), account.ErrNotFound)
	must(t, s.CreateUser(t.Context(), newAccount(9)))
	taken := newAccount(10)
	taken.User.Username, taken.User.Admin, taken.Claim = "user_9", true, hash(2)
	wantErr(t, "a claim with a username that is taken", s.CreateUser(t.Context(), taken), account.ErrUsernameTaken)
	claimable(true) // and is not used up by it

	var made atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			switch err := claim(20+i, 2); {
			case err == nil:
				made.Add(1)
			case !errors.Is(err, account.ErrNotFound):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("%d claimed it", made.Load())
	}
	claimable(false)
	put(3, false)

	other := open(t, h, t.TempDir()) // the role given by hand ends a claim as well
	must(t, other.CreateUser(t.Context(), newAccount(1)))
	if put, err := other.PutClaim(t.Context(), hash(1)); err != nil || !put {
		t.Fatal(put, err)
	}
	must(t, other.SetAdmin(t.Context(), newAccount(1).User.ID, true))
	if claimable, err := other.Claimable(t.Context()); err != nil || claimable {
		t.Errorf("with an admin: %v, %v", claimable, err)
	}
}

func testCodes(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	code := func(n int, kind string, user hubbub.UserID, ttl time.Duration) account.Code {
		c := account.Code{Hash: hash(n), Kind: kind, User: user, ExpiresAt: then.Add(ttl)}
		must(t, s.PutCode(t.Context(), c))
		return c
	}
	want := func(there bool, c account.Code) {
		t.Helper()
		got, err := s.Code(t.Context(), c.Hash)
		if there && (err != nil || got != c) || !there && !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%+v: %+v, %v", c, got, err)
		}
	}
	first, other, kind := code(1, "a", "u", time.Hour), code(2, "a", "v", -time.Hour), code(3, "b", "u", time.Hour)
	next := code(4, "a", "u", time.Hour)
	want(false, first)
	for _, c := range []account.Code{other, kind, next} {
		want(true, c)
	}
	if put, err := s.PutClaim(t.Context(), hash(5)); err != nil || !put {
		t.Fatal(put, err)
	}
	if swept, err := s.Sweep(t.Context(), then, then); err != nil || swept != 1 {
		t.Errorf("swept %d, %v", swept, err)
	}
	want(false, other)
	want(true, next)
	want(true, account.Code{Hash: hash(5), Kind: account.CodeClaim}) // has no end
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
