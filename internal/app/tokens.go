package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/account/oidc"
	"github.com/hubbub-live/hubbub/internal/httpapi"
	"github.com/hubbub-live/hubbub/internal/token"
)

// watchedKeys are the keys of the API: void tokens are not verified.
type watchedKeys struct {
	*account.Watch
	keys *token.Keys
}

// JWKS is httpapi.Keys'.
func (k watchedKeys) JWKS() []byte { return k.keys.JWKS() }

// openWatch reads which tokens are void. It comes before whatever verifies some.
func (a *App) openWatch(ctx context.Context, s *stores, p *parts) error {
	p.watch = account.NewWatch(s.keys, s.meta, account.WatchOptions{OnRevoke: p.revoked, Logger: a.log, Metrics: a.registry})
	return p.watch.Load(ctx)
}

// runWatch keeps it up to date; it comes after what is told of it.
func (a *App) runWatch(p *parts) {
	a.run("the watch over tokens", p.watch.Run)
	a.health.Add("tokens", checkOf(p.watch.Healthy))
}

// revoked ends the sessions here that are to end, and blanks what the erased said
// in the rooms that are loaded here.
func (p *parts) revoked(list []account.Revocation) {
	if p.chat != nil {
		p.chat.EndWhere(p.watch.Why)
	}
	for _, r := range list {
		if r.Reason == account.ReasonErased && p.hub != nil {
			p.hub.Erase(r.User)
		}
	}
}

// hostErased has the streams looked up anew whose host was erased, and their viewers
// told that they have ended.
func (p *parts) hostErased(streams []hubbub.StreamID) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, id := range streams {
		if p.streams.Announce(ctx, "", id) != nil { // a copy that is old for half a minute is all that comes of it
			p.directory.Forget(id)
		}
	}
}

// oidcOptions are what a provider is to a site at a URL.
func (o *Options) oidcOptions(url string) oidc.Options {
	return oidc.Options{
		Issuer: o.OIDCIssuer, ClientID: o.OIDCClientID, ClientSecret: o.OIDCClientSecret,
		Callback: strings.TrimSuffix(url, "/") + "/api/v1/users/oidc/" + httpapi.OIDCProvider + "/callback",
	}
}

// checkOIDC says what is wrong with the provider, if one is named.
func (o *Options) checkOIDC() error {
	if o.OIDCIssuer == "" {
		return nil
	}
	if _, err := oidc.New(o.oidcOptions("http://127.0.0.1")); err != nil {
		return fmt.Errorf("--oidc-issuer, --oidc-client-id: %w", err)
	}
	return nil
}

// openOIDC makes the provider that people may sign in by, if one is named.
func (a *App) openOIDC(s *stores, p *parts) error {
	if a.o.OIDCIssuer == "" {
		return nil
	}
	provider, err := oidc.New(a.o.oidcOptions(a.URL()))
	if err != nil {
		return err
	}
	p.oidc = account.NewOIDC(p.accounts, provider, s.cache)
	return nil
}

// serveTokens adds what the API offers to bots, and by a provider.
func (a *App) serveTokens(o *httpapi.Options, p *parts) {
	o.Bots = p.accounts
	if p.oidc != nil {
		o.OIDC = p.oidc
		o.Site.OIDC = []httpapi.Provider{{ID: httpapi.OIDCProvider, Name: a.o.OIDCName}}
	}
}
