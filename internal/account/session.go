package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"strings"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/token"
)

// A Session is what somebody who signed in holds: a short-lived access token to
// show everywhere and a refresh token, good once, to get the next pair.
type Session struct {
	Access  string
	Refresh string
	User    User
}

// signIn makes a session of u and the family that it starts; the caller stores it.
func (s *Service) signIn(u User) (Session, Family, error) {
	access, err := s.access(u)
	if err != nil {
		return Session{}, Family{}, err
	}
	now := s.o.Now()
	t := refreshToken{family: rand.Text(), secret: rand.Text()}
	family := Family{ID: t.family, User: u.ID, Hash: t.hash(), CreatedAt: now, ExpiresAt: now.Add(s.o.RefreshTTL)}
	return Session{Access: access, Refresh: t.String(), User: u}, family, nil
}

// begin signs in a user who has proved who they are while their password was stored;
// if it changed meanwhile, the answer is changed.
func (s *Service) begin(ctx context.Context, u User, stored string, changed error) (Session, error) {
	session, family, err := s.signIn(u)
	if err != nil {
		return Session{}, err
	}
	switch err := s.store.BeginFamily(ctx, family, stored); {
	case errors.Is(err, ErrNotFound):
		return Session{}, changed
	case err != nil:
		return Session{}, unavailable(err)
	}
	return session, nil
}

// Reissue exchanges a refresh token for a new session. A token that was
// exchanged before ends its family: either it or its successor was stolen, and
// which of the two comes with it now cannot be told.
func (s *Service) Reissue(ctx context.Context, refresh string) (Session, error) {
	t, err := parseRefresh(refresh)
	if err != nil {
		return Session{}, err
	}
	family, err := s.lasting(ctx, t)
	if err != nil {
		return Session{}, err
	}
	// Everything that can fail comes before the exchange, so that a failure
	// leaves the holder with a good token.
	u, err := s.store.User(ctx, family.User)
	if errors.Is(err, ErrNotFound) {
		return Session{}, errSignedOut
	}
	if err != nil {
		return Session{}, unavailable(err)
	}
	if u.Ban.Holds(s.o.Now()) { // what they hold is good again when the ban ends
		return Session{}, u.Ban.refusal(s.o.Now())
	}
	access, err := s.access(u)
	if err != nil {
		return Session{}, err
	}
	next := refreshToken{family: t.family, secret: rand.Text()}
	rotated, err := s.store.RotateFamily(ctx, t.family, t.hash(), next.hash(), s.o.Now().Add(s.o.RefreshTTL))
	if err != nil {
		return Session{}, unavailable(err)
	}
	if !rotated { // somebody else was faster with the same token
		return Session{}, s.reused(ctx, family)
	}
	return Session{Access: access, Refresh: next.String(), User: u}, nil
}

// Logout ends the family of a refresh token and the user's sessions. A token
// that is no longer good is no error: its holder is signed out.
func (s *Service) Logout(ctx context.Context, refresh string) error {
	t, err := parseRefresh(refresh)
	if err != nil {
		return err
	}
	family, err := s.lasting(ctx, t)
	if errors.Is(err, errSignedOut) || errors.Is(err, errExpired) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.end(ctx, family)
}

// lasting returns the family that t is the newest token of.
func (s *Service) lasting(ctx context.Context, t refreshToken) (Family, error) {
	family, err := s.store.Family(ctx, t.family)
	switch {
	case errors.Is(err, ErrNotFound):
		return Family{}, errSignedOut
	case err != nil:
		return Family{}, unavailable(err)
	case !family.EndedAt.IsZero():
		return Family{}, errSignedOut
	case !s.o.Now().Before(family.ExpiresAt):
		return Family{}, errExpired
	}
	if hash := t.hash(); subtle.ConstantTimeCompare(hash[:], family.Hash[:]) == 0 {
		return Family{}, s.reused(ctx, family)
	}
	return family, nil
}

// reused ends a family of which a token was used twice, also if whoever did has left.
func (s *Service) reused(ctx context.Context, f Family) error {
	s.o.Logger.Warn("a refresh token was used twice; its sign-in ends", "user", f.User)
	if err := s.end(context.WithoutCancel(ctx), f); err != nil {
		return err
	}
	return errSignedOut
}

func (s *Service) end(ctx context.Context, f Family) error {
	// First what a repeat would not do: the holder of a family that has ended is out.
	if err := s.revoke(ctx, f.User, ReasonSignedOut); err != nil {
		return err
	}
	if err := s.store.EndFamily(ctx, f.ID, s.o.Now()); err != nil {
		return unavailable(err)
	}
	return nil
}

func (s *Service) access(u User) (string, error) {
	access, err := s.minter.Mint(token.Identity{User: u.ID, Name: u.Name, Picture: u.Picture, Roles: u.Roles()}, s.o.AccessTTL)
	if err != nil {
		return "", hubbub.AsError(err)
	}
	return access, nil
}

// Who holds a bad refresh token learns no more than that.
var (
	errSignedOut = hubbub.Refuse(hubbub.CodeTokenInvalid, "the refresh token is not good (any more); sign in again")
	errExpired   = hubbub.Refuse(hubbub.CodeTokenExpired, "the refresh token has expired; sign in again")
)

// A refreshToken names its family and proves it by a secret, of which the store
// has only the hash.
type refreshToken struct {
	family, secret string // 26 characters of base32 each
}

const partLength = 26

func (t refreshToken) String() string { return t.family + "." + t.secret }

// hash needs no salt and no slowness: secrets have 130 random bits.
func (t refreshToken) hash() Hash { return sha256.Sum256([]byte(t.secret)) }

func parseRefresh(s string) (refreshToken, error) {
	family, secret, ok := strings.Cut(s, ".")
	if !ok || len(family) != partLength || len(secret) != partLength {
		return refreshToken{}, errSignedOut
	}
	for _, c := range family + secret {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return refreshToken{}, errSignedOut
		}
	}
	return refreshToken{family: family, secret: secret}, nil
}
