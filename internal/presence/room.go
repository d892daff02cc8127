package presence

import (
	"time"

	"github.com/hubbub-live/hubbub"
)

// A room is what this server knows of one stream.
type room struct {
	stream             hubbub.StreamID
	users, connections *members // guarded by Tracker.mu

	// Run's goroutine only.
	renewed  time.Time // when all leases were last extended
	reported [2]int    // users and connections, as last told
}

func newRoom(stream hubbub.StreamID) *room {
	return &room{
		stream:      stream,
		users:       newMembers(usersOf(stream)),
		connections: newMembers(connectionsOf(stream)),
		reported:    [2]int{-1, -1}, // nothing told yet
	}
}

// idle says whether nobody is here and the cache knows it.
func (r *room) idle() bool { return r.users.idle() && r.connections.idle() }

// members are those of one lease set that this server keeps alive.
type members struct {
	set     string
	joins   map[string]int      // above 0
	changed map[string]struct{} // came or went since the last take
}

func newMembers(set string) *members {
	return &members{set: set, joins: make(map[string]int), changed: make(map[string]struct{})}
}

func (m *members) has(name string) bool { return m.joins[name] > 0 }
func (m *members) idle() bool           { return len(m.joins) == 0 && len(m.changed) == 0 }

func (m *members) join(name string) {
	if m.joins[name]++; m.joins[name] == 1 {
		m.changed[name] = struct{}{}
	}
}

func (m *members) leave(name string) {
	if m.joins[name]--; m.joins[name] == 0 {
		delete(m.joins, name)
		m.changed[name] = struct{}{}
	}
}

// take returns whom to lease, everybody here if all, and whom to release. They
// count as done unless given back.
func (m *members) take(all bool) (here, gone []string) {
	for name := range m.changed {
		if !m.has(name) {
			gone = append(gone, name)
		} else if !all {
			here = append(here, name)
		}
	}
	if all {
		for name := range m.joins {
			here = append(here, name)
		}
	}
	clear(m.changed)
	return here, gone
}

// giveBack makes the next take return the names again, as they are by then.
func (m *members) giveBack(here, gone []string) {
	for _, names := range [][]string{here, gone} {
		for _, name := range names {
			m.changed[name] = struct{}{}
		}
	}
}
