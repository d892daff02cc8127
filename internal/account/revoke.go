package account

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/hubbub-live/hubbub"
)

// A Reason is why tokens are void.
type Reason string

// The reasons.
const (
	ReasonSignedOut Reason = "signed_out" // of sign-ins alone: bots go on
	ReasonChanged   Reason = "changed"    // roles in them are not the user's any more; bots come back with the new ones
	ReasonRevoked   Reason = "revoked"    // one token, of a bot
	ReasonErased    Reason = "erased"
)

// longestToken is how long a token may be good for: one of an erased user that was
// minted for longer by hand comes back to life that long after.
const longestToken = 366 * 24 * time.Hour

// A Revocation makes tokens void and ends the sessions that they opened: one
// token, or those of a user that were issued before a time. It is kept for as
// long as such tokens could be good.
type Revocation struct {
	ID     string
	User   hubbub.UserID
	Token  string // its jti; "": all that were issued before Before
	Reason Reason
	Before time.Time
	At     time.Time // when it was noted
	Until  time.Time // none of the tokens is good after it
}

// A RevocationStore keeps revocations, under the terms of a Store.
type RevocationStore interface {
	// Revoke adds revocations, all or none.
	Revoke(ctx context.Context, list ...Revocation) error
	// Revocations returns those noted at since or later that end after now, in
	// the order in which they were noted.
	Revocations(ctx context.Context, since, now time.Time) ([]Revocation, error)
	// SweepTokens removes revocations and tokens of bots that end before now, and
	// returns how many.
	SweepTokens(ctx context.Context, now time.Time) (int64, error)
}

// revocation makes void what was issued to a user before this moment.
func (s *Service) revocation(user hubbub.UserID, why Reason) Revocation {
	now := s.o.Now()
	lasts := longestToken
	if why == ReasonSignedOut || why == ReasonChanged {
		lasts = s.o.AccessTTL + time.Minute // clocks differ
	}
	return Revocation{ID: rand.Text(), User: user, Reason: why, Before: now, At: now, Until: now.Add(lasts)}
}

// revoke makes the access tokens void that a user has now, and ends their sessions:
// in this process at once, elsewhere within seconds. That refresh tokens end too is
// the caller's business.
func (s *Service) revoke(ctx context.Context, user hubbub.UserID, why Reason) error {
	r := s.revocation(user, why)
	if err := s.store.Revoke(ctx, r); err != nil {
		return unavailable(err)
	}
	s.o.OnRevoke(r)
	return nil
}

// mustRevoke is revoke after a change that is made already, also if whoever made it
// has left: if it cannot be stored, it holds in this process alone.
func (s *Service) mustRevoke(ctx context.Context, user hubbub.UserID, why Reason) {
	r := s.revocation(user, why)
	if err := s.store.Revoke(context.WithoutCancel(ctx), r); err != nil {
		s.o.Logger.Error("older tokens are void here and, for as long as they last, good elsewhere", "user", user, "err", err)
	}
	s.o.OnRevoke(r)
}
