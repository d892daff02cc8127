package hubbub

import (
	"encoding/json"
	"fmt"
)

// An Action is what a control record does to its room.
type Action string

// The actions of control records.
const (
	ActionDelete   Action = "delete"   // withhold the text of MessageID
	ActionClear    Action = "clear"    // withhold every message before the record
	ActionTimeout  Action = "timeout"  // UserID may not send for Seconds of log time
	ActionBan      Action = "ban"      // UserID may not send until unbanned
	ActionUnban    Action = "unban"    // ends a ban or a timeout of UserID
	ActionSettings Action = "settings" // Settings replace the room's

	// What follows has happened in the metastore, and is told by the record: who
	// has a copy asks again.
	ActionStream Action = "stream" // the stream was changed, ended or deleted: Stream is what it is now
	ActionRoles  Action = "roles"  // UserID has become a moderator, or is none any more
	ActionWords  Action = "words"  // the blocked words were replaced
)

// A Control is the value of a record of kind KindControl in raw-chats: room
// control in one order with the messages, body of MESSAGE frames on /event.
type Control struct {
	ID        MessageID `json:"id"`
	StreamID  StreamID  `json:"streamId"`
	Action    Action    `json:"action"`
	By        UserID    `json:"by"`
	UserID    UserID    `json:"userId,omitempty"`
	MessageID MessageID `json:"messageId,omitempty"`
	Seconds   int       `json:"seconds,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Settings  *Settings `json:"settings,omitempty"`
	Roles     []string  `json:"roles,omitempty"`  // of UserID in the stream, from now on
	Stream    *Change   `json:"stream,omitempty"` // what ActionStream made of it
}

// A Change is what a stream has become.
type Change struct {
	Title        string `json:"title"`
	Status       string `json:"status"` // also StatusDeleted
	Language     string `json:"language"`
	ThumbnailURL string `json:"thumbnailUrl"`
	PlaybackURL  string `json:"playbackUrl"`
}

// Who may send in a room.
const (
	ChatOpen     = "open"     // everyone signed in, guests included
	ChatAccounts = "accounts" // accounts, not guests
	ChatOff      = "off"      // owner and moderators
)

// Settings are a room's rules for sending.
type Settings struct {
	SlowSeconds int    `json:"slowSeconds"` // least time between two messages of a user; 0: none
	Chat        string `json:"chat"`        // ChatOpen, ChatAccounts or ChatOff; "" is ChatOpen
}

// AppendJSON appends the control's topic value to dst.
func (c *Control) AppendJSON(dst []byte) []byte {
	text, err := json.Marshal(c)
	if err != nil { // strings and numbers only: cannot fail
		panic(err)
	}
	return append(dst, text...)
}

// ParseControl reads a topic value, ignoring unknown fields.
func ParseControl(value []byte) (Control, error) {
	var c Control
	if err := json.Unmarshal(value, &c); err != nil {
		return Control{}, fmt.Errorf("read a control record: %w", err)
	}
	return c, nil
}
