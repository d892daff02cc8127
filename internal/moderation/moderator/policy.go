package moderator

import (
	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// A relation is how who acts stands to whom it is done.
type relation struct {
	by, to streams.Rank
	self   bool
	owner  bool // it is done to the owner of the stream, whatever else they are
}

// may returns nil if that relation allows an action, else the refusal. It is the
// one table:
//
//	action               on oneself  on the owner   on those above or equal  on those below
//	timeout, ban, unban  no          no, by nobody  no                       yes
//	delete a message     yes         by admins      no                       yes
//	clear, settings      (they are done to nobody)
//
// Who runs a room may take back what they wrote themselves; what an owner wrote is
// the site's business, and they themselves are not to be locked out of their room.
func may(action hubbub.Action, r relation) error {
	if r.by < streams.RankModerator {
		return hubbub.Refuse(hubbub.CodeForbidden, "only those who run the stream moderate it")
	}
	switch action {
	case hubbub.ActionClear, hubbub.ActionSettings:
		return nil
	case hubbub.ActionDelete:
		if r.self {
			return nil
		}
	case hubbub.ActionTimeout, hubbub.ActionBan, hubbub.ActionUnban:
		switch {
		case r.self:
			return hubbub.Refuse(hubbub.CodeForbidden, "nobody moderates themselves")
		case r.owner:
			return hubbub.Refuse(hubbub.CodeForbidden, "nobody moderates the owner of the stream")
		}
	default:
		return hubbub.Refuse(hubbub.CodeBadRequest, "there is no action %.20q", action)
	}
	if r.to >= r.by {
		return hubbub.Refuse(hubbub.CodeForbidden, "nobody moderates those who stand above them, or beside them")
	}
	return nil
}
