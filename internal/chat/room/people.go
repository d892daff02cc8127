package room

import (
	"slices"
	"strings"

	"github.com/hubbub-live/hubbub"
)

// Named returns those called name, case aside, among the senders of the messages at
// hand, each once.
func (r *Room) Named(name string) (found []hubbub.Sender) {
	r.senders(func(s hubbub.Sender) bool {
		known := slices.ContainsFunc(found, func(f hubbub.Sender) bool { return f.ID == s.ID })
		if !known && strings.EqualFold(s.Name, name) {
			found = append(found, s)
		}
		return true
	})
	return found
}

// Sender returns who has an id among them, as their newest message says.
func (r *Room) Sender(id hubbub.UserID) (found hubbub.Sender, ok bool) {
	r.senders(func(s hubbub.Sender) bool {
		if s.ID == id {
			found, ok = s, true
		}
		return !ok
	})
	return found, ok
}

// senders calls take with the sender of each message at hand, newest first, until
// it returns false. Values are decoded without the lock: they do not change.
func (r *Room) senders(take func(hubbub.Sender) bool) {
	r.mu.Lock()
	events := slices.Clone(r.mu.recent[hubbub.MessageChannel].events)
	r.mu.Unlock()
	for _, e := range slices.Backward(events) {
		if m, err := hubbub.ParseMessage(e.value); err == nil && m.Sender.ID != "" && !take(m.Sender) {
			return
		}
	}
}
