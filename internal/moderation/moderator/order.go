package moderator

import (
	"strings"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/text"
)

// The bounds of what can be asked for.
const (
	MaxTimeout = 1_209_600 // seconds: two weeks
	MaxSlow    = 120       // seconds
	maxReason  = 200       // user-perceived characters
	maxID      = 128       // bytes of a user's or message's id
)

// An Order is what somebody wants to be done.
type Order struct {
	Action    hubbub.Action
	MessageID hubbub.MessageID // delete
	UserID    hubbub.UserID    // timeout, ban, unban; or
	Name      string           // of somebody in the room or with an account, case aside
	Seconds   int              // timeout
	Reason    string           // delete, timeout, ban: what the one it is done to reads
	Settings  Rules            // settings
}

// Rules are settings of a room to be changed; nil leaves one as it is.
type Rules struct {
	SlowSeconds *int
	Chat        *string
}

// Empty says whether nothing is to be changed.
func (r Rules) Empty() bool { return r.SlowSeconds == nil && r.Chat == nil }

// clean returns o with what its action needs, or why it is refused.
func (o Order) clean() (Order, error) {
	clean := Order{Action: o.Action}
	switch o.Action {
	case hubbub.ActionClear:
		return clean, nil
	case hubbub.ActionSettings:
		clean.Settings = o.Settings
		return clean, o.Settings.Check()
	case hubbub.ActionDelete:
		clean.MessageID = o.MessageID
		if o.MessageID == "" {
			return Order{}, hubbub.Refuse(hubbub.CodeBadRequest, "delete needs the messageId of what to delete")
		}
	case hubbub.ActionTimeout, hubbub.ActionBan, hubbub.ActionUnban:
		clean.UserID, clean.Name = o.UserID, strings.TrimPrefix(strings.TrimSpace(o.Name), "@")
		if (clean.UserID == "") == (clean.Name == "") {
			return Order{}, hubbub.Refuse(hubbub.CodeBadRequest, "%s needs a userId or a name, one of them", o.Action)
		}
		if !printable(string(o.UserID)) {
			return Order{}, hubbub.Refuse(hubbub.CodeUserNotFound, "nobody has such an id")
		}
	default:
		return Order{}, hubbub.Refuse(hubbub.CodeBadRequest, "there is no action %.20q; there are delete, clear, timeout, ban, unban and settings", o.Action)
	}
	if o.Action == hubbub.ActionTimeout {
		if clean.Seconds = o.Seconds; o.Seconds < 1 || o.Seconds > MaxTimeout {
			return Order{}, hubbub.Refuse(hubbub.CodeBadRequest, "a timeout lasts 1 to %d seconds", MaxTimeout)
		}
	}
	if o.Action == hubbub.ActionUnban || strings.TrimSpace(o.Reason) == "" {
		return clean, nil
	}
	var err error
	if clean.Reason, err = text.Content(o.Reason, text.Limits{Characters: maxReason, Bytes: 1 << 10}); err != nil {
		return Order{}, hubbub.Refuse(hubbub.CodeBadRequest, "the reason: %s", hubbub.AsError(err).Message)
	}
	return clean, nil
}

// Check returns why r cannot be ordered, or nil.
func (r Rules) Check() error {
	if r.Empty() {
		return hubbub.Refuse(hubbub.CodeBadRequest, "settings needs slowSeconds or chat")
	}
	if r.SlowSeconds != nil && (*r.SlowSeconds < 0 || *r.SlowSeconds > MaxSlow) {
		return hubbub.Refuse(hubbub.CodeBadRequest, "slow mode is 0 to %d seconds", MaxSlow)
	}
	if r.Chat == nil {
		return nil
	}
	switch *r.Chat {
	case hubbub.ChatOpen, hubbub.ChatAccounts, hubbub.ChatOff:
		return nil
	}
	return hubbub.Refuse(hubbub.CodeBadRequest, "chat is open, accounts or off")
}

// on returns settings with what r changes.
func (r Rules) on(s hubbub.Settings) *hubbub.Settings {
	if r.SlowSeconds != nil {
		s.SlowSeconds = *r.SlowSeconds
	}
	if r.Chat != nil {
		s.Chat = *r.Chat
	}
	return &s
}

// printable says whether id can be somebody's.
func printable(id string) bool {
	return len(id) <= maxID && utf8.ValidString(id) && !strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f })
}
