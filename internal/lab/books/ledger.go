package books

import (
	"errors"
	"sync"

	"github.com/hubbub-live/hubbub"
)

// An Outcome is what became of a message that was due.
type Outcome uint8

// The outcomes. Unanswered counts as Unknown in the end.
const (
	Unsent Outcome = iota
	Unanswered
	Acked
	Refused
	Unknown
)

// OutcomeOf reads the error that a SEND ended with.
func OutcomeOf(err error) (o Outcome, code hubbub.Code) {
	var refused *hubbub.Error
	switch {
	case err == nil:
		return Acked, ""
	case errors.As(err, &refused) && refused.Code != hubbub.CodeOutcomeUnknown:
		return Refused, refused.Code
	}
	return Unknown, hubbub.CodeOutcomeUnknown
}

// A Ledger has the outcome of every message of a room. It is safe for concurrent
// use.
type Ledger struct {
	Stream hubbub.StreamID
	Due    int // messages of the timetable

	seating Seating
	room    int

	mu       sync.Mutex
	outcomes []Outcome
	refused  map[string]int
}

// NewLedger opens the ledger of a room in which due messages are to be sent.
func NewLedger(s Seating, room int, stream hubbub.StreamID, due int) *Ledger {
	return &Ledger{Stream: stream, Due: due, seating: s, room: room,
		outcomes: make([]Outcome, s.Messages(room)), refused: map[string]int{}}
}

// Sent books that m is about to be written.
func (l *Ledger) Sent(m Mark) { l.book(m, Unanswered, "") }

// Ended books what became of m.
func (l *Ledger) Ended(m Mark, err error) Outcome {
	o, code := OutcomeOf(err)
	l.book(m, o, code)
	return o
}

func (l *Ledger) book(m Mark, o Outcome, code hubbub.Code) {
	_, index, ok := l.seating.Index(m)
	if !ok {
		panic("books: a message that is on no timetable")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outcomes[index] = o
	if o == Refused {
		l.refused[string(code)]++
	}
}

// Acknowledged is how many messages have a receipt, and how many no answer yet.
func (l *Ledger) Acknowledged() (acked, open int) {
	n := l.count()
	return n[Acked], n[Unanswered]
}

// count is how many messages have each outcome.
func (l *Ledger) count() (n [Unknown + 1]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.outcomes {
		n[o]++
	}
	return n
}
