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

// MaxDeleted is how many of the newest deletions a State knows, and so bounds it.
// They are for what the archive does not say yet: whether a message is withheld is
// kept there for good, and a room keeps what concerns the messages it has at hand.
// An older deletion could only be missed of a message that is read again before
// the archiver, then that many control records behind, has come to it.
const MaxDeleted = 4096

// MaxBanned is how many may be banned from a room at a time. A ban lasts until it is
// lifted, so only those who write the records can keep to it.
const MaxBanned = 100_000

// A State is the sum of a room's control records up to a position. The zero
// State is a room without any. It is not safe for concurrent use.
type State struct {
	Settings hubbub.Settings
	banned   map[hubbub.UserID]string // why
	timeouts timeouts
	deleted  map[hubbub.MessageID]struct{} // one by one, the newest
	order    []hubbub.MessageID            // of deleted, oldest first
	cleared  hubbub.Position               // everything up to it is withheld
}

// Apply takes the next control record, logged at position and time. Unknown
// actions change nothing.
func (s *State) Apply(c *hubbub.Control, position hubbub.Position, at time.Time) {
	switch c.Action {
	case hubbub.ActionDelete:
		s.remove(c.MessageID)
	case hubbub.ActionClear:
		s.cleared = position
		clear(s.deleted) // what they named is before the clear, or does not exist
		s.order = nil
	case hubbub.ActionTimeout:
		s.timeouts.add(c.UserID, term{at.Add(time.Duration(min(c.Seconds, maxTimeout)) * time.Second), c.Reason}, at)
	case hubbub.ActionBan:
		if s.banned == nil {
			s.banned = map[hubbub.UserID]string{}
		}
		s.banned[c.UserID] = c.Reason
		delete(s.timeouts.until, c.UserID)
	case hubbub.ActionUnban:
		delete(s.banned, c.UserID)
		delete(s.timeouts.until, c.UserID)
	case hubbub.ActionSettings:
		if c.Settings != nil {
			s.Settings = *c.Settings
		}
	}
}

// remove notes a deletion, and forgets the oldest of too many.
func (s *State) remove(id hubbub.MessageID) {
	if _, known := s.deleted[id]; known {
		return
	}
	if s.deleted == nil {
		s.deleted = map[hubbub.MessageID]struct{}{}
	}
	if len(s.order) >= MaxDeleted {
		delete(s.deleted, s.order[0])
		s.order = s.order[1:]
	}
	s.deleted[id] = struct{}{}
	s.order = append(s.order, id)
}

// Banned returns how many are banned.
func (s *State) Banned() int { return len(s.banned) }

// timeouts are those who may not send for a while.
type timeouts struct {
	until map[hubbub.UserID]term
	sweep int // the size at which the ended are dropped
}

type term struct {
	end    time.Time
	reason string
}

// add notes a timeout; the newest of a user counts. What has ended is dropped when
// there is twice as much as the last time lasted, so a timeout costs little, and at
// most half of what is kept has ended.
func (t *timeouts) add(user hubbub.UserID, one term, now time.Time) {
	if t.until == nil {
		t.until = map[hubbub.UserID]term{}
	}
	t.until[user] = one
	if len(t.until) < t.sweep {
		return
	}
	for user, one := range t.until {
		if !now.Before(one.end) {
			delete(t.until, user)
		}
	}
	t.sweep = max(64, 2*len(t.until))
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
	if reason, banned := s.banned[who.User]; banned {
		return hubbub.Refuse(hubbub.CodeBanned, "you are banned from this chat%s", because(reason))
	}
	if one, timedOut := s.timeouts.until[who.User]; timedOut {
		if left := one.end.Sub(now); left > 0 {
			refusal := hubbub.Refuse(hubbub.CodeTimedOut, "you are timed out for another %d seconds%s", int(left.Seconds())+1, because(one.reason))
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

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
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
