package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account/oidc"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/text"
)

// How long a person may take at the provider, and the page for the rest.
const (
	attemptTTL = 10 * time.Minute
	returnTTL  = time.Minute
)

// An Identity names somebody at a provider.
type Identity struct {
	Issuer, Subject string
}

// ErrIdentityTaken is returned by a Store for an identity that somebody has.
var ErrIdentityTaken = errors.New("the identity is somebody's")

// An IdentityStore keeps whose identities they are, under the terms of a Store. They
// are made along with their user.
type IdentityStore interface {
	// Identity returns whose identity it is, or ErrNotFound.
	Identity(ctx context.Context, id Identity) (hubbub.UserID, error)
}

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

// identified signs in whom a provider knows.
func (s *Service) identified(ctx context.Context, p oidc.Person) (Session, error) {
	for range 3 { // of two first sign-ins at once, one makes the account and the other finds it
		user, err := s.store.Identity(ctx, Identity{p.Issuer, p.Subject})
		switch {
		case err == nil:
			return s.welcome(ctx, user)
		case !errors.Is(err, ErrNotFound):
			return Session{}, unavailable(err)
		}
		session, err := s.enrol(ctx, p)
		if !errors.Is(err, ErrIdentityTaken) {
			return session, err
		}
	}
	return Session{}, unavailable(ErrIdentityTaken)
}

// welcome signs in to an account whose holder has proved who they are.
func (s *Service) welcome(ctx context.Context, id hubbub.UserID) (Session, error) {
	u, err := s.user(ctx, id)
	switch {
	case err != nil:
		return Session{}, err
	case u.Ban.Holds(s.o.Now()):
		return Session{}, u.Ban.refusal(s.o.Now())
	}
	stored, err := s.store.Password(ctx, id)
	if err != nil {
		return Session{}, missing(err)
	}
	return s.begin(ctx, u, stored, errAttempt)
}

// enrol makes an account for whom a provider knows, under the name that they have
// there, or one like it that is free. The operator who named the provider wants
// its people in: whether others may sign up is another question.
func (s *Service) enrol(ctx context.Context, p oidc.Person) (Session, error) {
	for n := 1; ; n++ {
		u := s.newAccount(usernameLike(p.Username, n), nameLike(p.Name, n))
		if text.Link(p.Picture) {
			u.Picture = p.Picture
		}
		session, family, err := s.signIn(u)
		if err != nil {
			return Session{}, err
		}
		err = s.store.CreateUser(ctx, Newcomer{User: u, Family: family, Identity: Identity{p.Issuer, p.Subject}})
		switch {
		case err == nil:
			return session, nil
		case errors.Is(err, ErrIdentityTaken):
			return Session{}, err
		case !errors.Is(err, ErrNameTaken) && !errors.Is(err, ErrUsernameTaken), n >= 10:
			return Session{}, unavailable(err)
		}
	}
}

// nameLike makes an account's name of one from elsewhere, for the nth try: what
// cannot stand in a name is left out, and it is cut where it is too long.
func nameLike(name string, n int) string {
	suffix := suffix(n, " ")
	runes := slices.DeleteFunc([]rune(strings.ToValidUTF8(name, "")), func(r rune) bool { return !unicode.IsGraphic(r) })
	for length := min(len(runes), 64); length > 0; length-- {
		if made, err := accountName(string(runes[:length]) + suffix); err == nil {
			return made
		}
	}
	return "user" + suffix + " " + strings.ToLower(rand.Text()[:6])
}

var notUsername = regexp.MustCompile(`[^a-z0-9_.-]+`)

// usernameLike makes a username of one from elsewhere, for the nth try. People who
// came by a provider do not need it; an operator does, to name them.
func usernameLike(name string, n int) string {
	name, _, _ = strings.Cut(strings.ToLower(name), "@")
	name = notUsername.ReplaceAllString(name, "")
	name = name[:min(len(name), 20)]
	if len(name) < 3 {
		name = "user-" + strings.ToLower(rand.Text()[:8])
	}
	return name + suffix(n, "-")
}

// suffix tells those of one name apart: the first has none, the next have numbers,
// and from then on it is chance.
func suffix(n int, sep string) string {
	switch {
	case n == 1:
		return ""
	case n < 5:
		return fmt.Sprint(sep, n)
	}
	return sep + strings.ToLower(rand.Text()[:6])
}
