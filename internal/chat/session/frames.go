package session

import (
	"errors"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/sockjs"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
)

// errOver ends reading: the last frames have been written.
var errOver = errors.New("the session is over")

// take does what a piece of input demands. The error is a *hubbub.Error to be
// told, or ends the session without one.
func (s *Session) take(p transport.Piece) error {
	switch p.Kind {
	case transport.Ping:
		s.out.Offer(transport.AppendPong(nil, p.Data))
		return nil
	case transport.Pong:
		return nil
	case transport.Close:
		s.finish("", nil, closeNormal, "")
		return errOver
	}
	return s.data(p)
}

// data feeds the decoder: what is plain as it comes, SockJS' arrays once complete.
func (s *Session) data(p transport.Piece) error {
	if s.transport == transport.Plain {
		return s.decoder.Feed(p.Data, s.frame)
	}
	if most := 2*s.frameSize() + 1024; len(s.array)+len(p.Data) > most {
		return hubbub.Refuse(hubbub.CodeFrameTooLarge, "a SockJS message of more than %d octets", most)
	}
	s.array = append(s.array, p.Data...)
	if !p.End {
		return nil
	}
	text, err := sockjs.AppendMessages(nil, s.array)
	if s.array = s.array[:0]; cap(s.array) > 4<<10 {
		s.array = nil
	}
	if err != nil {
		return err
	}
	return s.decoder.Feed(text, s.frame)
}

func (s *Session) frameSize() int {
	if s.options.FrameSize > 0 {
		return s.options.FrameSize
	}
	return stomp.DefaultMaxFrame
}

// frame does what a frame says. An error ends the session; what the session
// survives is answered here.
func (s *Session) frame(f stomp.Frame) error {
	if s.over.Load() {
		return errOver // others may end it between two frames of a message
	}
	receipt, _ := f.Get("receipt")
	err := s.obey(&f, receipt)
	var refusal *hubbub.Error
	if errors.As(err, &refusal) {
		s.Fail(refusal, receipt)
		return errOver
	}
	return err
}

func (s *Session) obey(f *stomp.Frame, receipt string) error {
	opening := f.Command == stomp.Connect || f.Command == stomp.Stomp
	switch connected := s.protocol() != 0; {
	case opening && connected:
		return hubbub.Refuse(hubbub.CodeAlreadyConnected, "a second %s; open another connection", f.Command)
	case opening:
		return s.connect(f)
	case !connected:
		return hubbub.Refuse(hubbub.CodeNotConnected, "%s before CONNECT", f.Command)
	}
	switch f.Command {
	case stomp.Send:
		return s.send(f, receipt)
	case stomp.Subscribe:
		return s.subscribeFrame(f, receipt)
	case stomp.Unsubscribe:
		return s.unsubscribeFrame(f, receipt)
	case stomp.Disconnect:
		s.inFlight.settle(s.ctx)
		s.finish("", s.receiptFrame(receipt), closeNormal, "")
		return errOver
	case stomp.Ack, stomp.Nack:
		s.receipt(receipt)
		return nil
	case stomp.Begin, stomp.Commit, stomp.Abort:
		return hubbub.Refuse(hubbub.CodeUnsupported, "%s: there are no transactions", f.Command)
	}
	return hubbub.Refuse(hubbub.CodeMalformedFrame, "a client does not send %.32q", f.Command)
}

// receiptFrame makes a RECEIPT; nil if none was asked for.
func (s *Session) receiptFrame(receipt string, headers ...string) []byte {
	if receipt == "" {
		return nil
	}
	return stomp.AppendFrame(nil, s.protocol(), stomp.Receipt, nil, append([]string{"receipt-id", receipt}, headers...)...)
}

// receipt answers a frame that asked for it.
func (s *Session) receipt(receipt string, headers ...string) {
	if frame := s.receiptFrame(receipt, headers...); frame != nil {
		s.write(frame)
	}
}
