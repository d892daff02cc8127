package account

import (
	"context"
	"errors"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/text"
)

// A Profile is how an account looks to others. nil: as it was.
type Profile struct {
	Name    *string
	Picture *string // an http(s) URL; "" for none
}

// SetProfile changes how an account looks. Tokens have the new looks from the
// next reissue on; what was said before keeps the old.
func (s *Service) SetProfile(ctx context.Context, id hubbub.UserID, p Profile) (User, error) {
	u, err := s.user(ctx, id)
	switch {
	case err != nil:
		return User{}, err
	case u.Kind != KindAccount:
		return User{}, errAccountsOnly
	case u.Ban.Holds(s.o.Now()):
		return User{}, u.Ban.refusal(s.o.Now())
	}
	if p.Name != nil {
		if u.Name, err = accountName(*p.Name); err != nil {
			return User{}, err
		}
	}
	if p.Picture != nil {
		if *p.Picture != "" && !text.Link(*p.Picture) {
			return User{}, hubbub.Refuse(hubbub.CodeBadRequest, "the picture has to be an http(s) URL of at most %d bytes", text.MaxLink)
		}
		u.Picture = *p.Picture
	}
	err = s.store.SetProfile(ctx, u)
	switch {
	case errors.Is(err, ErrNotFound):
		return User{}, errUserNotFound
	case err != nil:
		return User{}, refusalOf(err)
	}
	return u, nil
}

// ByName returns the account of a name, or else of a username.
func (s *Service) ByName(ctx context.Context, name string) (User, error) {
	u, err := s.store.UserByName(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return s.byUsername(ctx, name)
	}
	if err != nil {
		return User{}, unavailable(err)
	}
	return u, nil
}

func (s *Service) byUsername(ctx context.Context, name string) (User, error) {
	name, err := username(name)
	if err != nil {
		return User{}, errUserNotFound
	}
	u, err := s.store.UserByUsername(ctx, name)
	return u, missing(err)
}

// user returns a user who has to be there.
func (s *Service) user(ctx context.Context, id hubbub.UserID) (User, error) {
	u, err := s.store.User(ctx, id)
	return u, missing(err)
}

// missing says what a Store's answer about one user means.
func missing(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound):
		return errUserNotFound
	}
	return unavailable(err)
}

var (
	errUserNotFound = hubbub.Refuse(hubbub.CodeUserNotFound, "there is no such user")
	errAccountsOnly = hubbub.Refuse(hubbub.CodeAccountsOnly, "this is for accounts; guests and users of other systems have none here")
)
