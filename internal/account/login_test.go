package account_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
)

func TestSignupAndLogin(t *testing.T) {
	d := newDesk(t, account.Options{})
	made := d.signup("  Mina.Kim ", "")
	want := account.User{ID: made.User.ID, Kind: account.KindAccount, Username: "mina.kim", Name: "mina.kim", CreatedAt: d.time()}
	if made.User != want || !strings.HasPrefix(string(made.User.ID), "u-") {
		t.Errorf("made %+v", made.User)
	}
	session, err := d.Login(t.Context(), "MINA.kim", secret)
	if err != nil || session.User.ID != made.User.ID {
		t.Fatalf("%+v, %v", session, err)
	}
	for _, held := range []account.Session{made, session} {
		who, err := d.keys.Verify(held.Access)
		if err != nil || who.User != made.User.ID || who.Name != "mina.kim" || len(who.Roles) != 0 {
			t.Errorf("the token says %+v, %v", who, err)
		}
		d.reissue(held.Refresh)
	}
	d.wantOut()
}

// TestLoginTellsNothing: unknown, wrong and without a password are one answer, and
// the same work.
func TestLoginTellsNothing(t *testing.T) {
	registry := prometheus.NewRegistry()
	d := newDesk(t, account.Options{Metrics: registry})
	d.signup("mina", "")
	if _, _, err := d.Add(t.Context(), "jun", "", false); err != nil {
		t.Fatal(err)
	}
	before := counted(t, registry, "hubbub_passwords_hashed_total")
	seen := map[string]int{}
	attempts := [][2]string{{"mina", "wrong horse"}, {"nobody", secret}, {"jun", secret}, {"jun", ""}, {"no name!", secret}, {"", ""}, {strings.Repeat("x", 1000), "\x00"}}
	for _, a := range attempts {
		err := d.login(a[0], a[1])
		d.wantCode(a[0], hubbub.CodeCredentialsInvalid, err)
		seen[fmt.Sprint(err)]++
	}
	if len(seen) != 1 {
		t.Errorf("several answers: %v", seen)
	}
	if n := counted(t, registry, "hubbub_passwords_hashed_total") - before; n != float64(len(attempts)) {
		t.Errorf("%v hashes for %d attempts", n, len(attempts))
	}
}

func counted(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}

func TestSignupRefusals(t *testing.T) {
	d := newDesk(t, account.Options{})
	d.signup("mina", "Mina")
	d.signup("scope", "Ян")
	for _, row := range []struct {
		why  string
		a    account.Application
		want hubbub.Code
	}{
		{"no username", apply("", "x"), hubbub.CodeUsernameInvalid},
		{"a short one", apply("ab", "x"), hubbub.CodeUsernameInvalid},
		{"a long one", apply(strings.Repeat("a", 33), "x"), hubbub.CodeUsernameInvalid},
		{"a space inside", apply("a b c", "x"), hubbub.CodeUsernameInvalid},
		{"another script", apply("мina", "x"), hubbub.CodeUsernameInvalid},
		{"a Kelvin sign, of which the small form is k", apply("\u212aim", "kim"), ""},
		{"markup", apply("<b>a</b>", "x"), hubbub.CodeUsernameInvalid},
		{"a line break", apply("abc\n", "x1"), ""},
		{"taken", apply("mina", "other"), hubbub.CodeUsernameTaken},
		{"taken, in capitals", apply("MINA", "other"), hubbub.CodeUsernameTaken},
		{"a name that is taken", apply("mina2", "Mina"), hubbub.CodeNameTaken},
		{"in another case", apply("mina2", "mINA"), hubbub.CodeNameTaken},
		{"in full width", apply("mina2", "Ｍｉｎａ"), hubbub.CodeNameTaken},
		{"in Cyrillic", apply("mina2", "Мinа"), hubbub.CodeNameTaken},
		{"with space around it", apply("mina2", "  Mina "), hubbub.CodeNameTaken},
		{"a username that looks like a name", apply("rnina", ""), hubbub.CodeNameTaken},
		{"a name like a guest's", apply("jun", "Jun#1234"), hubbub.CodeNameInvalid},
		{"a name that looks like a guest's", apply("jun", "Jun＃I2З4"), hubbub.CodeNameInvalid},
		{"a sharp is a hash", apply("jun", "Jun♯1234"), hubbub.CodeNameInvalid},
		{"five digits are no guest's", apply("jun", "Jun#12345"), ""},
		{"a long name", apply("june", strings.Repeat("가", 33)), hubbub.CodeNameInvalid},
		{"32 characters of 11 letters each", apply("june", strings.Repeat("\ufdfa", 32)), hubbub.CodeNameInvalid},
		{"an invisible name", apply("june", "\u200b"), hubbub.CodeNameInvalid},
		{"a name that turns the text around", apply("june", "a\u202eb"), hubbub.CodeNameInvalid},
		{"a short password", account.Application{Username: "june", Password: "1234567"}, hubbub.CodePasswordInvalid},
		{"the username as a password", account.Application{Username: "june.smith", Password: "June.Smith"}, hubbub.CodePasswordInvalid},
	} {
		_, err := d.Signup(t.Context(), row.a)
		d.wantCode(row.why, row.want, err)
	}
	off := newDesk(t, account.Options{SignupOff: true})
	_, err := off.Signup(t.Context(), apply("mina", ""))
	off.wantCode("turned off", hubbub.CodeSignupOff, err)
}

func TestOfManySignupsOneGetsTheName(t *testing.T) {
	d := newDesk(t, account.Options{})
	for _, row := range []struct {
		why      string
		username func(int) string
		want     hubbub.Code
	}{
		{"one username", func(int) string { return "mina" }, hubbub.CodeUsernameTaken},
		{"one name", func(i int) string { return fmt.Sprint("jun", i) }, hubbub.CodeNameTaken},
	} {
		results := make(chan error, 8)
		var all sync.WaitGroup
		for i := range cap(results) {
			all.Go(func() {
				_, err := d.Signup(context.Background(), apply(row.username(i), "Name of "+row.username(0)))
				results <- err
			})
		}
		all.Wait()
		close(results)
		made := 0
		for err := range results {
			if err == nil {
				made++
			} else {
				d.wantCode(row.why, row.want, err)
			}
		}
		if made != 1 {
			t.Errorf("%s: %d got it", row.why, made)
		}
	}
}

func TestChangePassword(t *testing.T) {
	d := newDesk(t, account.Options{})
	here, guest := d.signup("mina", ""), d.guest("Jun")
	_, err := d.ChangePassword(t.Context(), here.User.ID, "wrong horse", "another horse")
	d.wantCode("who does not know it", hubbub.CodeCredentialsInvalid, err)
	_, err = d.ChangePassword(t.Context(), here.User.ID, secret, "short")
	d.wantCode("a bad new one", hubbub.CodePasswordInvalid, err)
	_, err = d.ChangePassword(t.Context(), guest.User.ID, secret, "another horse")
	d.wantCode("a guest has none", hubbub.CodeAccountsOnly, err)
	_, err = d.ChangePassword(t.Context(), "elsewhere-7", secret, "another horse")
	d.wantCode("nor has a stranger", hubbub.CodeUserNotFound, err)
	d.wantOut()

	d.wait(time.Second)
	next, err := d.ChangePassword(t.Context(), here.User.ID, secret, "another horse")
	if err != nil {
		t.Fatal(err)
	}
	d.wantOut(here.User.ID)
	d.wantRefused("signed in before", hubbub.CodeTokenInvalid, here.Refresh)
	d.reissue(next.Refresh)
	d.wantCode("the old one", hubbub.CodeCredentialsInvalid, d.login("mina", secret))
	d.wantCode("the new one", "", d.login("mina", "another horse"))
}

func TestReset(t *testing.T) {
	d := newDesk(t, account.Options{})
	here := d.signup("mina", "")
	d.signup("jun", "")
	_, err := d.OfferReset(t.Context(), "nobody")
	d.wantCode("nobody's", hubbub.CodeUserNotFound, err)
	reset := func(code, password string) error {
		_, err := d.Reset(t.Context(), code, password)
		return err
	}
	offer := func() string {
		code, err := d.OfferReset(t.Context(), "Mina")
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	replaced, code := offer(), offer()
	d.wantCode("made up", hubbub.CodeCodeInvalid, reset("AAAAAAAAAAAAAAAAAAAAAAAAAA", "another horse"))
	d.wantCode("none", hubbub.CodeCodeInvalid, reset("", "another horse"))
	d.wantCode("replaced", hubbub.CodeCodeInvalid, reset(replaced, "another horse"))
	d.wantCode("a bad password does not use it up", hubbub.CodePasswordInvalid, reset(code, "short"))
	claim, err := d.OfferClaim(t.Context())
	if err != nil || claim == "" {
		t.Fatalf("%q, %v", claim, err)
	}
	d.wantCode("a code for something else", hubbub.CodeCodeInvalid, reset(claim, "another horse"))
	d.wantCode("good", "", reset(" "+strings.ToLower(code)+"\n", "another horse"))
	d.wantOut(here.User.ID)
	d.wantRefused("signed in before", hubbub.CodeTokenInvalid, here.Refresh)
	d.wantCode("used", hubbub.CodeCodeInvalid, reset(code, "a third horse"))
	d.wantCode("the old password", hubbub.CodeCredentialsInvalid, d.login("mina", secret))
	d.wantCode("the new one", "", d.login("mina", "another horse"))
	d.wantCode("another's", "", d.login("jun", secret))

	late := offer()
	d.wait(24 * time.Hour)
	d.wantCode("after a day", hubbub.CodeCodeInvalid, reset(late, "a third horse"))
}

func TestAdd(t *testing.T) {
	d := newDesk(t, account.Options{SignupOff: true})
	u, code, err := d.Add(t.Context(), "Mina", "미나", true)
	if err != nil || u.Username != "mina" || u.Name != "미나" || !u.Admin {
		t.Fatalf("%+v, %v", u, err)
	}
	session, err := d.Reset(t.Context(), code, secret)
	if err != nil || !slices.Equal(session.User.Roles(), []string{hubbub.RoleAdmin}) {
		t.Fatalf("%+v, %v", session, err)
	}
	d.wantCode("it signs in", "", d.login("mina", secret))
	if claim, err := d.OfferClaim(t.Context()); claim != "" || err != nil {
		t.Errorf("there is an admin, and a claim: %q, %v", claim, err)
	}
}

func TestClaim(t *testing.T) {
	d := newDesk(t, account.Options{SignupOff: true})
	claimable := func(want bool) {
		t.Helper()
		if got, err := d.Claimable(t.Context()); got != want || err != nil {
			t.Errorf("claimable: %v, %v", got, err)
		}
	}
	offer := func() string {
		code, err := d.OfferClaim(t.Context())
		if err != nil || code == "" {
			t.Fatalf("%q, %v", code, err)
		}
		return code
	}
	claimable(false)
	before, code := offer(), offer()
	claimable(true)
	_, err := d.Claim(t.Context(), before, apply("mina", ""))
	d.wantCode("of the start before", hubbub.CodeCodeInvalid, err)
	_, err = d.Claim(t.Context(), code, apply("m", ""))
	d.wantCode("a bad username does not use it up", hubbub.CodeUsernameInvalid, err)

	sessions := make(chan account.Session, 8)
	var all sync.WaitGroup
	for i := range cap(sessions) {
		all.Go(func() {
			session, err := d.Claim(context.Background(), code, apply(fmt.Sprint("admin", i), ""))
			if err == nil {
				sessions <- session
			} else if refusal(err) != hubbub.CodeCodeInvalid {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(sessions) != 1 {
		t.Fatalf("%d are the first", len(sessions))
	}
	first := <-sessions
	if who, err := d.keys.Verify(first.Access); err != nil || !slices.Equal(who.Roles, []string{hubbub.RoleAdmin}) {
		t.Errorf("%+v, %v", who, err)
	}
	claimable(false)
	if code, err := d.OfferClaim(t.Context()); code != "" || err != nil {
		t.Errorf("offered again: %q, %v", code, err)
	}
}

// TestAnAdminEndsClaims, also one that an operator made while the link was out.
func TestAnAdminEndsClaims(t *testing.T) {
	d := newDesk(t, account.Options{})
	d.signup("mina", "")
	code, err := d.OfferClaim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.SetRole(t.Context(), "mina", true); err != nil {
		t.Fatal(err)
	}
	_, err = d.Claim(t.Context(), code, apply("jun", ""))
	d.wantCode("late", hubbub.CodeCodeInvalid, err)
}

func TestProfile(t *testing.T) {
	d := newDesk(t, account.Options{})
	mina, guest := d.signup("mina", ""), d.guest("Jun")
	d.signup("jun", "")
	change := func(id hubbub.UserID, name, picture string) error {
		p := account.Profile{Picture: &picture}
		if name != "" {
			p.Name = &name
		}
		_, err := d.SetProfile(t.Context(), id, p)
		return err
	}
	for _, row := range []struct {
		why, name, picture string
		want               hubbub.Code
	}{
		{"both", "Mina K", "https://p.example/1.png", ""},
		{"the same again", "Mina K", "https://p.example/1.png", ""},
		{"another case of one's own", "MINA K", "https://p.example/1.png", ""},
		{"another's name", "JUN", "", hubbub.CodeNameTaken},
		{"a guest's", "Mina#1234", "", hubbub.CodeNameInvalid},
		{"invisible", "\u200b", "", hubbub.CodeNameInvalid},
		{"a script", "", "javascript:alert(1)", hubbub.CodeBadRequest},
		{"a picture of no end", "", "https://p.example/" + strings.Repeat("x", 500), hubbub.CodeBadRequest},
	} {
		d.wantCode(row.why, row.want, change(mina.User.ID, row.name, row.picture))
	}
	next := d.reissue(mina.Refresh)
	if who, err := d.keys.Verify(next.Access); err != nil || who.Name != "MINA K" || who.Picture != "https://p.example/1.png" {
		t.Errorf("the next token says %+v, %v", who, err)
	}
	d.wantCode("no picture", "", change(mina.User.ID, "", ""))
	if u, err := d.store.User(t.Context(), mina.User.ID); err != nil || u.Name != "MINA K" || u.Picture != "" {
		t.Errorf("%+v, %v", u, err)
	}
	d.wantCode("a guest", hubbub.CodeAccountsOnly, change(guest.User.ID, "x", ""))
	d.wantCode("a stranger", hubbub.CodeUserNotFound, change("elsewhere-7", "x", ""))

	for name, want := range map[string]hubbub.UserID{"mina k": mina.User.ID, "MINA": mina.User.ID, "nobody": "", guest.User.Name: ""} {
		u, err := d.ByName(t.Context(), name)
		if u.ID != want || (err == nil) != (want != "") {
			t.Errorf("by the name %q: %+v, %v", name, u, err)
		}
	}
}
