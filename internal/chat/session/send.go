package session

import (
	"strings"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/send"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// publish is what precedes the stream in the destination of a SEND.
const publish = "/publish/"

// send hands a SEND on; the answer comes from the log's goroutine.
func (s *Session) send(f *stomp.Frame, receipt string) error {
	destination, ok := f.Get("destination")
	nonce, _ := f.Get("nonce")
	stream, found := strings.CutPrefix(destination, publish)
	about := notice{Destination: destination, Receipt: receipt}
	var why *hubbub.Error
	switch {
	case !ok:
		why = hubbub.Refuse(hubbub.CodeHeaderMissing, "SEND needs a destination")
	case !found || !hubbub.StreamID(stream).Valid():
		why = hubbub.Refuse(hubbub.CodeDestinationUnknown, "SEND goes to %s{streamId}, not to %.80q", publish, destination)
	case !s.inFlight.take(s.ctx): // waiting is back-pressure for a client that sends faster than the log writes
		why = hubbub.Refuse(hubbub.CodeShutdown, "this server is stopping, connect again")
	default:
		s.post(send.Post{Who: s.Who(), Stream: hubbub.StreamID(stream), Body: f.Body, Nonce: nonce}, about)
		return nil
	}
	s.options.Sender.CountRefused(why)
	s.refuseSend(why, about)
	return nil
}

// post hands a message to the sender; its place is free again once it is answered.
func (s *Session) post(p send.Post, about notice) {
	p.Answer = func(a send.Answer) {
		s.answer(p, a, about)
		s.inFlight.leave()
	}
	s.options.Sender.Post(s.ctx, p)
}

func (s *Session) answer(p send.Post, a send.Answer, about notice) {
	if a.Err != nil {
		about.Content = a.Content
		s.refuseSend(a.Err, about)
		return
	}
	headers := []string{"message-id", string(a.ID), "position", a.Position.String()}
	if p.Nonce != "" {
		headers = append(headers, "nonce", p.Nonce)
	}
	s.receipt(about.Receipt, headers...)
}

// refuseSend is refuse, but for the one silent case: nobody listens to notices
// and no receipt was asked for. The sender has counted it.
func (s *Session) refuseSend(why *hubbub.Error, about notice) {
	if about.Receipt == "" && s.notices.Load() == nil {
		return
	}
	s.refuse(why, about)
}
