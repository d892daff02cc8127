package books

import (
	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// An Account is what one viewer was given, message by message. It is for one
// goroutine at a time.
type Account struct {
	// Counts are filled as the messages come; Start is to be set by whoever
	// subscribes, Expected and Missing by Close.
	Counts raw.Viewer

	seating Seating
	room    int
	seen    []uint64 // a bit per message of the room

	own       int64 // different messages of this run
	opened    bool  // the first message has come
	firstPrev hubbub.Position
	last      hubbub.Position
	excused   bool // a loss was declared since the last message
}

// NewAccount opens the account of a client.
func NewAccount(s Seating, clientNumber int, stream hubbub.StreamID) *Account {
	room := s.Room(clientNumber)
	return &Account{
		Counts:  raw.Viewer{Client: clientNumber, Stream: stream},
		seating: s, room: room, seen: make([]uint64, (s.Messages(room)+63)/64),
	}
}

// Take books a delivery. fresh says that m is a message of this run that the
// viewer did not have yet.
func (a *Account) Take(d *client.Delivery) (m Mark, fresh bool) {
	a.Counts.Delivered++
	a.Declare(d.Skipped, len(d.Gap) > 0)
	m, index, own := a.identify(d.Nonce)
	switch {
	case own && a.has(index):
		a.Counts.Duplicates++
		return m, false
	case d.Position.Compare(a.last) <= 0:
		a.Counts.Reordered++
	default:
		a.chain(d)
	}
	if own {
		a.seen[index/64] |= 1 << (index % 64)
		a.own++
	}
	return m, own
}

// chain checks that d follows the message before it.
func (a *Account) chain(d *client.Delivery) {
	switch {
	case !a.opened:
		a.opened, a.firstPrev = true, d.Prev // checked against Start, which the receipt may bring later
		if a.excused {
			a.firstPrev = hubbub.Position{}
		}
	case d.Prev != a.last && !a.excused:
		a.Counts.Breaks++
	}
	a.last, a.excused = d.Position, false
}

func (a *Account) identify(nonce []byte) (m Mark, index int, own bool) {
	m, ok := ParseNonce(a.seating.Tag, nonce)
	if !ok {
		a.Counts.Foreign++
		return m, 0, false
	}
	room, index, ok := a.seating.Index(m)
	if !ok || room != a.room {
		a.Counts.Stray++
		return m, 0, false
	}
	return m, index, true
}

func (a *Account) has(index int) bool { return a.seen[index/64]&(1<<(index%64)) != 0 }

// Declare books what the server says that it left out.
func (a *Account) Declare(skipped int64, gap bool) {
	a.Counts.Skipped += skipped
	if gap {
		a.Counts.Gaps++
	}
	a.excused = a.excused || skipped > 0 || gap
}

// Reached is the position of the last message, or where the viewer started.
func (a *Account) Reached() hubbub.Position {
	if a.last.Before(a.Counts.Start) {
		return a.Counts.Start
	}
	return a.last
}

// Served is how many of this run's messages were given or declared as skipped.
func (a *Account) Served() int64 { return a.own + a.Counts.Skipped }

// settle compares the account with the room's log, once nothing comes any more.
// The viewer answers for everything up to its last message, and up to end.
func (a *Account) settle(log []Entry, indexes []int, end hubbub.Position) raw.Viewer {
	v := &a.Counts
	if a.opened && v.Start.Before(a.firstPrev) {
		v.Breaks++ // something came between the start and the first message
		a.firstPrev = v.Start
	}
	v.End = a.last
	if v.End.Before(end) {
		v.End = end
	}
	if v.End.Before(v.Start) {
		v.End = v.Start
	}
	from, to := after(log, v.Start), after(log, v.End)
	v.Expected = int64(to - from)
	for _, index := range indexes[from:to] {
		if index >= 0 && !a.has(index) {
			v.Missing++
		}
	}
	return *v
}
