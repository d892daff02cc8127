package account_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/account/oidc"
	"github.com/hubbub-live/hubbub/internal/account/oidc/providertest"
	"github.com/hubbub-live/hubbub/internal/cache/localcache"
)

// A foyer is an office with a provider to sign in by.
type foyer struct {
	*office
	there *providertest.Provider
	oidc  *account.OIDC
	cache *localcache.Cache
}

func newFoyer(t *testing.T) *foyer {
	t.Helper()
	f := &foyer{office: newOffice(t), there: providertest.Start(t)}
	f.cache = localcache.New(localcache.Options{Now: f.time})
	t.Cleanup(func() { _ = f.cache.Close() })
	provider, err := oidc.New(oidc.Options{
		Issuer: f.there.URL, ClientID: providertest.ClientID, ClientSecret: providertest.ClientSecret, Callback: "https://chat.example/callback",
	})
	f.must(err)
	f.oidc = account.NewOIDC(f.Service, provider, f.cache)
	return f
}

func bindOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// come goes to the provider as somebody and comes back.
func (f *foyer) come(claims map[string]any, secret string) (code string) {
	f.t.Helper()
	f.there.Set(providertest.Settings{Claims: claims})
	where, err := f.oidc.Login(f.t.Context(), bindOf(secret))
	f.must(err)
	q := f.there.Visit(f.t, where)
	code, err = f.oidc.Callback(f.t.Context(), q.Get("state"), oidc.Answer{Code: q.Get("code")})
	f.must(err)
	return code
}

// enter signs somebody in by the provider.
func (f *foyer) enter(claims map[string]any) account.Session {
	f.t.Helper()
	session, err := f.oidc.Exchange(f.t.Context(), f.come(claims, "secret"), "secret")
	f.must(err)
	return session
}

func (f *foyer) wantFailed(why string, err error) {
	f.t.Helper()
	if err == nil || refusal(err) != hubbub.CodeOIDCFailed {
		f.t.Errorf("%s: %v", why, err)
	}
}

func TestFirstAndNextSignIn(t *testing.T) {
	f := newFoyer(t)
	first := f.enter(map[string]any{"sub": "42", "name": "Mina", "preferred_username": "Mina.K@example.org", "picture": "https://p/mina.png"})
	u := first.User
	if u.Kind != account.KindAccount || u.Name != "Mina" || u.Username != "mina.k" || u.Picture != "https://p/mina.png" {
		t.Errorf("%+v", u)
	}
	f.wantGood("the token", f.watch, first.Access)
	if _, err := f.Reissue(t.Context(), first.Refresh); err != nil {
		t.Errorf("the refresh token: %v", err)
	}
	if next := f.enter(map[string]any{"sub": "42", "name": "Another name"}).User; next.ID != u.ID || next.Name != "Mina" {
		t.Errorf("the same person is %+v", next)
	}
	if other := f.enter(map[string]any{"sub": "43", "name": "mina"}).User; other.ID == u.ID || other.Name != "mina 2" {
		t.Errorf("another person of that name is %+v", other)
	}
	f.must(f.store.SetBan(t.Context(), u.ID, account.Ban{At: f.time()}))
	_, err := f.oidc.Exchange(t.Context(), f.come(map[string]any{"sub": "42"}, "s"), "s")
	if err == nil || refusal(err) != hubbub.CodeBanned {
		t.Errorf("the banned: %v", err)
	}
}

func TestNamesFromElsewhere(t *testing.T) {
	f := newFoyer(t)
	for n, claims := range []map[string]any{
		{}, {"name": ""}, {"name": " \t"}, {"name": "\u202eanim"}, {"name": strings.Repeat("가", 100)}, {"name": "Mina#1234"},
		{"name": "<script>"}, {"name": strings.Repeat("\u0301", 50)}, {"name": "a\x00b"}, {"preferred_username": "관리자"},
		{"preferred_username": strings.Repeat("x", 1000), "picture": "javascript:alert(1)"},
	} {
		claims["sub"] = fmt.Sprint(n)
		u := f.enter(claims).User
		if u.Name == "" || u.Username == "" || u.Picture != "" {
			t.Errorf("%v: %+v", claims, u)
		}
	}
	rapid.Check(t, func(r *rapid.T) { // whatever they are called, they get in
		claims := map[string]any{"sub": rapid.StringMatching(`[a-z]{20}`).Draw(r, "sub"), "name": rapid.String().Draw(r, "name"), "preferred_username": rapid.String().Draw(r, "username")}
		f.enter(claims)
	})
}

// TestOneAccountEach: two first sign-ins of a person at once make one account.
func TestOneAccountEach(t *testing.T) {
	f := newFoyer(t)
	for round := range 5 {
		claims := map[string]any{"sub": fmt.Sprint(round), "name": "Mina"}
		codes := []string{f.come(claims, "s"), f.come(claims, "s"), f.come(claims, "s")}
		users := make(chan hubbub.UserID, len(codes))
		var wg sync.WaitGroup
		for _, code := range codes {
			wg.Go(func() {
				session, err := f.oidc.Exchange(t.Context(), code, "s")
				if err != nil {
					t.Error(err)
				}
				users <- session.User.ID
			})
		}
		wg.Wait()
		close(users)
		one := <-users
		for user := range users {
			if user != one {
				t.Errorf("round %d: %s and %s", round, one, user)
			}
		}
	}
}

func TestSignInsThatAreNotTheirs(t *testing.T) {
	f := newFoyer(t)
	mina := map[string]any{"sub": "42", "name": "Mina"}
	f.there.Set(providertest.Settings{Claims: mina})
	for why, bind := range map[string]string{"none": "", "no hash": "x", "hex": strings.Repeat("ab", 32), "padded": bindOf("s") + "="} {
		if _, err := f.oidc.Login(t.Context(), bind); err == nil || refusal(err) != hubbub.CodeBadRequest {
			t.Errorf("bind, %s: %v", why, err)
		}
	}
	begin := func() (state, code string) {
		where, err := f.oidc.Login(t.Context(), bindOf("hers"))
		f.must(err)
		q := f.there.Visit(t, where)
		return q.Get("state"), q.Get("code")
	}
	callback := func(state, code string) (string, error) {
		return f.oidc.Callback(t.Context(), state, oidc.Answer{Code: code})
	}
	state, code := begin()
	for why, other := range map[string]string{"none": "", "a made-up one": strings.Repeat("A", 26), "a path": "../" + state, "a long one": strings.Repeat("A", 9999)} {
		_, err := callback(other, code)
		f.wantFailed("state, "+why, err)
	}
	_, err := callback(state, "another code")
	f.wantFailed("a code that is not the provider's", err)
	_, err = callback(state, code)
	f.wantFailed("a state that was used", err)
	state, code = begin()
	f.wait(11 * time.Minute)
	_, err = callback(state, code)
	f.wantFailed("too late", err)
	planted, _ := begin()
	_, code = begin()
	_, err = callback(planted, code)
	f.wantFailed("another sign-in's code: PKCE", err)

	exchange := func(code, secret string) error {
		_, err := f.oidc.Exchange(t.Context(), code, secret)
		return err
	}
	f.wantFailed("a thief without the secret", exchange(f.come(mina, "hers"), "the thief's"))
	f.wantFailed("no secret", exchange(f.come(mina, "hers"), ""))
	stolen := f.come(mina, "hers")
	f.must(exchange(stolen, "hers"))
	f.wantFailed("replayed", exchange(stolen, "hers"))
	late := f.come(mina, "hers")
	f.wait(61 * time.Second)
	f.wantFailed("after a minute", exchange(late, "hers"))
	for why, code := range map[string]string{"none": "", "a made-up one": strings.Repeat("A", 26), "a key of the cache": "state:" + strings.Repeat("A", 20)} {
		f.wantFailed("code, "+why, exchange(code, "hers"))
	}
}

// TestOfManyExchangesOneIsGood: also at the same time.
func TestOfManyExchangesOneIsGood(t *testing.T) {
	f := newFoyer(t)
	code := f.come(map[string]any{"sub": "42", "name": "Mina"}, "s")
	good := make(chan account.Session, 8)
	var wg sync.WaitGroup
	for range cap(good) {
		wg.Go(func() {
			session, err := f.oidc.Exchange(t.Context(), code, "s")
			if err == nil {
				good <- session
			} else if refusal(err) != hubbub.CodeOIDCFailed {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(good) != 1 {
		t.Errorf("%d were let in", len(good))
	}
}

func TestWithoutACache(t *testing.T) {
	f := newFoyer(t)
	code := f.come(map[string]any{"sub": "42"}, "s")
	f.must(f.cache.Close())
	_, err := f.oidc.Exchange(t.Context(), code, "s")
	if err == nil || refusal(err) != hubbub.CodeUnavailable {
		t.Errorf("%v", err)
	}
	if _, err := f.oidc.Login(t.Context(), bindOf("s")); err == nil || refusal(err) != hubbub.CodeUnavailable {
		t.Errorf("%v", err)
	}
}
