package session

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// noticesDestination is where a session hears what concerns it alone.
const noticesDestination = "/user/queue/notices"

// A notice is the body of a message on noticesDestination.
type notice struct {
	Code         hubbub.Code `json:"code"`
	Message      string      `json:"message"`
	RetryAfterMS int64       `json:"retryAfterMs,omitempty"`
	Destination  string      `json:"destination,omitempty"`
	Receipt      string      `json:"receipt,omitempty"`
	Content      string      `json:"content,omitempty"`
	Skipped      int         `json:"skipped,omitempty"`
	Gap          string      `json:"gap,omitempty"`
}

// tell sends a notice; false if the session does not listen to them.
func (s *Session) tell(n notice, loss room.Loss) bool {
	id := s.notices.Load()
	if id == nil {
		return false
	}
	body, err := json.Marshal(n)
	if err != nil { // strings and numbers can be marshalled
		panic(err)
	}
	envelope := stomp.Envelope{Subscription: *id, Skipped: loss.Skipped, GapFrom: loss.GapFrom, GapTo: loss.GapTo}
	s.write(stomp.AppendMessage(nil, s.protocol(), &envelope, &stomp.Message{
		Destination: noticesDestination,
		ID:          s.id + "-" + strconv.FormatUint(s.noticed.Add(1), 10),
		Body:        body,
	}))
	return true
}

// Declare is room.Viewer's.
func (s *Session) Declare(l room.Loss) bool {
	n := notice{Code: hubbub.CodeSkipped, Destination: l.Destination, Skipped: l.Skipped,
		Message: strconv.Itoa(l.Skipped) + " messages were skipped because the connection did not take them"}
	if !l.GapTo.IsZero() {
		n.Code, n.Gap = hubbub.CodeGap, l.GapFrom.String()+".."+l.GapTo.String()
		n.Message = "messages between two positions cannot be had any more"
	}
	return s.tell(n, l)
}

// refuse answers a frame that is refused: with a notice if the session listens
// to notices, else with an ERROR and the end. The silent case is the caller's.
func (s *Session) refuse(why *hubbub.Error, about notice) {
	about.Code, about.Message, about.RetryAfterMS = why.Code, why.Message, why.RetryAfter.Milliseconds()
	if why.RetryAfter > 0 && why.RetryAfter < time.Millisecond {
		about.RetryAfterMS = 1
	}
	if !s.tell(about, room.Loss{}) {
		s.Fail(why, about.Receipt)
	}
}
