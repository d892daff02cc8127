package streams

import (
	"slices"

	"github.com/hubbub-live/hubbub"
)

// An Action is something that somebody wants to do in or to a stream.
type Action uint8

// The actions.
const (
	ActionRead     Action = iota // see messages, events and figures
	ActionSend                   // write a message
	ActionModerate               // remove, time out, ban; see what was removed
	ActionEdit                   // change, end or delete the stream, name moderators
)

// An Actor is who wants it. The zero Actor is an anonymous viewer.
type Actor struct {
	User   hubbub.UserID
	Roles  []string // of the verified token
	Scopes []string // of the token; nil: it is good for everything
}

// May returns nil if actor may do action in s, else the refusal. It is the one
// place where that is decided; bans, timeouts and settings of the room come on
// top, from its log.
func May(actor Actor, action Action, s hubbub.Stream) error {
	if err := actor.scoped(action); err != nil {
		return err
	}
	switch action {
	case ActionRead:
		return nil
	case ActionSend:
		return maySend(actor, s)
	case ActionModerate:
		return mayRule(actor, s, RankModerator)
	case ActionEdit:
		return mayRule(actor, s, RankOwner)
	}
	return hubbub.Refuse(hubbub.CodeForbidden, "nobody may do that")
}

func maySend(actor Actor, s hubbub.Stream) error {
	switch {
	case actor.User == "":
		return hubbub.Refuse(hubbub.CodeTokenRequired, "sign in to write")
	case s.Status == hubbub.StatusEnded:
		return hubbub.Refuse(hubbub.CodeStreamEnded, "stream %s has ended and can only be read", s.ID)
	case !s.Demo && slices.Contains(actor.Roles, hubbub.RoleDemo): // whatever goes wrong
		return hubbub.Refuse(hubbub.CodeForbidden, "those who are scripted write in the demo alone")
	}
	return nil
}

func mayRule(actor Actor, s hubbub.Stream, least Rank) error {
	switch {
	case actor.User == "":
		return hubbub.Refuse(hubbub.CodeTokenRequired, "sign in first")
	case RankOf(Roles(actor, s)) < least:
		return hubbub.Refuse(hubbub.CodeForbidden, "only those who run stream %s may do that", s.ID)
	}
	return nil
}

// Who may create streams.
const (
	CreateAdmin    = "admin"
	CreateAccounts = "accounts" // everybody with an account
	CreateGuests   = "guests"   // and guests
)

// MayCreate returns nil if actor may create streams where who may, else the refusal.
func MayCreate(actor Actor, who string) error {
	admin, guest := slices.Contains(actor.Roles, hubbub.RoleAdmin), slices.Contains(actor.Roles, hubbub.RoleGuest)
	if err := actor.scoped(ActionEdit); err != nil {
		return err
	}
	switch {
	case actor.User == "":
		return hubbub.Refuse(hubbub.CodeTokenRequired, "sign in first")
	case admin, who == CreateGuests, who == CreateAccounts && !guest:
		return nil
	case who == CreateAccounts:
		return hubbub.Refuse(hubbub.CodeForbidden, "to open a stream you need an account")
	}
	return hubbub.Refuse(hubbub.CodeForbidden, "only an admin opens streams here")
}

// Roles returns what actor is in s, never nil: the roles of the site that the
// token says, and those of the stream that the store says. Roles of a stream in a
// token are not believed: a token is for all streams.
func Roles(actor Actor, s hubbub.Stream) []string {
	roles := []string{}
	for _, role := range []string{hubbub.RoleAdmin, hubbub.RoleGuest, hubbub.RoleDemo} {
		if slices.Contains(actor.Roles, role) {
			roles = append(roles, role)
		}
	}
	if actor.User == "" {
		return roles
	}
	if actor.User == s.HostID {
		roles = append(roles, hubbub.RoleOwner)
	}
	if slices.Contains(s.Moderators, actor.User) {
		roles = append(roles, hubbub.RoleModerator)
	}
	return roles
}

// A Rank is how high somebody stands in a stream.
type Rank uint8

// The ranks.
const (
	RankViewer Rank = iota
	RankModerator
	RankOwner
	RankAdmin
)

// RankOf returns the highest rank among roles.
func RankOf(roles []string) Rank {
	rank := RankViewer
	for _, role := range roles {
		switch role {
		case hubbub.RoleModerator:
			rank = max(rank, RankModerator)
		case hubbub.RoleOwner:
			rank = max(rank, RankOwner)
		case hubbub.RoleAdmin:
			rank = max(rank, RankAdmin)
		}
	}
	return rank
}
