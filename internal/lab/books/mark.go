// Package books holds what a run sent and what its viewers got against what the
// server says that it logged. It is pure: deliveries, outcomes and the log come
// in, accounts come out. Nothing in it believes the server; every message is
// known by the nonce that the lab gave it.
package books

import (
	"bytes"
	"strconv"

	"github.com/hubbub-live/hubbub/internal/lab/plan"
)

// A Mark names one message of a run: the Number-th, from 0, of a Client.
type Mark struct{ Client, Number int }

// Nonce is how the mark travels: TAG.client.number.
func (m Mark) Nonce(tag string) string {
	return tag + "." + strconv.Itoa(m.Client) + "." + strconv.Itoa(m.Number)
}

// ParseNonce reads what Nonce wrote; ok is false for everything else. It is
// called for every delivery.
func ParseNonce(tag string, nonce []byte) (m Mark, ok bool) {
	if len(nonce) <= len(tag) || string(nonce[:len(tag)]) != tag || nonce[len(tag)] != '.' {
		return Mark{}, false
	}
	client, number, ok := bytes.Cut(nonce[len(tag)+1:], []byte{'.'})
	if !ok {
		return Mark{}, false
	}
	var okClient, okNumber bool
	m.Client, okClient = digits(client)
	m.Number, okNumber = digits(number)
	return m, okClient && okNumber
}

func digits(text []byte) (n int, ok bool) {
	if len(text) == 0 || len(text) > 9 || (text[0] == '0' && len(text) > 1) {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// A Seating says who is in which room, and numbers the messages of a room.
type Seating struct {
	Tag     string
	Clients int
	Rooms   int
	Most    int // messages of a client
}

// Seat makes the seating of a plan.
func Seat(p *plan.Plan, tag string) Seating {
	return Seating{Tag: tag, Clients: p.Clients, Rooms: len(p.Streams), Most: p.Timetable().Most()}
}

// Room is where a client sits.
func (s Seating) Room(client int) int { return client % s.Rooms }

// Members is how many clients sit in a room.
func (s Seating) Members(room int) int { return (s.Clients - room + s.Rooms - 1) / s.Rooms }

// Messages bounds the numbers of a room's messages.
func (s Seating) Messages(room int) int { return s.Members(room) * s.Most }

// Index numbers m among the messages of its room; ok is false if no client could
// have sent it.
func (s Seating) Index(m Mark) (room, index int, ok bool) {
	if m.Client >= s.Clients || m.Number >= s.Most {
		return 0, 0, false
	}
	room = m.Client % s.Rooms
	return room, m.Number*s.Members(room) + m.Client/s.Rooms, true
}
