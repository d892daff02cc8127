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

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/token"
)

// A Minter signs access tokens; *token.Keys is one.
type Minter interface {
	Mint(id token.Identity, ttl time.Duration) (string, error)
}

// When to come back.
const (
	retryStore = 2 * time.Second
	retryBusy  = 3 * time.Second // as long as the queue of passwords is, about
)

// Options say how people sign in. The zero value is good.
type Options struct {
	GuestsOff  bool             // nobody gets in as a guest any more
	SignupOff  bool             // accounts are made by operators alone
	AccessTTL  time.Duration    // of access tokens; 0: 15 minutes
	RefreshTTL time.Duration    // of refresh tokens, from their last use; 0: 30 days
	Now        func() time.Time // nil: time.Now
	Logger     *slog.Logger     // nil: nowhere
	Archive    Eraser           // of what erased users said; nil: none
	// OnRevoke is told of tokens that are void, and whose sessions are to end; a
	// Watch's Note. It must not block.
	OnRevoke func(...Revocation)
	// OnErase is told of streams whose host was erased. It must not block.
	OnErase func([]hubbub.StreamID)
	// OnBan is told of users who were banned, and what to tell them. It must not block.
	OnBan   func(hubbub.UserID, Ban, *hubbub.Error)
	Metrics prometheus.Registerer // nil: not shown
}

// A Service signs people in. Its methods may be called concurrently; their
// errors are *hubbub.Error.
type Service struct {
	store  Store
	minter Minter
	hasher *hasher
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
	if o.Archive == nil {
		o.Archive = noArchive{}
	}
	if o.OnRevoke == nil {
		o.OnRevoke = func(...Revocation) {}
	}
	if o.OnErase == nil {
		o.OnErase = func([]hubbub.StreamID) {}
	}
	if o.OnBan == nil {
		o.OnBan = func(hubbub.UserID, Ban, *hubbub.Error) {}
	}
	s := &Service{store: store, minter: minter, hasher: newHasher(hashSlots()), o: o}
	s.hasher.measure(o.Metrics)
	return s
}

// Describe returns what is known of the holder of a valid token: the account,
// or, for tokens of other systems, what the token says. The banned are refused.
func (s *Service) Describe(ctx context.Context, id token.Identity) (User, []string, error) {
	u, err := s.store.User(ctx, id.User)
	switch {
	case errors.Is(err, ErrNotFound):
		return stranger(id), id.Roles, nil
	case err != nil:
		return User{}, nil, unavailable(err)
	case u.Ban.Holds(s.o.Now()):
		return User{}, nil, u.Ban.refusal(s.o.Now())
	case u.Kind == KindOther:
		return stranger(id), id.Roles, nil
	}
	return u, u.Roles(), nil
}

// stranger is somebody of another system.
func stranger(id token.Identity) User {
	return User{ID: id.User, Name: id.Name, Picture: id.Picture}
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
		s.o.Logger.Warn("sweep guests, refresh tokens and codes", "err", err)
	case swept > 0:
		s.o.Logger.Info("swept guests, refresh tokens and codes", "rows", swept)
	}
}

// orUnavailable leaves refusals as they are; all else means that the store cannot
// be used.
func orUnavailable(err error) error {
	var refusal *hubbub.Error
	if err == nil || errors.As(err, &refusal) {
		return err
	}
	return unavailable(err)
}

func unavailable(err error) error {
	return &hubbub.Error{
		Code: hubbub.CodeUnavailable, Message: "accounts cannot be reached now; try again in a moment",
		RetryAfter: retryStore, Err: err,
	}
}
