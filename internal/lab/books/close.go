package books

import (
	"maps"
	"sort"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// An Entry is a message as the server's history has it.
type Entry struct {
	Position hubbub.Position
	ID       string
	Nonce    string
}

// Close compares what was sent and received in a room with its log: every message
// since the run's start, oldest first. Viewers answer for all of it up to end.
func (l *Ledger) Close(log []Entry, accounts []*Account, end hubbub.Position) (raw.Room, []raw.Viewer) {
	n := l.count()
	r := raw.Room{
		Stream: l.Stream, Viewers: len(accounts), Due: l.Due,
		Sent: n[Unanswered] + n[Acked] + n[Refused] + n[Unknown], Acked: n[Acked],
		Refused: maps.Clone(l.refused), Unknown: n[Unanswered] + n[Unknown],
	}
	indexes := l.post(&r, log)
	viewers := make([]raw.Viewer, len(accounts))
	for i, a := range accounts {
		viewers[i] = a.settle(log, indexes, end)
	}
	return r, viewers
}

// post books the log, and returns the index of each of its messages; -1 for what
// is not this run's, or a copy.
func (l *Ledger) post(r *raw.Room, log []Entry) []int {
	indexes := make([]int, len(log))
	logged := make([]bool, len(l.outcomes))
	ids := make(map[string]bool, len(log))
	for i, e := range log {
		indexes[i] = -1
		index, own := l.own(e.Nonce)
		switch {
		case ids[e.ID] || (own && logged[index]):
			r.LoggedTwice++
			continue
		case !own:
			r.Foreign++
		default:
			indexes[i], logged[index] = index, true
			if o := l.outcomes[index]; o == Refused || o == Unsent {
				r.Invented++
			}
		}
		ids[e.ID] = true
		r.Logged++
	}
	for index, o := range l.outcomes {
		if o == Acked && !logged[index] {
			r.AckedLost++
		}
	}
	return indexes
}

func (l *Ledger) own(nonce string) (index int, ok bool) {
	m, ok := ParseNonce(l.seating.Tag, []byte(nonce))
	if !ok {
		return 0, false
	}
	room, index, ok := l.seating.Index(m)
	return index, ok && room == l.room
}

// after is the number of entries up to and at p.
func after(log []Entry, p hubbub.Position) int {
	return sort.Search(len(log), func(i int) bool { return p.Before(log[i].Position) })
}
