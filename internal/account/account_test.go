package account_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGuest(t *testing.T) {
	d := newDesk(t, account.Options{})
	session := d.guest("  Mina ")
	u := session.User
	if !regexp.MustCompile(`^Mina#\d{4}$`).MatchString(u.Name) || u.Kind != account.KindGuest || !strings.HasPrefix(string(u.ID), "g-") {
		t.Errorf("%+v", u)
	}
	who, err := d.keys.Verify(session.Access)
	want := token.Identity{User: u.ID, Name: u.Name, Roles: []string{hubbub.RoleGuest}, Expires: d.time().Add(15 * time.Minute)}
	if err != nil || who.User != want.User || who.Name != want.Name || !slices.Equal(who.Roles, want.Roles) || !who.Expires.Equal(want.Expires) {
		t.Errorf("the token says %+v (%v), want %+v", who, err, want)
	}
	if read, roles, err := d.Describe(t.Context(), who); err != nil || read.Name != u.Name || !slices.Equal(roles, want.Roles) {
		t.Errorf("described as %+v, %q, %v", read, roles, err)
	}
	if other := d.guest("Mina").User; other.ID == u.ID {
		t.Error("two guests of one name are one")
	}
}

func TestGuestNames(t *testing.T) {
	d := newDesk(t, account.Options{})
	for _, name := range []string{
		"x", strings.Repeat("가", 32), strings.Repeat("👍🏽", 32), "admin", "<script>alert(1)</script>", `"; DROP TABLE users; --`,
	} {
		if got := d.guest(name).User.Name; !strings.HasPrefix(got, name+"#") {
			t.Errorf("%q became %q", name, got)
		}
	}
	for why, name := range map[string]string{
		"none": "", "only space": " \t ", "too long": strings.Repeat("가", 33), "invisible": "a\u200bb",
		"turned around": "\u202eanim", "NUL": "a\x00", "not UTF-8": "a\xff", "marks": "a" + strings.Repeat("\u0301", 100),
	} {
		if _, err := d.Guest(t.Context(), name); err == nil || refusal(err) != hubbub.CodeNameInvalid {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestGuestsOff(t *testing.T) {
	d := newDesk(t, account.Options{GuestsOff: true})
	if _, err := d.Guest(t.Context(), "Mina"); err == nil || refusal(err) != hubbub.CodeGuestsOff {
		t.Errorf("%v", err)
	}
}

func TestRefreshTokensRotate(t *testing.T) {
	d := newDesk(t, account.Options{RefreshTTL: 48 * time.Hour})
	first := d.guest("Mina")
	held := first
	for range 5 { // each use makes it last from then on
		d.wait(40 * time.Hour)
		next := d.reissue(held.Refresh)
		if next.Refresh == held.Refresh || next.User.ID != first.User.ID || next.User.Name != first.User.Name {
			t.Errorf("after %+v came %+v", held, next)
		}
		if who, err := d.keys.Verify(next.Access); err != nil || who.User != first.User.ID {
			t.Errorf("the new token says %+v, %v", who, err)
		}
		held = next
	}
	d.wantOut()
	d.wait(48 * time.Hour)
	d.wantRefused("unused for too long", hubbub.CodeTokenExpired, held.Refresh)
}

func TestReuseEndsTheFamily(t *testing.T) {
	d := newDesk(t, account.Options{})
	stolen, other := d.guest("Mina"), d.guest("Jun")
	good := d.reissue(d.reissue(stolen.Refresh).Refresh)
	d.wantOut()
	d.wantRefused("used before", hubbub.CodeTokenInvalid, stolen.Refresh)
	d.wantOut(stolen.User.ID)
	d.wantRefused("its successor", hubbub.CodeTokenInvalid, good.Refresh)
	d.reissue(other.Refresh) // is not concerned
	d.wantOut(stolen.User.ID)
}

func TestConcurrentReissue(t *testing.T) {
	d := newDesk(t, account.Options{})
	for round := range 10 {
		start, sessions := d.guest("Mina"), make(chan account.Session, 8)
		var wg sync.WaitGroup
		for range cap(sessions) {
			wg.Go(func() {
				session, err := d.Reissue(context.Background(), start.Refresh)
				if err == nil {
					sessions <- session
				} else if refusal(err) != hubbub.CodeTokenInvalid {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(sessions) != 1 {
			t.Fatalf("round %d: %d of %d got a session of one token", round, len(sessions), cap(sessions))
		}
		// One of those who came at the same time may be a thief, perhaps the one.
		d.wantRefused("the winner's", hubbub.CodeTokenInvalid, (<-sessions).Refresh)
	}
}

func TestLogout(t *testing.T) {
	d := newDesk(t, account.Options{})
	here, elsewhere := d.guest("Mina"), d.guest("Jun")
	for range 2 { // who is signed out can sign out
		if err := d.Logout(t.Context(), here.Refresh); err != nil {
			t.Fatal(err)
		}
	}
	d.wantOut(here.User.ID)
	d.wantRefused("signed out", hubbub.CodeTokenInvalid, here.Refresh)
	d.reissue(elsewhere.Refresh)
	d.wait(31 * 24 * time.Hour)
	if err := d.Logout(t.Context(), elsewhere.Refresh); err != nil {
		t.Errorf("with one that has expired: %v", err)
	}
}

func TestBadRefreshTokens(t *testing.T) {
	d := newDesk(t, account.Options{})
	good := d.guest("Mina").Refresh
	family, secret, _ := strings.Cut(good, ".")
	for why, bad := range map[string]string{
		"none": "", "no parts": family, "a part too long": good + "A", "not base32": strings.ToLower(good), "three parts": good + ".A",
		"another family": strings.Repeat("A", 26) + "." + secret, "an access token": d.guest("Jun").Access, "not text": "\x00\xff." + secret,
	} {
		d.wantRefused(why, hubbub.CodeTokenInvalid, bad)
	}
	d.wantOut()
	d.reissue(good)
	d.wantRefused("a guessed secret", hubbub.CodeTokenInvalid, family+"."+strings.Repeat("A", 26))
}

func TestDescribeOthers(t *testing.T) {
	d := newDesk(t, account.Options{})
	who := token.Identity{User: "elsewhere-7", Name: "Jun", Picture: "https://p/7", Roles: []string{"x"}}
	u, roles, err := d.Describe(t.Context(), who)
	want := account.User{ID: "elsewhere-7", Name: "Jun", Picture: "https://p/7"}
	if err != nil || u != want || !slices.Equal(roles, who.Roles) {
		t.Errorf("%+v, %q, %v", u, roles, err)
	}
}

func TestSweep(t *testing.T) {
	d := newDesk(t, account.Options{RefreshTTL: 48 * time.Hour})
	gone, stays := d.guest("Mina"), d.guest("Jun")
	d.wait(40 * time.Hour)
	stays = d.reissue(stays.Refresh)
	d.wait(10 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- d.Run(ctx) }()
	d.bell.until(t, "who cannot come back is gone", func() bool {
		_, err := d.store.User(t.Context(), gone.User.ID)
		return errors.Is(err, account.ErrNotFound)
	})
	cancel()
	if err := <-ran; err != nil {
		t.Errorf("run: %v", err)
	}
	d.wantRefused("swept", hubbub.CodeTokenInvalid, gone.Refresh)
	d.reissue(stays.Refresh)
}

func TestWithoutAStore(t *testing.T) {
	d := newDesk(t, account.Options{})
	session := d.guest("Mina")
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	_, guest := d.Guest(t.Context(), "Jun")
	_, reissue := d.Reissue(t.Context(), session.Refresh)
	_, _, describe := d.Describe(t.Context(), token.Identity{User: session.User.ID})
	for what, err := range map[string]error{
		"guest": guest, "reissue": reissue, "describe": describe, "logout": d.Logout(t.Context(), session.Refresh),
	} {
		if e := hubbub.AsError(err); e == nil || e.Code != hubbub.CodeUnavailable || e.RetryAfter <= 0 || e.Err == nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	d.wantOut()
}

// unsigned is a minter without a key.
type unsigned struct{}

func (unsigned) Mint(token.Identity, time.Duration) (string, error) { return "", errors.New("no key") }

func TestATokenThatCannotBeMintedIsOurMistake(t *testing.T) {
	d := newDesk(t, account.Options{})
	session := d.guest("Mina")
	broken := account.New(d.store, unsigned{}, account.Options{Now: d.time})
	var e *hubbub.Error
	if _, err := broken.Reissue(t.Context(), session.Refresh); !errors.As(err, &e) || e.Code != hubbub.CodeInternal {
		t.Errorf("%v", err)
	}
	d.reissue(session.Refresh) // what failed has not used it up
}
