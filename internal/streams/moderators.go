package streams

import (
	"context"

	"github.com/hubbub-live/hubbub"
)

// maxModerators is how many a stream has at most: they travel with every copy of
// it, and are looked through for every message.
const maxModerators = 100

// AddModerator names a moderator of a stream. A repeat changes nothing. Whether
// there is such a user is the caller's to know.
func (s *Service) AddModerator(ctx context.Context, by hubbub.UserID, id hubbub.StreamID, user hubbub.UserID) error {
	before, err := s.store.Stream(ctx, id)
	if err != nil {
		return refusalOf(id, err)
	}
	if user == before.HostID {
		return hubbub.Refuse(hubbub.CodeBadRequest, "the owner of a stream needs not be its moderator")
	}
	full, err := s.store.AddModerator(ctx, id, user, toMillis(s.now()), maxModerators)
	switch {
	case err != nil:
		return refusalOf(id, err)
	case full:
		return hubbub.Refuse(hubbub.CodeBadRequest, "a stream has at most %d moderators", maxModerators)
	}
	s.roles(by, id, user, []string{hubbub.RoleModerator})
	return nil
}

// RemoveModerator takes the rights of a moderator back. One who is none is no error.
func (s *Service) RemoveModerator(ctx context.Context, by hubbub.UserID, id hubbub.StreamID, user hubbub.UserID) error {
	removed, err := s.store.RemoveModerator(ctx, id, user)
	if err != nil {
		return refusalOf(id, err)
	}
	if removed {
		s.roles(by, id, user, nil)
	}
	return nil
}

// roles tells what a user is in a stream from now on.
func (s *Service) roles(by hubbub.UserID, id hubbub.StreamID, user hubbub.UserID, roles []string) {
	s.directory.Forget(id)
	s.onChange(hubbub.Control{StreamID: id, Action: hubbub.ActionRoles, By: by, UserID: user, Roles: roles})
}
