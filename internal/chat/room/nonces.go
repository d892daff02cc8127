package room

import (
	"time"

	"github.com/hubbub-live/hubbub"
)

// A Logged is what became of a message.
type Logged struct {
	ID       hubbub.MessageID
	Position hubbub.Position
}

// nonceWindow is how long a repeated nonce is recognised, in log time, and
// maxNonces how many of the newest a room knows.
const (
	nonceWindow = 2 * time.Minute
	maxNonces   = 4096
)

type nonceKey struct {
	sender hubbub.UserID
	nonce  string
}

// nonces has what was logged with a nonce lately.
type nonces struct {
	known map[nonceKey]nonced
	order []nonceKey // oldest first
}

type nonced struct {
	Logged
	at time.Time
}

// add notes a message; the first with a nonce counts.
func (n *nonces) add(m *hubbub.Message, position hubbub.Position, at time.Time) {
	for len(n.order) > 0 && (len(n.order) >= maxNonces || at.Sub(n.known[n.order[0]].at) > nonceWindow) {
		delete(n.known, n.order[0])
		n.order = n.order[1:]
	}
	key := nonceKey{m.Sender.ID, m.Nonce}
	if _, known := n.known[key]; known {
		return
	}
	if n.known == nil {
		n.known = map[nonceKey]nonced{}
	}
	n.known[key] = nonced{Logged{m.ID, position}, at}
	n.order = append(n.order, key)
}

// Repeated returns what was logged lately in the room for a sender and nonce.
func (r *Room) Repeated(sender hubbub.UserID, nonce string, now time.Time) (Logged, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, ok := r.mu.nonces.known[nonceKey{sender, nonce}]
	return before.Logged, ok && now.Sub(before.at) <= nonceWindow
}
