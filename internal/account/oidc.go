package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account/oidc"
	"github.com/hubbub-live/hubbub/internal/cache"
)

// How long a person may take at the provider, and the page for the rest.
const (
	attemptTTL = 10 * time.Minute
	returnTTL  = time.Minute
)

// A Provider knows who people are elsewhere; *oidc.Provider is one.
type Provider interface {
	Begin(ctx context.Context) (oidc.Attempt, string, error)
	Finish(ctx context.Context, a oidc.Attempt, answer oidc.Answer) (oidc.Person, error)
}

// OIDC signs people in by a provider. A sign-in belongs to the browser tab that
// began it: it made a secret and gave its hash, and only the secret makes a
// session of what comes back. What is under way is in the cache: it may come back
// to another server.
type OIDC struct {
	accounts *Service
	provider Provider
	cache    cache.Cache
}

// NewOIDC makes an OIDC that signs in to accounts.
func NewOIDC(accounts *Service, provider Provider, cache cache.Cache) *OIDC {
	return &OIDC{accounts: accounts, provider: provider, cache: cache}
}

// attempt is what is kept while somebody is at the provider.
type attempt struct {
	oidc.Attempt
	Bind string `json:"bind"`
}

// returned is what is kept of somebody who came back.
type returned struct {
	oidc.Person
	Bind string `json:"bind"`
}

// Login begins a sign-in and returns where to send the browser. bind is the
// SHA-256 of the page's secret, in base64url without padding.
func (o *OIDC) Login(ctx context.Context, bind string) (where string, err error) {
	if hash, err := base64.RawURLEncoding.Strict().DecodeString(bind); err != nil || len(hash) != sha256.Size {
		return "", hubbub.Refuse(hubbub.CodeBadRequest, "bind has to be the SHA-256 of a secret, in base64url without padding")
	}
	a, where, err := o.provider.Begin(ctx)
	if err != nil {
		return "", err
	}
	return where, o.keep(ctx, "state", a.State, attempt{a, bind}, attemptTTL)
}

// Callback takes what the browser came back with and returns the code that the page
// exchanges, within a minute and once.
func (o *OIDC) Callback(ctx context.Context, state string, answer oidc.Answer) (code string, err error) {
	var a attempt
	if err := o.take(ctx, "state", state, &a, attemptTTL); err != nil {
		return "", err
	}
	p, err := o.provider.Finish(ctx, a.Attempt, answer)
	if err != nil {
		return "", err
	}
	code = rand.Text()
	return code, o.keep(ctx, "code", code, returned{p, a.Bind}, returnTTL)
}

// Exchange signs in whoever came back with code, if secret is the one that the
// sign-in began with. The first time, it makes them an account.
func (o *OIDC) Exchange(ctx context.Context, code, secret string) (Session, error) {
	var r returned
	if err := o.take(ctx, "code", code, &r, returnTTL); err != nil {
		return Session{}, err
	}
	hash := sha256.Sum256([]byte(secret))
	bind := base64.RawURLEncoding.EncodeToString(hash[:])
	if subtle.ConstantTimeCompare([]byte(bind), []byte(r.Bind)) == 0 {
		return Session{}, errAttempt
	}
	return o.accounts.identified(ctx, r.Person)
}

var errAttempt = hubbub.Refuse(hubbub.CodeOIDCFailed, "this sign-in was not begun here, is over, or took too long; sign in again")

// keyed is what names something in the cache: chosen here, by rand.Text.
var keyed = regexp.MustCompile(`^[A-Z2-7]{26}$`)

func (o *OIDC) keep(ctx context.Context, kind, name string, value any, ttl time.Duration) error {
	text, err := json.Marshal(value)
	if err != nil { // strings: cannot fail
		panic(err)
	}
	if err := o.cache.Set(ctx, "oidc:"+kind+":"+name, text, ttl); err != nil {
		return unavailable(err)
	}
	return nil
}

// take reads what was kept under a name, for the one who is first to ask.
func (o *OIDC) take(ctx context.Context, kind, name string, value any, ttl time.Duration) error {
	if !keyed.MatchString(name) {
		return errAttempt
	}
	key := "oidc:" + kind + ":" + name
	text, ok, err := o.cache.Get(ctx, key)
	if err != nil {
		return unavailable(err)
	}
	if !ok {
		return errAttempt
	}
	_, first, err := o.cache.Add(ctx, key+":taken", nil, ttl)
	switch {
	case err != nil:
		return unavailable(err)
	case !first:
		return errAttempt
	}
	if err := o.cache.Delete(ctx, key); err != nil {
		return unavailable(err)
	}
	if err := json.Unmarshal(text, value); err != nil {
		return hubbub.AsError(fmt.Errorf("read a sign-in under way: %w", err))
	}
	return nil
}
