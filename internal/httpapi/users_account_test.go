package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
)

const secret = "correct horse"

func credentials(username, password string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, username, password)
}

func (s *site) signUp(username string) SignedIn {
	s.t.Helper()
	return get[SignedIn](s, request{path: "/api/v1/users/signup", body: credentials(username, secret)})
}

// admin is an account with the role, by the way that the first one takes.
func (s *site) admin(username string) SignedIn {
	s.t.Helper()
	code, err := s.accounts.OfferClaim(s.t.Context())
	s.must(err)
	return get[SignedIn](s, request{path: "/api/v1/users/claim", body: fmt.Sprintf(`{"code":%q,"username":%q,"password":%q,"name":"The Admin"}`, code, username, secret)})
}

func TestSignUpAndLogIn(t *testing.T) {
	s := newSite(t, nil)
	a := s.do(request{path: "/api/v1/users/signup", body: `{"username":"Mina","password":"correct horse","name":"미나"}`})
	shape := regexp.MustCompile(`^{"accessToken":"[^"]+","refreshToken":"[^"]+","user":{"id":"u-[a-z2-7]+","name":"미나","profileImageUrl":"","username":"mina","roles":\[\]}}\s*$`)
	if a.StatusCode != http.StatusOK || !shape.MatchString(a.body) || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s %v %s", a.Status, a.Header, a.body)
	}
	in := get[SignedIn](s, request{path: "/api/v1/users/login", body: credentials("MINA", secret)})
	me := get[User](s, request{path: "/api/v1/users/me", token: in.AccessToken})
	if me.Username != "mina" || me.Name != "미나" || me.ID != in.User.ID {
		t.Errorf("%+v", me)
	}
	a = s.wantRefused("a wrong password", hubbub.CodeCredentialsInvalid, request{path: "/api/v1/users/login", body: credentials("mina", "wrong horse")})
	b := s.wantRefused("an unknown username", hubbub.CodeCredentialsInvalid, request{path: "/api/v1/users/login", body: credentials("nobody", "wrong horse")})
	if a.body != b.body {
		t.Errorf("told apart:\n%s\n%s", a.body, b.body)
	}
}

func TestAccountRefusals(t *testing.T) {
	s := newSite(t, nil)
	mina, guest := s.signUp("mina"), s.guest("Jun")
	signup, login, me := "/api/v1/users/signup", "/api/v1/users/login", "/api/v1/users/me"
	for _, row := range []struct {
		why  string
		code hubbub.Code
		r    request
	}{
		{"no body", hubbub.CodeBodyInvalid, request{method: "POST", path: signup}},
		{"no password", hubbub.CodeBodyInvalid, request{path: signup, body: `{"username":"jun"}`}},
		{"a password that is no text", hubbub.CodeBodyInvalid, request{path: signup, body: `{"username":"jun","password":12345678}`}},
		{"a password of 10,000 characters", hubbub.CodeBodyInvalid, request{path: signup, body: credentials("jun", strings.Repeat("x", 10_000))}},
		{"a bad username", hubbub.CodeUsernameInvalid, request{path: signup, body: credentials("j", secret)}},
		{"a taken username", hubbub.CodeUsernameTaken, request{path: signup, body: credentials("mina", secret)}},
		{"a taken name", hubbub.CodeNameTaken, request{path: signup, body: credentials("rnina", secret)}},
		{"a bad name", hubbub.CodeNameInvalid, request{path: signup, body: `{"username":"jun","password":"correct horse","name":"a\u202eb"}`}},
		{"a bad password", hubbub.CodePasswordInvalid, request{path: signup, body: credentials("jun", "1234567")}},
		{"a login without a password", hubbub.CodeBodyInvalid, request{path: login, body: `{"username":"mina"}`}},
		{"a login with null", hubbub.CodeBodyInvalid, request{path: login, body: `{"username":"mina","password":null}`}},
		{"a made up claim", hubbub.CodeCodeInvalid, request{path: "/api/v1/users/claim", body: `{"code":"x","username":"jun","password":"correct horse"}`}},
		{"a made up reset", hubbub.CodeCodeInvalid, request{path: "/api/v1/users/reset", body: `{"code":"x","password":"correct horse"}`}},
		{"a profile of nobody", hubbub.CodeTokenRequired, request{method: "PATCH", path: me, body: `{"name":"x"}`}},
		{"a profile of a guest", hubbub.CodeAccountsOnly, request{method: "PATCH", path: me, body: `{"name":"x"}`, token: guest.AccessToken}},
		{"a script as a picture", hubbub.CodeBadRequest, request{method: "PATCH", path: me, body: `{"profileImageUrl":"javascript:x"}`, token: mina.AccessToken}},
		{"a name that is no text", hubbub.CodeBodyInvalid, request{method: "PATCH", path: me, body: `{"name":7}`, token: mina.AccessToken}},
		{"a password change of nobody", hubbub.CodeTokenRequired, request{path: me + "/password", body: `{"currentPassword":"x","newPassword":"correct horse"}`}},
		{"with a wrong password", hubbub.CodeCredentialsInvalid, request{path: me + "/password", body: `{"currentPassword":"x","newPassword":"correct horse"}`, token: mina.AccessToken}},
		{"the list for a user", hubbub.CodeForbidden, request{path: "/api/v1/users", token: mina.AccessToken}},
		{"the list for nobody", hubbub.CodeTokenRequired, request{path: "/api/v1/users"}},
		{"a ban by a user", hubbub.CodeForbidden, request{path: "/api/v1/users/x/ban", body: `{"reason":""}`, token: mina.AccessToken}},
		{"a ban by nobody", hubbub.CodeTokenRequired, request{path: "/api/v1/users/x/ban", body: `{"reason":""}`}},
		{"a lift by a user", hubbub.CodeForbidden, request{method: "DELETE", path: "/api/v1/users/x/ban", token: mina.AccessToken}},
		{"a role by a user", hubbub.CodeForbidden, request{method: "PATCH", path: "/api/v1/users/" + string(mina.User.ID), body: `{"admin":true}`, token: mina.AccessToken}},
	} {
		t.Run(row.why, func(t *testing.T) {
			s.t = t
			s.wantRefused(row.why, row.code, row.r)
		})
	}
	s.t = t
	off := newSite(t, func(o *Options) { o.Accounts = account.New(s.meta, s.keys, account.Options{SignupOff: true}) })
	off.wantRefused("turned off", hubbub.CodeSignupOff, request{path: signup, body: credentials("jun", secret)})
}

func TestProfileAndPassword(t *testing.T) {
	s := newSite(t, nil)
	mina := s.signUp("mina")
	u := get[User](s, request{method: "PATCH", path: "/api/v1/users/me", body: `{"name":"Mina K","profileImageUrl":"https://p.example/1.png"}`, token: mina.AccessToken})
	if u.Name != "Mina K" || u.ProfileImageURL != "https://p.example/1.png" || u.Username != "mina" {
		t.Errorf("%+v", u)
	}
	if u = get[User](s, request{method: "PATCH", path: "/api/v1/users/me", body: `{}`, token: mina.AccessToken}); u.Name != "Mina K" {
		t.Errorf("nothing changes it to %+v", u)
	}
	next := get[SignedIn](s, request{path: "/api/v1/users/me/password", body: `{"currentPassword":"correct horse","newPassword":"another horse"}`, token: mina.AccessToken})
	if user := <-s.signed; user != mina.User.ID {
		t.Errorf("the sessions of %s end", user)
	}
	s.wantRefused("signed in before", hubbub.CodeTokenInvalid, request{path: "/api/v1/users/reissue", body: refreshBody(mina.RefreshToken)})
	get[Tokens](s, request{path: "/api/v1/users/reissue", body: refreshBody(next.RefreshToken)})

	code, err := s.accounts.OfferReset(t.Context(), "mina")
	s.must(err)
	body := fmt.Sprintf(`{"code":%q,"password":"a third horse"}`, code)
	if in := get[SignedIn](s, request{path: "/api/v1/users/reset", body: body}); in.User.ID != mina.User.ID {
		t.Errorf("%+v", in)
	}
	s.wantRefused("used", hubbub.CodeCodeInvalid, request{path: "/api/v1/users/reset", body: body})
	get[SignedIn](s, request{path: "/api/v1/users/login", body: credentials("mina", "a third horse")})
}

func TestWrongPasswordsAreLimited(t *testing.T) {
	s := newSite(t, stopped) // or on a slow machine a try would be due again
	s.signUp("mina")
	try := func(username, password, address string) request {
		return request{path: "/api/v1/users/login", body: credentials(username, password), header: from(address)}
	}
	for i := range wrongByAddress + 1 { // who knows it is not limited
		if a := s.do(try("mina", secret, "203.0.113.1")); a.StatusCode != http.StatusOK {
			t.Fatalf("number %d: %s %s", i+1, a.Status, a.body)
		}
	}
	for i := range wrongByAccount { // from many addresses
		s.wantRefused("wrong", hubbub.CodeCredentialsInvalid, try("Mina", "wrong horse", fmt.Sprint("203.0.113.", 100+i)))
	}
	a := s.wantRefused("one too many for the account", hubbub.CodeRateLimited, try("mina", "wrong horse", "203.0.113.200"))
	if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 60/wrongByAccount {
		t.Errorf("Retry-After: %q", a.Header.Get("Retry-After"))
	}
	s.wantRefused("also for who knows it", hubbub.CodeRateLimited, try("mina", secret, "203.0.113.1"))
	for i := range wrongByAddress { // of many accounts
		s.wantRefused("wrong", hubbub.CodeCredentialsInvalid, try(fmt.Sprint("nobody", i), "wrong horse", "203.0.113.9"))
	}
	s.wantRefused("one too many from the address", hubbub.CodeRateLimited, try("jun", "wrong horse", "203.0.113.9"))
	s.wantRefused("but not from another", hubbub.CodeCredentialsInvalid, try("jun", "wrong horse", "203.0.113.10"))
}

// stopped is proxied, and it is always noon.
func stopped(o *Options) {
	proxied(o)
	o.Now = func() time.Time { return noon }
}

func TestAGuessedPasswordChangeIsLimited(t *testing.T) {
	s := newSite(t, stopped)
	mina := s.signUp("mina")
	change := request{path: "/api/v1/users/me/password", body: `{"currentPassword":"wrong horse","newPassword":"another horse"}`, token: mina.AccessToken}
	for range wrongByAccount {
		s.wantRefused("wrong", hubbub.CodeCredentialsInvalid, change)
	}
	s.wantRefused("one too many", hubbub.CodeRateLimited, change)
}

// busy turns every login away.
type busy struct{ Accounts }

func (busy) Login(context.Context, string, string) (account.Session, error) {
	return account.Session{}, hubbub.Refuse(hubbub.CodeOverloaded, "too many at once")
}

func TestAFloodIsNotLogged(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Accounts = busy{o.Accounts} })
	for range 2 * wrongByAccount { // nor does it count as a wrong password
		s.wantRefused("one of many", hubbub.CodeOverloaded, request{path: "/api/v1/users/login", body: credentials("mina", secret)})
	}
	if said := s.said.String(); said != "" {
		t.Errorf("the operator reads:\n%s", said)
	}
}

func TestSignUpsAreLimited(t *testing.T) {
	s := newSite(t, func(o *Options) { proxied(o); o.GuestRate = 2 })
	for i := range 2 {
		if a := s.do(request{path: "/api/v1/users/signup", body: credentials(fmt.Sprint("user", i), secret), header: from("203.0.113.9")}); a.StatusCode != http.StatusOK {
			t.Fatalf("%s %s", a.Status, a.body)
		}
	}
	s.wantRefused("with guests together", hubbub.CodeRateLimited, request{path: "/api/v1/users/guest", body: `{"name":"x"}`, header: from("203.0.113.9")})
	s.wantRefused("the third", hubbub.CodeRateLimited, request{path: "/api/v1/users/signup", body: credentials("user3", secret), header: from("203.0.113.9")})
}

func TestSite(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Site = Site{Guests: true, Signup: true} })
	want := Site{Guests: true, Signup: true, CreateStreams: "accounts", OIDC: []Provider{}, Version: "1.2.3"}
	look := func() Site { return get[Site](s, request{path: "/api/v1/site"}) }
	same := func(a, b Site) bool {
		oidc := slices.Equal(a.OIDC, b.OIDC)
		a.OIDC, b.OIDC = nil, nil
		return oidc && fmt.Sprint(a) == fmt.Sprint(b)
	}
	if got := look(); !same(got, want) {
		t.Errorf("%+v", got)
	}
	_, err := s.accounts.OfferClaim(t.Context())
	s.must(err)
	if got := look(); !got.Claimable {
		t.Errorf("with a claim: %+v", got)
	}
	s.admin("mina")
	if got := look(); got.Claimable {
		t.Errorf("with an admin: %+v", got)
	}
	s.must(s.meta.Close())
	if got := look(); !same(got, want) {
		t.Errorf("without a store: %+v", got)
	}
}

func TestGoverning(t *testing.T) {
	s := newSite(t, nil)
	admin, troll := s.admin("mina"), s.signUp("troll")
	if !slices.Equal(admin.User.Roles, []string{"admin"}) || admin.User.Name != "The Admin" {
		t.Errorf("%+v", admin.User)
	}
	path := "/api/v1/users/" + string(troll.User.ID)
	banned := get[Account](s, request{path: path + "/ban", body: `{"reason":"spam","seconds":3600}`, token: admin.AccessToken})
	if banned.Ban == nil || banned.Ban.Reason != "spam" || banned.Ban.By != admin.User.ID || banned.Ban.Until == "" || banned.Username != "troll" {
		t.Errorf("%+v", banned)
	}
	if user := <-s.banned; user != troll.User.ID {
		t.Errorf("the sessions of %s end", user)
	}
	a := s.wantRefused("reissue", hubbub.CodeBanned, request{path: "/api/v1/users/reissue", body: refreshBody(troll.RefreshToken)})
	if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait < 3500 || wait > 3600 {
		t.Errorf("Retry-After: %q", a.Header.Get("Retry-After"))
	}
	s.wantRefused("login", hubbub.CodeBanned, request{path: "/api/v1/users/login", body: credentials("troll", secret)})
	s.wantRefused("me", hubbub.CodeBanned, request{path: "/api/v1/users/me", token: troll.AccessToken})

	list := get[AccountList](s, request{path: "/api/v1/users?query=TROLL", token: admin.AccessToken})
	if len(list.Users) != 1 || list.Users[0].Ban == nil || list.HasNext {
		t.Errorf("%+v", list)
	}
	if a := s.do(request{method: "DELETE", path: path + "/ban", token: admin.AccessToken}); a.StatusCode != http.StatusNoContent {
		t.Errorf("%s %s", a.Status, a.body)
	}
	get[Tokens](s, request{path: "/api/v1/users/reissue", body: refreshBody(troll.RefreshToken)})

	if u := get[Account](s, request{method: "PATCH", path: path, body: `{"admin":true}`, token: admin.AccessToken}); !slices.Equal(u.Roles, []string{"admin"}) {
		t.Errorf("%+v", u)
	}
	list = get[AccountList](s, request{path: "/api/v1/users?size=1", token: admin.AccessToken})
	if len(list.Users) != 1 || !list.HasNext {
		t.Errorf("%+v", list)
	}
	for why, r := range map[string]request{
		"an admin":       {path: path + "/ban", body: `{"reason":""}`},
		"oneself":        {path: "/api/v1/users/" + string(admin.User.ID) + "/ban", body: `{"reason":""}`},
		"one's own role": {method: "PATCH", path: "/api/v1/users/" + string(admin.User.ID), body: `{"admin":false}`},
	} {
		r.token = admin.AccessToken
		s.wantRefused(why, hubbub.CodeForbidden, r)
	}
	for why, r := range map[string]request{
		"no time":         {path: path + "/ban", body: `{"reason":"","seconds":0}`},
		"no reason":       {path: path + "/ban", body: `{}`},
		"no role":         {method: "PATCH", path: path, body: `{}`},
		"a role by words": {method: "PATCH", path: path, body: `{"admin":"yes"}`},
	} {
		r.token = admin.AccessToken
		s.wantRefused(why, hubbub.CodeBodyInvalid, r)
	}
	for why, r := range map[string]request{
		"a time beyond all": {path: path + "/ban", body: `{"reason":"","seconds":9223372036854775807}`},
		"a page beyond all": {path: "/api/v1/users?page=9223372036854775807"},
	} {
		r.token = admin.AccessToken
		s.wantRefused(why, hubbub.CodeBadRequest, r)
	}
	s.wantRefused("nobody", hubbub.CodeUserNotFound, request{method: "PATCH", path: "/api/v1/users/nobody", body: `{"admin":true}`, token: admin.AccessToken})
}
