package moderator

import (
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// TestPolicy has every cell of the table: who acts, what they do, and to whom.
func TestPolicy(t *testing.T) {
	const (
		viewer, moderator, owner, admin = streams.RankViewer, streams.RankModerator, streams.RankOwner, streams.RankAdmin
	)
	person := []hubbub.Action{hubbub.ActionTimeout, hubbub.ActionBan, hubbub.ActionUnban}
	room := []hubbub.Action{hubbub.ActionClear, hubbub.ActionSettings}
	message := []hubbub.Action{hubbub.ActionDelete}
	for _, row := range []struct {
		why     string
		actions []hubbub.Action
		r       relation
		may     bool
	}{
		{"a viewer and the room", room, relation{by: viewer}, false},
		{"a moderator and the room", room, relation{by: moderator}, true},
		{"the owner and the room", room, relation{by: owner}, true},
		{"an admin and the room", room, relation{by: admin}, true},

		{"a viewer and a viewer", person, relation{by: viewer, to: viewer}, false},
		{"a viewer and a moderator", person, relation{by: viewer, to: moderator}, false},
		{"a viewer and the owner", person, relation{by: viewer, to: owner, owner: true}, false},
		{"a viewer and themselves", person, relation{by: viewer, to: viewer, self: true}, false},
		{"a moderator and a viewer", person, relation{by: moderator, to: viewer}, true},
		{"a moderator and another", person, relation{by: moderator, to: moderator}, false},
		{"a moderator and themselves", person, relation{by: moderator, to: moderator, self: true}, false},
		{"a moderator and the owner", person, relation{by: moderator, to: owner, owner: true}, false},
		{"a moderator and an admin", person, relation{by: moderator, to: admin}, false},
		{"the owner and a viewer", person, relation{by: owner, to: viewer}, true},
		{"the owner and a moderator", person, relation{by: owner, to: moderator}, true},
		{"the owner and themselves", person, relation{by: owner, to: owner, self: true, owner: true}, false},
		{"the owner and an admin", person, relation{by: owner, to: admin}, false},
		{"an admin and a viewer", person, relation{by: admin, to: viewer}, true},
		{"an admin and a moderator", person, relation{by: admin, to: moderator}, true},
		{"an admin and the owner", person, relation{by: admin, to: owner, owner: true}, false},
		{"an admin and another", person, relation{by: admin, to: admin}, false},
		{"an admin and themselves", person, relation{by: admin, to: admin, self: true}, false},
		{"an admin and themselves, the owner", person, relation{by: admin, to: admin, self: true, owner: true}, false},

		{"a viewer and their message", message, relation{by: viewer, to: viewer, self: true}, false},
		{"a viewer and a viewer's message", message, relation{by: viewer, to: viewer}, false},
		{"a moderator and a viewer's message", message, relation{by: moderator, to: viewer}, true},
		{"a moderator and their message", message, relation{by: moderator, to: moderator, self: true}, true},
		{"a moderator and another's message", message, relation{by: moderator, to: moderator}, false},
		{"a moderator and the owner's message", message, relation{by: moderator, to: owner, owner: true}, false},
		{"a moderator and an admin's message", message, relation{by: moderator, to: admin}, false},
		{"the owner and a viewer's message", message, relation{by: owner, to: viewer}, true},
		{"the owner and a moderator's message", message, relation{by: owner, to: moderator}, true},
		{"the owner and their message", message, relation{by: owner, to: owner, self: true, owner: true}, true},
		{"the owner and an admin's message", message, relation{by: owner, to: admin}, false},
		{"an admin and a moderator's message", message, relation{by: admin, to: moderator}, true},
		{"an admin and the owner's message", message, relation{by: admin, to: owner, owner: true}, true},
		{"an admin and another's message", message, relation{by: admin, to: admin}, false},
		{"an admin and their message", message, relation{by: admin, to: admin, self: true}, true},
	} {
		for _, action := range row.actions {
			err := may(action, row.r)
			if (err == nil) != row.may || err != nil && hubbub.AsError(err).Code != hubbub.CodeForbidden {
				t.Errorf("%s, %s: %v", row.why, action, err)
			}
		}
	}
	for _, action := range []hubbub.Action{"", "shout", hubbub.ActionStream, hubbub.ActionRoles, hubbub.ActionWords} {
		if err := may(action, relation{by: admin}); err == nil {
			t.Errorf("%q is an action", action)
		}
	}
}
