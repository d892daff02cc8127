package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/account/oidc"
	"github.com/hubbub-live/hubbub/internal/account/oidc/providertest"
	"github.com/hubbub-live/hubbub/internal/cache/localcache"
)

const oidcPath = "/api/v1/users/oidc/"

// newFoyer is a site with a provider to sign in by.
func newFoyer(t *testing.T) (*site, *providertest.Provider) {
	there := providertest.Start(t)
	there.Set(providertest.Settings{Claims: map[string]any{"sub": "42", "name": "Mina"}})
	kept := localcache.New(localcache.Options{})
	t.Cleanup(func() { _ = kept.Close() })
	s := newSite(t, func(o *Options) {
		provider, err := oidc.New(oidc.Options{
			Issuer: there.URL, ClientID: providertest.ClientID, ClientSecret: providertest.ClientSecret, Callback: "https://chat.example" + oidcPath + "oidc/callback",
		})
		if err != nil {
			t.Fatal(err)
		}
		o.OIDC = account.NewOIDC(o.Accounts.(*account.Service), provider, kept)
		o.Site.OIDC = []Provider{{ID: OIDCProvider, Name: "Google"}}
	})
	return s, there
}

func bind(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// led follows one redirection and returns where it leads.
func (s *site) led(path string) *url.URL {
	s.t.Helper()
	a := s.do(request{path: path})
	where, err := a.Location()
	if a.StatusCode != http.StatusFound || err != nil || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Set-Cookie") != "" {
		s.t.Fatalf("%s: %s %v %s", path, a.Status, a.Header, a.body)
	}
	return where
}

// fragment is what the page finds behind the # of its address.
func (s *site) fragment(where *url.URL) url.Values {
	s.t.Helper()
	values, err := url.ParseQuery(where.Fragment)
	if err != nil || where.Path != "/signin" || where.RawQuery != "" {
		s.t.Errorf("the page is led to %s", where)
	}
	return values
}

func TestOIDC(t *testing.T) {
	s, there := newFoyer(t)
	site := get[Site](s, request{path: "/api/v1/site"})
	if len(site.OIDC) != 1 || site.OIDC[0] != (Provider{ID: "oidc", Name: "Google"}) {
		t.Errorf("%+v", site)
	}
	where := s.led(oidcPath + "oidc/login?bind=" + bind("a secret"))
	if !strings.HasPrefix(where.String(), there.URL+"/auth?") || strings.Contains(where.String(), bind("a secret")) {
		t.Errorf("people are led to %s", where)
	}
	back := there.Visit(t, where.String())
	page := s.fragment(s.led(oidcPath + "oidc/callback?" + back.Encode()))
	if len(page) != 1 || page.Get("code") == "" || page.Get("code") == back.Get("code") {
		t.Errorf("the page gets %v", page)
	}
	body := fmt.Sprintf(`{"code":%q,"secret":"a secret"}`, page.Get("code"))
	in := get[SignedIn](s, request{path: oidcPath + "exchange", body: body})
	if me := get[User](s, request{path: "/api/v1/users/me", token: in.AccessToken}); me.Name != "Mina" || me.ID != in.User.ID || me.Username == "" {
		t.Errorf("%+v", me)
	}
	s.wantRefused("the code again", hubbub.CodeOIDCFailed, request{path: oidcPath + "exchange", body: body})
}

func TestOIDCRefusals(t *testing.T) {
	s, there := newFoyer(t)
	for why, path := range map[string]string{"no bind": "oidc/login", "a bind that is none": "oidc/login?bind=x"} {
		s.wantRefused(why, hubbub.CodeBadRequest, request{path: oidcPath + path})
	}
	for _, path := range []string{"google/login?bind=" + bind("s"), "google/callback?state=x&code=y"} {
		s.wantRefused("another provider", hubbub.CodeNotFound, request{path: oidcPath + path})
	}
	begin := func() url.Values { return there.Visit(t, s.led(oidcPath+"oidc/login?bind="+bind("s")).String()) }
	lost := func(why string, query url.Values) {
		t.Helper()
		if page := s.fragment(s.led(oidcPath + "oidc/callback?" + query.Encode())); page.Get("error") != string(hubbub.CodeOIDCFailed) || len(page) != 1 {
			t.Errorf("%s: the page gets %v", why, page)
		}
	}
	change := func(name, value string) url.Values {
		query := begin()
		query.Set(name, value)
		return query
	}
	lost("nothing", nil)
	lost("another state", change("state", strings.Repeat("A", 26)))
	lost("another code", change("code", "guessed"))
	lost("another issuer", change("iss", "https://evil.example"))
	lost("a refusal of the provider", change("error", "access_denied"))
	lost("markup", change("error", "<script>alert(1)</script>"))
	used := begin()
	s.led(oidcPath + "oidc/callback?" + used.Encode())
	lost("used before", used)
	there.Set(providertest.Settings{Claims: map[string]any{"sub": "42"}, Alter: func(claims map[string]any) { claims["nonce"] = "planted" }})
	lost("another nonce", begin())
	there.Set(providertest.Settings{Claims: map[string]any{"sub": "42"}, Forge: true})
	lost("a forged token", begin())

	there.Set(providertest.Settings{Claims: map[string]any{"sub": "42"}})
	code := s.fragment(s.led(oidcPath + "oidc/callback?" + begin().Encode())).Get("code")
	for why, body := range map[string]string{
		"another secret": fmt.Sprintf(`{"code":%q,"secret":"stolen"}`, code),
		"a made-up code": `{"code":"x","secret":"s"}`,
	} {
		s.wantRefused(why, hubbub.CodeOIDCFailed, request{path: oidcPath + "exchange", body: body})
	}
	s.wantRefused("no body", hubbub.CodeBodyInvalid, request{path: oidcPath + "exchange", body: `{}`})
}

// TestOIDCAway: the page can say that the provider is away; the rest of the site is
// as it was.
func TestOIDCAway(t *testing.T) {
	s, there := newFoyer(t)
	there.Set(providertest.Settings{Silent: true})
	if page := s.fragment(s.led(oidcPath + "oidc/login?bind=" + bind("s"))); page.Get("error") != string(hubbub.CodeUnavailable) {
		t.Errorf("the page gets %v", page)
	}
	s.guest("Mina")
}

func TestOIDCIsLimited(t *testing.T) {
	there := providertest.Start(t)
	kept := localcache.New(localcache.Options{})
	defer kept.Close()
	s := newSite(t, func(o *Options) {
		proxied(o)
		provider, err := oidc.New(oidc.Options{Issuer: there.URL, ClientID: "x", Callback: "https://chat.example"})
		if err != nil {
			t.Fatal(err)
		}
		o.OIDC = account.NewOIDC(o.Accounts.(*account.Service), provider, kept)
	})
	login := request{path: oidcPath + "oidc/login?bind=" + bind("s"), header: from("203.0.113.7")}
	for range leaveRate {
		if a := s.do(login); a.StatusCode != http.StatusFound {
			t.Fatalf("%s %s", a.Status, a.body)
		}
	}
	if a := s.wantRefused("one too many", hubbub.CodeRateLimited, login); a.Header.Get("Retry-After") == "" {
		t.Errorf("%v", a.Header)
	}
	login.header = from("203.0.113.8")
	if a := s.do(login); a.StatusCode != http.StatusFound {
		t.Errorf("from elsewhere: %s %s", a.Status, a.body)
	}
}
