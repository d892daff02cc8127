package account

import (
	"context"
	"errors"

	"github.com/hubbub-live/hubbub"
)

// Login signs in to an account by its password. Whether the username or the
// password was wrong is not told, nor to be seen from how long it took.
func (s *Service) Login(ctx context.Context, name, secret string) (Session, error) {
	u, stored, err := s.credential(ctx, name)
	if err != nil {
		return Session{}, err
	}
	same, err := s.hasher.verify(ctx, secret, stored)
	switch {
	case err != nil:
		return Session{}, err
	case !same:
		return Session{}, errCredentials
	}
	// Hashing takes long: meanwhile roles may have been taken, or the user banned.
	if u, err = s.user(ctx, u.ID); err != nil {
		return Session{}, err
	}
	if u.Ban.Holds(s.o.Now()) { // told to the owner alone
		return Session{}, u.Ban.refusal(s.o.Now())
	}
	return s.begin(ctx, u, stored, errCredentials)
}

var errCredentials = hubbub.Refuse(hubbub.CodeCredentialsInvalid, "username or password is wrong")

// credential returns the account of a username and its PHC string; "" if there is
// no such account, or none with a password.
func (s *Service) credential(ctx context.Context, name string) (User, string, error) {
	name, _ = username(name) // what cannot be one becomes "", which is nobody's
	u, err := s.store.UserByUsername(ctx, name)
	if err == nil {
		var stored string
		if stored, err = s.store.Password(ctx, u.ID); err == nil {
			return u, stored, nil
		}
	}
	if errors.Is(err, ErrNotFound) {
		return User{}, "", nil
	}
	return User{}, "", unavailable(err)
}

// ChangePassword changes the password of a user who knows it. Everybody who was
// signed in as them is out, and the caller is signed in anew.
func (s *Service) ChangePassword(ctx context.Context, id hubbub.UserID, current, next string) (Session, error) {
	u, err := s.user(ctx, id)
	if err != nil {
		return Session{}, err
	}
	if u.Kind != KindAccount {
		return Session{}, errAccountsOnly
	}
	stored, err := s.store.Password(ctx, id)
	if err != nil {
		return Session{}, missing(err)
	}
	same, err := s.hasher.verify(ctx, current, stored)
	switch {
	case err != nil:
		return Session{}, err
	case !same:
		return Session{}, hubbub.Refuse(hubbub.CodeCredentialsInvalid, "the current password is wrong")
	}
	return s.renew(ctx, u, next, func(phc string, f Family) error {
		err := s.store.SetPassword(ctx, stored, phc, f)
		if errors.Is(err, ErrNotFound) { // changed meanwhile
			return errCredentials
		}
		return err
	})
}

// renew signs u in with a new password, which save stores, and ends all their
// sessions.
func (s *Service) renew(ctx context.Context, u User, next string, save func(phc string, f Family) error) (Session, error) {
	next, err := password(next, u.Username)
	if err != nil {
		return Session{}, err
	}
	phc, err := s.hasher.hash(ctx, next)
	if err != nil {
		return Session{}, err
	}
	if u, err = s.user(ctx, u.ID); err != nil { // as in Login
		return Session{}, err
	}
	session, family, err := s.signIn(u)
	if err != nil {
		return Session{}, err
	}
	if err := save(phc, family); err != nil {
		return Session{}, orUnavailable(err)
	}
	s.mustRevoke(ctx, u.ID, ReasonSignedOut)
	session.Access, err = s.access(u) // anew: older ones may be worth nothing from now on
	return session, err
}
