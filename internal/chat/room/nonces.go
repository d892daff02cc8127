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
	logged map[nonceKey]Logged
	times  map[nonceKey]time.Time
	order  []nonceKey // oldest first
}

// add notes a message; the first with a nonce counts.
func (n *nonces) add(m *hubbub.Message, position hubbub.Position, at time.Time) {
	for len(n.order) > 0 && (len(n.order) >= maxNonces || at.Sub(n.times[n.order[0]]) > nonceWindow) {
		delete(n.logged, n.order[0])
		delete(n.times, n.order[0])
		n.order = n.order[1:]
	}
	key := nonceKey{m.Sender.ID, m.Nonce}
	if _, known := n.logged[key]; known {
		return
	}
	if n.logged == nil {
		n.logged, n.times = map[nonceKey]Logged{}, map[nonceKey]time.Time{}
	}
	n.logged[key] = Logged{m.ID, position}
	n.times[key] = at
	n.order = append(n.order, key)
}

// Repeated returns what was logged lately in the room for a sender and nonce.
func (r *Room) Repeated(sender hubbub.UserID, nonce string, now time.Time) (Logged, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := nonceKey{sender, nonce}
	logged, ok := r.mu.nonces.logged[key]
	return logged, ok && now.Sub(r.mu.nonces.times[key]) <= nonceWindow
}
