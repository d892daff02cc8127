package streams_test

import (
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
	"github.com/hubbub-live/hubbub/internal/token"
)

// TestScopes: a token allows what its user may and its scopes name, no more.
func TestScopes(t *testing.T) {
	live := hubbub.Stream{ID: "1", HostID: "host", Status: hubbub.StatusLive}
	all := []string{token.ScopeRead, token.ScopeSend, token.ScopeModerate}
	for _, row := range []struct {
		why    string
		user   hubbub.UserID
		scopes []string
		action streams.Action
		want   hubbub.Code
	}{
		{"without scopes it is good for everything", "host", nil, streams.ActionEdit, ""},
		{"with none for nothing", "host", []string{}, streams.ActionRead, hubbub.CodeScopeMissing},
		{"to read", "u", []string{"read"}, streams.ActionRead, ""},
		{"reading is not sending", "u", []string{"read"}, streams.ActionSend, hubbub.CodeScopeMissing},
		{"to send", "u", []string{"send"}, streams.ActionSend, ""},
		{"sending is not reading", "u", []string{"send"}, streams.ActionRead, hubbub.CodeScopeMissing},
		{"to moderate", "host", []string{"moderate"}, streams.ActionModerate, ""},
		{"the owner's token without it", "host", []string{"read", "send"}, streams.ActionModerate, hubbub.CodeScopeMissing},
		{"a scope makes nobody a moderator", "u", all, streams.ActionModerate, hubbub.CodeForbidden},
		{"no scope is good for the stream itself", "host", all, streams.ActionEdit, hubbub.CodeScopeMissing},
		{"what other systems call scopes", "host", []string{"openid", "profile"}, streams.ActionSend, hubbub.CodeScopeMissing},
		{"what nobody thought of", "host", all, streams.Action(200), hubbub.CodeScopeMissing},
	} {
		actor := streams.ActorOf(token.Identity{User: row.user, Roles: []string{}, Scopes: row.scopes})
		err := streams.May(actor, row.action, live)
		if (err == nil) != (row.want == "") || err != nil && refusal(err) != row.want {
			t.Errorf("%s: %v, want %q", row.why, err, row.want)
		}
	}
	bot := streams.ActorOf(token.Identity{User: "u", Roles: []string{hubbub.RoleAdmin}, Scopes: all})
	if err := streams.MayCreate(bot, streams.CreateGuests); err == nil || refusal(err) != hubbub.CodeScopeMissing {
		t.Errorf("a bot makes a stream: %v", err)
	}
}
