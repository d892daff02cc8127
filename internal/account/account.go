// Package account owns who people are here: users, how they sign in and how they
// stay signed in. It decides; what it decides is kept by a [Store], and tokens
// are minted by whoever holds the key. It knows nothing of HTTP, and the chat
// server knows nothing of it: tokens carry what chat needs.
package account

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/token"
)

// A Minter signs access tokens; *token.Keys is one.
type Minter interface {
	Mint(id token.Identity, ttl time.Duration) (string, error)
}

// Options say how people sign in. The zero value is good.
type Options struct {
	GuestsOff  bool             // nobody gets in as a guest any more
	AccessTTL  time.Duration    // of access tokens; 0: 15 minutes
	RefreshTTL time.Duration    // of refresh tokens, from their last use; 0: 30 days
	Now        func() time.Time // nil: time.Now
	Logger     *slog.Logger     // nil: nowhere
	// OnLogout is told of users whose sessions are to end. It must not block.
	OnLogout func(hubbub.UserID)
}

// A Service signs people in. Its methods may be called concurrently; their
// errors are *hubbub.Error.
type Service struct {
	store  Store
	minter Minter
	o      Options
}

// New makes a service. Nothing runs until Run.
func New(store Store, minter Minter, o Options) *Service {
	o.AccessTTL = cmp.Or(o.AccessTTL, 15*time.Minute)
	o.RefreshTTL = cmp.Or(o.RefreshTTL, 30*24*time.Hour)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnLogout == nil {
		o.OnLogout = func(hubbub.UserID) {}
	}
	return &Service{store: store, minter: minter, o: o}
}

// Describe returns what is known of the holder of a valid token: the account,
// or, for tokens of other systems, what the token says.
func (s *Service) Describe(ctx context.Context, id token.Identity) (User, []string, error) {
	u, err := s.store.User(ctx, id.User)
	switch {
	case errors.Is(err, ErrNotFound):
		return User{ID: id.User, Name: id.Name, Picture: id.Picture}, id.Roles, nil
	case err != nil:
		return User{}, nil, unavailable(err)
	}
	return u, u.Roles(), nil
}

// Run removes what nobody can use any more, at once and then every hour, until
// ctx ends.
func (s *Service) Run(ctx context.Context) error {
	every := time.NewTicker(time.Hour)
	defer every.Stop()
	for {
		s.sweep(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

func (s *Service) sweep(ctx context.Context) {
	now := s.o.Now()
	swept, err := s.store.Sweep(ctx, now, now.Add(-s.o.RefreshTTL))
	switch {
	case err != nil && ctx.Err() == nil: // the next hour will do
		s.o.Logger.Warn("sweep guests and refresh tokens", "err", err)
	case swept > 0:
		s.o.Logger.Info("swept guests and refresh tokens", "rows", swept)
	}
}

func unavailable(err error) error {
	return &hubbub.Error{
		Code: hubbub.CodeUnavailable, Message: "accounts cannot be reached now; try again in a moment",
		RetryAfter: 2 * time.Second, Err: err,
	}
}
