package httpapi

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
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
	"github.com/hubbub-live/hubbub/internal/token"
)

func (s *site) guest(name string) SignedIn {
	s.t.Helper()
	text, err := json.Marshal(map[string]string{"name": name})
	s.must(err)
	return get[SignedIn](s, request{path: "/api/v1/users/guest", body: string(text)})
}

func refreshBody(refresh string) string { return fmt.Sprintf(`{"refreshToken":%q}`, refresh) }

func TestGuestSignsIn(t *testing.T) {
	s := newSite(t, nil)
	a := s.do(request{path: "/api/v1/users/guest", body: `{"name":"Mina","color":"ignored"}`})
	shape := regexp.MustCompile(`^{"accessToken":"[^"]+","refreshToken":"[^"]+","user":{"id":"g-[a-z2-7]+","name":"Mina#\d{4}","profileImageUrl":"","roles":\["guest"\]}}\s*$`)
	if a.StatusCode != http.StatusOK || !shape.MatchString(a.body) || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s %v %s", a.Status, a.Header, a.body)
	}
	guest := s.guest("준 <script>")
	who, err := s.keys.Verify(guest.AccessToken)
	if err != nil || who.User != guest.User.ID || who.Name != guest.User.Name || !strings.HasPrefix(who.Name, "준 <script>#") {
		t.Errorf("the token says %+v, %v", who, err)
	}
	me := get[User](s, request{path: "/api/v1/users/me", token: guest.AccessToken})
	if me.ID != guest.User.ID || me.Name != guest.User.Name || !slices.Equal(me.Roles, []string{"guest"}) {
		t.Errorf("me is %+v", me)
	}
}

func TestMeOfAnotherSystem(t *testing.T) {
	s := newSite(t, nil)
	me := get[User](s, request{path: "/api/v1/users/me", token: s.token("elsewhere-7", "admin")})
	if me.ID != "elsewhere-7" || me.Name != "name of elsewhere-7" || !slices.Equal(me.Roles, []string{"admin"}) {
		t.Errorf("%+v", me)
	}
}

func TestRefreshAndLogout(t *testing.T) {
	s := newSite(t, nil)
	guest := s.guest("Mina")
	next := get[Tokens](s, request{path: "/api/v1/users/reissue", body: refreshBody(guest.RefreshToken)})
	if who, err := s.keys.Verify(next.AccessToken); err != nil || who.User != guest.User.ID || next.RefreshToken == guest.RefreshToken {
		t.Errorf("%+v, %v", who, err)
	}
	a := s.do(request{path: "/api/v1/users/logout", body: refreshBody(next.RefreshToken)})
	if a.StatusCode != http.StatusNoContent || a.body != "" {
		t.Errorf("logout: %s %s", a.Status, a.body)
	}
	if user := <-s.signed; user != guest.User.ID {
		t.Errorf("the sessions of %s end", user)
	}
	s.wantRefused("signed out", hubbub.CodeTokenInvalid, request{path: "/api/v1/users/reissue", body: refreshBody(next.RefreshToken)})

	stolen := s.guest("Jun")
	next = get[Tokens](s, request{path: "/api/v1/users/reissue", body: refreshBody(stolen.RefreshToken)})
	s.wantRefused("used before", hubbub.CodeTokenInvalid, request{path: "/api/v1/users/reissue", body: refreshBody(stolen.RefreshToken)})
	s.wantRefused("its successor", hubbub.CodeTokenInvalid, request{path: "/api/v1/users/reissue", body: refreshBody(next.RefreshToken)})
}

func TestUserRefusals(t *testing.T) {
	s := newSite(t, nil)
	guest := "/api/v1/users/guest"
	for _, row := range []struct {
		why  string
		code hubbub.Code
		r    request
	}{
		{"no body", hubbub.CodeBodyInvalid, request{method: "POST", path: guest}},
		{"no JSON", hubbub.CodeBodyInvalid, request{path: guest, body: `{"name":`}},
		{"not an object", hubbub.CodeBodyInvalid, request{path: guest, body: `["Mina"]`}},
		{"null", hubbub.CodeBodyInvalid, request{path: guest, body: `null`}},
		{"two values", hubbub.CodeBodyInvalid, request{path: guest, body: `{"name":"a"}{"name":"b"}`}},
		{"no name", hubbub.CodeBodyInvalid, request{path: guest, body: `{}`}},
		{"a name that is no text", hubbub.CodeBodyInvalid, request{path: guest, body: `{"name":7}`}},
		{"a name that is not there", hubbub.CodeBodyInvalid, request{path: guest, body: `{"name":null}`}},
		{"not UTF-8", hubbub.CodeBodyInvalid, request{path: guest, body: "{\"name\":\"\xff\"}"}},
		{"not JSON by its own word", hubbub.CodeBodyInvalid, request{path: guest, body: `name=Mina`, header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}},
		{"too large", hubbub.CodeTooLarge, request{path: guest, body: `{"name":"` + strings.Repeat("x", maxBody) + `"}`}},
		{"deeper than a body can be", hubbub.CodeBodyInvalid, request{path: guest, body: strings.Repeat("[", 10_000)}},
		{"an empty name", hubbub.CodeNameInvalid, request{path: guest, body: `{"name":" "}`}},
		{"a long name", hubbub.CodeNameInvalid, request{path: guest, body: `{"name":"` + strings.Repeat("가", 33) + `"}`}},
		{"an invisible name", hubbub.CodeNameInvalid, request{path: guest, body: `{"name":"\u200b"}`}},
		{"a name that turns the text around", hubbub.CodeNameInvalid, request{path: guest, body: `{"name":"a\u202eb"}`}},
		{"a name with NUL", hubbub.CodeNameInvalid, request{path: guest, body: `{"name":"a\u0000"}`}},
		{"half a character", hubbub.CodeNameInvalid, request{path: guest, body: `{"name":"` + strings.Repeat(`\u0301`, 3) + `"}`}},
		{"no refresh token", hubbub.CodeBodyInvalid, request{path: "/api/v1/users/reissue", body: `{}`}},
		{"a made up refresh token", hubbub.CodeTokenInvalid, request{path: "/api/v1/users/reissue", body: `{"refreshToken":"x"}`}},
		{"a long refresh token", hubbub.CodeBodyInvalid, request{path: "/api/v1/users/reissue", body: refreshBody(strings.Repeat("x", 201))}},
		{"a made up refresh token", hubbub.CodeTokenInvalid, request{path: "/api/v1/users/logout", body: `{"refreshToken":"x"}`}},
		{"who am I, without a token", hubbub.CodeTokenRequired, request{path: "/api/v1/users/me"}},
		{"another method", hubbub.CodeUnsupported, request{method: "PUT", path: guest}},
		{"no such path", hubbub.CodeNotFound, request{path: "/api/v1/users/a/nothing", body: `{}`}},
	} {
		t.Run(row.why, func(t *testing.T) {
			s.t = t
			s.wantRefused(row.why, row.code, row.r)
		})
	}
}

// TestTokens: wherever a token is read, a bad one is refused, also where none is
// needed.
func TestTokens(t *testing.T) {
	s := newSite(t, nil)
	other, err := token.Open(t.TempDir(), true)
	s.must(err)
	shared, err := token.FromSecret([]byte(strings.Repeat("s", 64)))
	s.must(err)
	mint := func(keys *token.Keys) string {
		text, err := keys.Mint(token.Identity{User: "u"}, time.Minute)
		s.must(err)
		return text
	}
	expired := mint(s.keys.WithClock(func() time.Time { return time.Now().Add(-time.Hour) }))
	good := s.token("u")
	head, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	encode := base64.RawURLEncoding.EncodeToString
	// The classic: the public key, which everybody has, as the secret of an HMAC.
	confused := encode([]byte(`{"alg":"HS512","typ":"JWT"}`)) + "." + payload
	mac := hmac.New(sha512.New, s.keys.JWKS())
	mac.Write([]byte(confused))
	for _, row := range []struct {
		why, header string
		code        hubbub.Code
	}{
		{"expired", "Bearer " + expired, hubbub.CodeTokenExpired},
		{"another key", "Bearer " + mint(other), hubbub.CodeTokenInvalid},
		{"another algorithm", "Bearer " + mint(shared), hubbub.CodeTokenInvalid},
		{"the public key as a secret", "Bearer " + confused + "." + encode(mac.Sum(nil)), hubbub.CodeTokenInvalid},
		{"algorithm none", "Bearer " + encode([]byte(`{"alg":"none"}`)) + "." + payload + ".", hubbub.CodeTokenInvalid},
		{"algorithm nOnE", "Bearer " + encode([]byte(`{"alg":"nOnE"}`)) + "." + payload + "." + signature, hubbub.CodeTokenInvalid},
		{"no signature", "Bearer " + head + "." + payload, hubbub.CodeTokenInvalid},
		{"another's claims", "Bearer " + head + "." + encode([]byte(`{"sub":"admin","exp":9999999999}`)) + "." + signature, hubbub.CodeTokenInvalid},
		{"no token", "Bearer ", hubbub.CodeTokenInvalid},
		{"another scheme", "Basic " + good, hubbub.CodeTokenInvalid},
		{"far too long", "Bearer " + strings.Repeat("x", 9<<10), hubbub.CodeTokenInvalid},
	} {
		t.Run(row.why, func(t *testing.T) {
			s.t = t
			header := http.Header{"Authorization": {row.header}}
			s.wantRefused("me", row.code, request{path: "/api/v1/users/me", header: header})
			s.wantRefused("enter", row.code, request{path: "/api/v1/streams/enter", body: `{"streamId":"1"}`, header: header})
			s.wantRefused("history", row.code, request{path: "/api/v1/streams/1/messages", header: header})
		})
	}
}

func TestGuestRate(t *testing.T) {
	s := newSite(t, func(o *Options) { proxied(o); o.GuestRate = 3 })
	sign := func(address string) request {
		return request{path: "/api/v1/users/guest", body: `{"name":"x"}`, header: from(address)}
	}
	for _, address := range []string{"203.0.113.9", "203.0.113.9", "6.6.6.6, 203.0.113.9"} {
		if a := s.do(sign(address)); a.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", a.Status, a.body)
		}
	}
	a := s.wantRefused("the fourth in a minute", hubbub.CodeRateLimited, sign("203.0.113.9"))
	if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 20 {
		t.Errorf("Retry-After: %q", a.Header.Get("Retry-After"))
	}
	s.wantRefused("a claim that the proxy did not make", hubbub.CodeRateLimited, sign("127.0.0.1, 203.0.113.9"))
	for why, address := range map[string]string{"another address": "203.0.113.10", "IPv6": "2001:db8::1"} {
		if a := s.do(sign(address)); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", why, a.Status)
		}
	}
	for range 2 {
		s.do(sign("2001:db8::2"))
	}
	s.wantRefused("the same household", hubbub.CodeRateLimited, sign("2001:db8::ffff:1"))
	for range 10 { // this machine itself is exempt
		s.guest("x")
	}
}

func TestGuestsOff(t *testing.T) {
	s := newSite(t, nil)
	off := newSite(t, func(o *Options) { o.Accounts = account.New(s.meta, s.keys, account.Options{GuestsOff: true}) })
	off.wantRefused("no guests", hubbub.CodeGuestsOff, request{path: "/api/v1/users/guest", body: `{"name":"Mina"}`})
}

func TestUsersWithoutAStore(t *testing.T) {
	s := newSite(t, nil)
	s.must(s.meta.Close())
	a := s.wantRefused("a guest", hubbub.CodeUnavailable, request{path: "/api/v1/users/guest", body: `{"name":"Mina"}`})
	if a.Header.Get("Retry-After") == "" || strings.Contains(a.body, "sql") {
		t.Errorf("%v %s", a.Header, a.body)
	}
	if !strings.Contains(s.said.String(), "sql: database is closed") {
		t.Errorf("the operator does not learn why: %s", s.said)
	}
}
