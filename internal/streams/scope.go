package streams

import (
	"slices"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/token"
)

// ActorOf returns the holder of a token as an actor.
func ActorOf(id token.Identity) Actor {
	return Actor{User: id.User, Roles: id.Roles, Scopes: id.Scopes}
}

// scopeOf is what a token needs to have for an action, if it has scopes. For other
// actions no scope is enough.
var scopeOf = map[Action]string{
	ActionRead:     token.ScopeRead,
	ActionSend:     token.ScopeSend,
	ActionModerate: token.ScopeModerate,
}

// scoped returns nil if the actor's token is good for action, whoever the actor
// is, else scope_missing.
func (a Actor) scoped(action Action) error {
	scope, ok := scopeOf[action]
	switch {
	case a.Scopes == nil:
		return nil
	case !ok:
		return hubbub.Refuse(hubbub.CodeScopeMissing, "no token of a bot is good for that; sign in yourself")
	case !slices.Contains(a.Scopes, scope):
		return hubbub.Refuse(hubbub.CodeScopeMissing, "this token lacks the scope %s; make one that has it", scope)
	}
	return nil
}
