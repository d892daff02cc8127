package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/token"
)

func TestSiteBan(t *testing.T) {
	type told struct {
		user hubbub.UserID
		why  *hubbub.Error
	}
	bans := make(chan told, 10)
	d := newDesk(t, account.Options{OnBan: func(user hubbub.UserID, _ account.Ban, why *hubbub.Error) { bans <- told{user, why} }})
	admin, troll := d.admin("mina"), d.signup("troll", "")
	ban := func(id hubbub.UserID, reason string, lasts time.Duration) error {
		_, err := d.Ban(t.Context(), admin, id, reason, lasts)
		return err
	}
	d.wantCode("for an hour", "", ban(troll.User.ID, " spam ", time.Hour))
	if b := <-bans; b.user != troll.User.ID || b.why.Code != hubbub.CodeBanned || b.why.RetryAfter != time.Hour || !strings.Contains(b.why.Message, "spam") {
		t.Errorf("told %+v", b)
	}
	d.wait(15 * time.Minute)
	_, _, err := d.Describe(t.Context(), token.Identity{User: troll.User.ID})
	for what, err := range map[string]error{"login": d.login("troll", secret), "describe": err} {
		d.wantCode(what, hubbub.CodeBanned, err)
		if e := hubbub.AsError(err); e.RetryAfter != 45*time.Minute || !strings.Contains(e.Message, "(spam)") {
			t.Errorf("%s: %v, %v", what, err, e.RetryAfter)
		}
	}
	d.wantRefused("reissue", hubbub.CodeBanned, troll.Refresh)
	d.wantCode("a wrong password learns nothing of it", hubbub.CodeCredentialsInvalid, d.login("troll", "wrong horse"))
	code, err := d.OfferReset(t.Context(), "troll")
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Reset(t.Context(), code, "another horse")
	d.wantCode("a reset is no way around", hubbub.CodeBanned, err)

	d.wait(45 * time.Minute) // it is over, and what they held is good
	next := d.reissue(troll.Refresh)
	d.wantCode("login", "", d.login("troll", secret))

	d.wantCode("for good", "", ban(troll.User.ID, "", 0))
	if b := <-bans; b.why.RetryAfter != 0 {
		t.Errorf("told %+v", b)
	}
	d.wait(10 * 24 * time.Hour)
	d.wantRefused("for good", hubbub.CodeBanned, next.Refresh)
	for range 2 {
		d.wantCode("lifted", "", d.Unban(t.Context(), admin, troll.User.ID))
	}
	d.wantCode("nobody's", "", d.Unban(t.Context(), admin, "nobody"))
	d.reissue(next.Refresh)
}

func TestWhoIsBanned(t *testing.T) {
	d := newDesk(t, account.Options{})
	admin, other, user, guest := d.admin("mina"), d.admin("jun"), d.signup("troll", ""), d.guest("Troll")
	as := func(u account.User) token.Identity { return token.Identity{User: u.ID, Roles: u.Roles()} }
	for _, row := range []struct {
		why   string
		who   token.Identity
		whom  hubbub.UserID
		text  string
		lasts time.Duration
		want  hubbub.Code
	}{
		{"oneself", admin, admin.User, "", 0, hubbub.CodeForbidden},
		{"another admin", admin, other.User, "", 0, hubbub.CodeForbidden},
		{"by a user", as(user.User), guest.User.ID, "", 0, hubbub.CodeForbidden},
		{"by a guest", as(guest.User), user.User.ID, "", 0, hubbub.CodeForbidden},
		{"by nobody", token.Identity{}, user.User.ID, "", 0, hubbub.CodeForbidden},
		{"by a user whose old token says otherwise", token.Identity{User: user.User.ID, Roles: []string{"admin"}}, guest.User.ID, "", 0, hubbub.CodeForbidden},
		{"an id that is none", admin, "a\nb", "", 0, hubbub.CodeUserNotFound},
		{"nobody", admin, "", "", 0, hubbub.CodeUserNotFound},
		{"an id of no end", admin, hubbub.UserID(strings.Repeat("x", 129)), "", 0, hubbub.CodeUserNotFound},
		{"a reason of no end", admin, user.User.ID, strings.Repeat("x", 501), 0, hubbub.CodeBadRequest},
		{"a reason that cannot be shown", admin, user.User.ID, "\x00", 0, hubbub.CodeBadRequest},
		{"a time before now", admin, user.User.ID, "", -time.Second, hubbub.CodeBadRequest},
		{"a time beyond all", admin, user.User.ID, "", account.MaxBan + 1, hubbub.CodeBadRequest},
		{"a user", admin, user.User.ID, "", 0, ""},
		{"a guest", admin, guest.User.ID, "", 0, ""},
		{"a user of another system", admin, "elsewhere-7", "", 0, ""},
		{"by an admin of another system", token.Identity{User: "elsewhere-8", Roles: []string{"admin"}}, "elsewhere-7", "", 0, ""},
		{"by a banned admin of another system", token.Identity{User: "elsewhere-7", Roles: []string{"admin"}}, user.User.ID, "", 0, hubbub.CodeBanned},
	} {
		_, err := d.Ban(t.Context(), row.who, row.whom, row.text, row.lasts)
		d.wantCode(row.why, row.want, err)
	}
	d.wantRefused("a guest", hubbub.CodeBanned, guest.Refresh)
	_, _, err := d.Describe(t.Context(), token.Identity{User: "elsewhere-7", Name: "Seven"})
	d.wantCode("a user of another system", hubbub.CodeBanned, err)
	d.wantCode("lifted", "", d.Unban(t.Context(), admin, "elsewhere-7"))
	u, roles, err := d.Describe(t.Context(), token.Identity{User: "elsewhere-7", Name: "Seven", Roles: []string{"x"}})
	if err != nil || u.Name != "Seven" || len(roles) != 1 { // what the token says counts as before
		t.Errorf("%+v, %v, %v", u, roles, err)
	}
	_, err = d.SetAdmin(t.Context(), admin, user.User.ID, true)
	d.wantCode("a banned user becomes no admin", hubbub.CodeForbidden, err)
}

func TestSetAdmin(t *testing.T) {
	d := newDesk(t, account.Options{})
	admin, user, guest := d.admin("mina"), d.signup("jun", ""), d.guest("Jun")
	d.wantOut(admin.User) // whoever becomes one signs in anew
	set := func(who token.Identity, id hubbub.UserID, is bool) error {
		_, err := d.SetAdmin(t.Context(), who, id, is)
		return err
	}
	d.wantCode("one takes it from oneself", hubbub.CodeForbidden, set(admin, admin.User, false))
	d.wantCode("a guest", hubbub.CodeAccountsOnly, set(admin, guest.User.ID, true))
	d.wantCode("nobody", hubbub.CodeUserNotFound, set(admin, "nobody", true))
	d.wantCode("a user makes themselves one", hubbub.CodeForbidden, set(token.Identity{User: user.User.ID}, user.User.ID, true))
	d.wantCode("an admin makes one", "", set(admin, user.User.ID, true))
	d.wantOut(admin.User, user.User.ID)
	d.wantCode("again changes nothing", "", set(admin, user.User.ID, true))
	d.wantOut(admin.User, user.User.ID)
	if who, err := d.keys.Verify(d.reissue(user.Refresh).Access); err != nil || len(who.Roles) != 1 || who.Roles[0] != hubbub.RoleAdmin {
		t.Errorf("the next token says %+v, %v", who, err)
	}
	d.wantCode("takes it", "", set(token.Identity{User: user.User.ID}, admin.User, false))
	d.wantCode("is none any more, whatever the token says", hubbub.CodeForbidden, set(admin, admin.User, true))
	if _, err := d.SetRole(t.Context(), "nobody", true); refusal(err) != hubbub.CodeUserNotFound {
		t.Errorf("%v", err)
	}
	if _, err := d.SetRole(t.Context(), "jun", false); err != nil { // an operator may, also the last
		t.Error(err)
	}
}

func TestUsers(t *testing.T) {
	d := newDesk(t, account.Options{})
	admin := d.admin("mina")
	for i := range 4 {
		d.wait(time.Second)
		d.signup(fmt.Sprint("user_", i), fmt.Sprintf("Nr. %d 100%%", i))
	}
	guest := d.guest("Jun")
	d.guest("Troll")
	if _, err := d.Ban(t.Context(), admin, guest.User.ID, "", 0); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		query      string
		page, size int
		want       string
		next       bool
	}{
		{"", 0, 10, guest.User.Name + ",Nr. 3 100%,Nr. 2 100%,Nr. 1 100%,Nr. 0 100%,mina", false},
		{"", 1, 2, "Nr. 2 100%,Nr. 1 100%", true},
		{"", 2, 2, "Nr. 0 100%,mina", false},
		{"", 3, 2, "", false},
		{" MIN", 0, 10, "mina", false},
		{"nR. 2", 0, 10, "Nr. 2 100%", false},
		{"user_3", 0, 10, "Nr. 3 100%", false},
		{"_", 0, 1, "Nr. 3 100%", true},
		{"%", 0, 2, "Nr. 3 100%,Nr. 2 100%", true},
		{"100%", 1, 3, "Nr. 0 100%", false},
		{"r%3", 0, 10, "", false},
		{"jun", 0, 10, guest.User.Name, false},
		{"!", 0, 10, "", false},
		{"'; --", 0, 10, "", false},
	} {
		page, err := d.Users(t.Context(), admin, row.query, row.page, row.size)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, u := range page.Users {
			names = append(names, u.Name)
		}
		if got := strings.Join(names, ","); got != row.want || page.HasNext != row.next {
			t.Errorf("%q, page %d of %d: %s (next %v), want %s (%v)", row.query, row.page, row.size, got, page.HasNext, row.want, row.next)
		}
	}
	for _, bad := range [][2]int{{-1, 10}, {0, 0}, {0, 101}, {1e9, 100}} {
		_, err := d.Users(t.Context(), admin, "", bad[0], bad[1])
		d.wantCode(fmt.Sprint(bad), hubbub.CodeBadRequest, err)
	}
	_, err := d.Users(t.Context(), token.Identity{User: guest.User.ID, Roles: []string{"guest"}}, "", 0, 10)
	d.wantCode("a banned guest", hubbub.CodeBanned, err)
	n := 0
	for _, err := range d.All(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 6 {
		t.Errorf("an operator sees %d", n)
	}
}
