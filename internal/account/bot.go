package account

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/text"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Bounds of tokens for bots.
const (
	MaxBots    = 20  // that a user may have
	MaxBotDays = 365 // that one may be good for

	maxBotName = 64 // user-perceived characters
	// botPrefix begins the jti of tokens that have a row here: other systems' may
	// have a jti too.
	botPrefix = "bot-"
)

// ErrTooMany is returned by a BotStore for a token too many.
var ErrTooMany = errors.New("too many")

// A Bot is a long-lived token that a user made for a program. The token itself is
// shown once and not kept.
type Bot struct {
	ID         string // the token's jti
	User       hubbub.UserID
	Name       string // for the user to know it by
	Scopes     []string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // to a minute or so; zero: never
}

// A BotStore keeps bots, under the terms of a Store.
type BotStore interface {
	// CreateBot adds b, or returns ErrTooMany if its user has most that are good.
	CreateBot(ctx context.Context, b Bot, most int) error
	// Bot returns a bot, or ErrNotFound.
	Bot(ctx context.Context, id string) (Bot, error)
	// Bots returns the bots of a user that are good after now, oldest first.
	Bots(ctx context.Context, user hubbub.UserID, now time.Time) ([]Bot, error)
	// EndBot removes the bot r.Token of r.User and adds r, both or neither, or
	// returns ErrNotFound.
	EndBot(ctx context.Context, r Revocation) error
	// UseBots notes when bots were seen last.
	UseBots(ctx context.Context, seen map[string]time.Time) error
}

// A BotDraft is a bot to be made.
type BotDraft struct {
	Name   string
	Scopes []string // at least one of token's
	Days   int      // 1 to MaxBotDays; 0: as many as there may be
}

// CreateBot makes a bot of an account and returns its token, which cannot be had
// again.
func (s *Service) CreateBot(ctx context.Context, user hubbub.UserID, d BotDraft) (Bot, string, error) {
	if err := d.clean(); err != nil {
		return Bot{}, "", err
	}
	u, err := s.accountOf(ctx, user)
	if err != nil {
		return Bot{}, "", err
	}
	now := s.o.Now()
	b := Bot{
		ID: botPrefix + strings.ToLower(rand.Text()), User: user, Name: d.Name, Scopes: d.Scopes,
		CreatedAt: now, ExpiresAt: now.AddDate(0, 0, d.Days),
	}
	id := token.Identity{User: u.ID, Name: u.Name, Picture: u.Picture, Roles: u.Roles(), ID: b.ID, Scopes: b.Scopes}
	raw, err := s.minter.Mint(id, b.ExpiresAt.Sub(now))
	if err != nil {
		return Bot{}, "", hubbub.AsError(err)
	}
	switch err := s.store.CreateBot(ctx, b, MaxBots); {
	case errors.Is(err, ErrTooMany):
		return Bot{}, "", hubbub.Refuse(hubbub.CodeTooManyTokens, "an account may have %d tokens; revoke one first", MaxBots)
	case err != nil:
		return Bot{}, "", unavailable(err)
	}
	return b, raw, nil
}

// clean makes of d what is kept, or says what is wrong with it.
func (d *BotDraft) clean() error {
	name, err := text.Content(d.Name, text.Limits{Characters: maxBotName})
	if err != nil {
		return hubbub.Refuse(hubbub.CodeBadRequest, "the token's name: %s", hubbub.AsError(err).Message)
	}
	d.Name = name
	if d.Days == 0 {
		d.Days = MaxBotDays
	}
	if d.Days < 1 || d.Days > MaxBotDays {
		return hubbub.Refuse(hubbub.CodeBadRequest, "a token is good for 1 to %d days", MaxBotDays)
	}
	known := []string{token.ScopeRead, token.ScopeSend, token.ScopeModerate}
	asked := d.Scopes
	d.Scopes = slices.DeleteFunc(slices.Clone(known), func(scope string) bool { return !slices.Contains(asked, scope) })
	for _, scope := range asked {
		if !slices.Contains(known, scope) {
			return hubbub.Refuse(hubbub.CodeBadRequest, "there is no scope %.40q; there are %s", scope, strings.Join(known, ", "))
		}
	}
	if len(d.Scopes) == 0 {
		return hubbub.Refuse(hubbub.CodeBadRequest, "a token needs a scope: %s", strings.Join(known, ", "))
	}
	return nil
}

// Bots lists the bots of an account, oldest first.
func (s *Service) Bots(ctx context.Context, user hubbub.UserID) ([]Bot, error) {
	if _, err := s.accountOf(ctx, user); err != nil {
		return nil, err
	}
	bots, err := s.store.Bots(ctx, user, s.o.Now())
	if err != nil {
		return nil, unavailable(err)
	}
	return bots, nil
}

// RevokeBot makes the token of a bot void and ends its sessions, in this process
// at once and elsewhere within seconds. One that is not the user's is not_found.
func (s *Service) RevokeBot(ctx context.Context, user hubbub.UserID, id string) error {
	if _, err := s.accountOf(ctx, user); err != nil {
		return err
	}
	r := s.revocation(user, ReasonRevoked)
	r.Token = id
	switch err := s.store.EndBot(ctx, r); {
	case errors.Is(err, ErrNotFound):
		return hubbub.Refuse(hubbub.CodeNotFound, "you have no token of this id")
	case err != nil:
		return unavailable(err)
	}
	s.o.OnRevoke(r)
	return nil
}

// accountOf returns the account of a user, or accounts_only.
func (s *Service) accountOf(ctx context.Context, user hubbub.UserID) (User, error) {
	u, err := s.store.User(ctx, user)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && u.Kind != KindAccount:
		return User{}, errAccountsOnly
	case err != nil:
		return User{}, unavailable(err)
	}
	return u, nil
}
