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
	ActionEdit                   // change, end or delete the stream
)

// An Actor is who wants it. The zero Actor is an anonymous viewer.
type Actor struct {
	User  hubbub.UserID
	Roles []string // of the verified token
}

// May returns nil if actor may do action in s, else the refusal. It is the one
// place where that is decided; bans, timeouts and settings of the room come on
// top, from its log.
func May(actor Actor, action Action, s hubbub.Stream) error {
	switch action {
	case ActionRead:
		return nil
	case ActionSend:
		return maySend(actor, s)
	case ActionModerate, ActionEdit:
		return mayRule(actor, s)
	}
	return hubbub.Refuse(hubbub.CodeForbidden, "nobody may do that")
}

func maySend(actor Actor, s hubbub.Stream) error {
	switch {
	case actor.User == "":
		return hubbub.Refuse(hubbub.CodeTokenRequired, "sign in to write")
	case s.Status == hubbub.StatusEnded:
		return hubbub.Refuse(hubbub.CodeStreamEnded, "stream %s has ended and can only be read", s.ID)
	}
	return nil
}

func mayRule(actor Actor, s hubbub.Stream) error {
	switch {
	case actor.User == "":
		return hubbub.Refuse(hubbub.CodeTokenRequired, "sign in first")
	case !rules(Roles(actor, s)):
		return hubbub.Refuse(hubbub.CodeForbidden, "only those who run stream %s may do that", s.ID)
	}
	return nil
}

func rules(roles []string) bool {
	return slices.Contains(roles, hubbub.RoleAdmin) || slices.Contains(roles, hubbub.RoleOwner)
}

// Roles returns what actor is in s, never nil: the roles of the site that the
// token says and owner where s is theirs. Roles of a stream in a token are not
// believed: a token is for all streams.
func Roles(actor Actor, s hubbub.Stream) []string {
	roles := []string{}
	for _, role := range []string{hubbub.RoleAdmin, hubbub.RoleGuest} {
		if slices.Contains(actor.Roles, role) {
			roles = append(roles, role)
		}
	}
	if actor.User != "" && actor.User == s.HostID {
		roles = append(roles, hubbub.RoleOwner)
	}
	return roles
}
