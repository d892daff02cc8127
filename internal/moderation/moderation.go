// Package moderation is what a room's control records add up to: who may send,
// how often, and which messages are withheld. It is a pure fold over the records
// in log order, so every reader of the log comes to the same state.
package moderation

import (
	"time"

	"github.com/hubbub-live/hubbub"
)

// maxTimeout is the longest timeout, in seconds: ten years, which no clock overflows.
const maxTimeout = 10 * 365 * 24 * 60 * 60

// A State is the sum of a room's control records up to a position. The zero
// State is a room without any. It is not safe for concurrent use.
type State struct {
	Settings hubbub.Settings
	barred   map[hubbub.UserID]time.Time   // until when; the zero time: until unbanned
	deleted  map[hubbub.MessageID]struct{} // one by one
	cleared  hubbub.Position               // everything up to it is withheld
}

// Apply takes the next control record, logged at position and time. Unknown
// actions change nothing.
func (s *State) Apply(c *hubbub.Control, position hubbub.Position, at time.Time) {
	switch c.Action {
	case hubbub.ActionDelete:
		if s.deleted == nil {
			s.deleted = map[hubbub.MessageID]struct{}{}
		}
		s.deleted[c.MessageID] = struct{}{}
	case hubbub.ActionClear:
		s.cleared = position
		clear(s.deleted) // what they named is before the clear, or does not exist
	case hubbub.ActionTimeout:
		s.timeOut(c.UserID, at.Add(time.Duration(min(c.Seconds, maxTimeout))*time.Second))
	case hubbub.ActionBan:
		s.bar(c.UserID, time.Time{})
	case hubbub.ActionUnban:
		delete(s.barred, c.UserID)
	case hubbub.ActionSettings:
		if c.Settings != nil {
			s.Settings = *c.Settings
		}
	}
}

// timeOut bars a user for a time, unless they are barred for all time.
func (s *State) timeOut(user hubbub.UserID, until time.Time) {
	if before, barred := s.barred[user]; barred && before.IsZero() {
		return
	}
	s.bar(user, until)
}

func (s *State) bar(user hubbub.UserID, until time.Time) {
	if s.barred == nil {
		s.barred = map[hubbub.UserID]time.Time{}
	}
	s.barred[user] = until
}

// Withheld says whether the text of a message is withheld from viewers.
func (s *State) Withheld(id hubbub.MessageID, position hubbub.Position) bool {
	if !s.cleared.IsZero() && position.Compare(s.cleared) <= 0 {
		return true
	}
	_, deleted := s.deleted[id]
	return deleted
}

// A Speaker is who wants to send.
type Speaker struct {
	User   hubbub.UserID
	Guest  bool
	Exempt bool // owner, moderators and admins: no rule of the room holds for them
}

// May returns nil if the room's rules let the speaker send now, else the refusal.
func (s *State) May(who Speaker, now time.Time) error {
	if who.Exempt {
		return nil
	}
	if until, barred := s.barred[who.User]; barred {
		if until.IsZero() {
			return hubbub.Refuse(hubbub.CodeBanned, "you are banned from this chat")
		}
		if left := until.Sub(now); left > 0 {
			refusal := hubbub.Refuse(hubbub.CodeTimedOut, "you are timed out for another %d seconds", int(left.Seconds())+1)
			refusal.RetryAfter = left
			return refusal
		}
	}
	switch s.Settings.Chat {
	case hubbub.ChatOff:
		return hubbub.Refuse(hubbub.CodeChatOff, "the chat of this stream is switched off")
	case hubbub.ChatAccounts:
		if who.Guest {
			return hubbub.Refuse(hubbub.CodeAccountsOnly, "only accounts may write here, guests may not")
		}
	}
	return nil
}

// Withhold returns a message's value without its text, marked as deleted: what
// viewers get of a message that was removed.
func Withhold(value []byte) []byte {
	m, err := hubbub.ParseMessage(value)
	if err != nil {
		return []byte(`{"content":"","deleted":true}`)
	}
	m.Content, m.Nonce = "", ""
	out := m.AppendJSON(nil)
	return append(out[:len(out)-1], `,"deleted":true}`...)
}
