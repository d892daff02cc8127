package stomp

import (
	"slices"
	"strconv"

	"github.com/hubbub-live/hubbub"
)

// HeartBeat is the octet sent when there is nothing else to send.
const HeartBeat = "\n"

// ContentType is the content-type of every body that the server makes.
const ContentType = "application/json;charset=utf-8"

// AppendFrame appends a frame. headers are names, which are written as they are,
// and values in turn; a content-length follows them when there is a body. It
// allocates only to grow dst.
func AppendFrame(dst []byte, v Version, command string, body []byte, headers ...string) []byte {
	if opening(command) {
		v = 0
	}
	size := len(command) + len(body) + len("\ncontent-length:65536\n\n\x00")
	for _, text := range headers {
		size += len(text) + 1
	}
	dst = append(slices.Grow(dst, size), command...)
	dst = append(dst, '\n')
	for i := 0; i < len(headers); i += 2 {
		dst = append(dst, headers[i]...)
		dst = append(dst, ':')
		dst = appendEscaped(dst, v, headers[i+1])
		dst = append(dst, '\n')
	}
	if len(body) == 0 {
		return append(dst, '\n', 0)
	}
	return appendBody(dst, body)
}

// appendBody appends content-length, blank line, body and NUL.
func appendBody(dst, body []byte) []byte {
	dst = append(dst, "content-length:"...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, '\n', '\n')
	dst = append(dst, body...)
	return append(dst, 0)
}

// A Message is the part of a MESSAGE frame that is the same for everyone who
// is subscribed to a destination.
type Message struct {
	Destination string
	ID          string
	Position    hubbub.Position // zero: the channel has no positions
	Prev        hubbub.Position // zero with a Position: the first of its room
	Nonce       string          // the sender's; "": none
	Body        []byte          // JSON
}

// An Envelope is the part of a MESSAGE frame that differs between
// subscriptions.
type Envelope struct {
	Subscription string
	Replay       bool            // from history, not live
	Skipped      int             // how many messages were skipped before this one
	GapFrom      hubbub.Position // with GapTo: what lies between cannot be had
	GapTo        hubbub.Position // zero: no gap
}

// AppendMessage appends a MESSAGE frame. It allocates only to grow dst.
func AppendMessage(dst []byte, v Version, e *Envelope, m *Message) []byte {
	return AppendContent(AppendEnvelope(dst, v, e), v, m)
}

// AppendEnvelope appends the beginning of a MESSAGE frame, which AppendContent
// completes: what it appends can be made once for all subscriptions.
func AppendEnvelope(dst []byte, v Version, e *Envelope) []byte {
	dst = append(dst, "MESSAGE\nsubscription:"...)
	dst = appendEscaped(dst, v, e.Subscription)
	if e.Replay {
		dst = append(dst, "\nreplay:true"...)
	}
	if e.Skipped > 0 {
		dst = append(dst, "\nskipped:"...)
		dst = strconv.AppendInt(dst, int64(e.Skipped), 10)
	}
	if !e.GapTo.IsZero() {
		dst = append(dst, "\ngap:"...)
		dst = e.GapFrom.Append(dst)
		dst = append(dst, ".."...)
		dst = e.GapTo.Append(dst)
	}
	return append(dst, '\n')
}

// AppendContent appends what follows the envelope.
func AppendContent(dst []byte, v Version, m *Message) []byte {
	dst = append(dst, "destination:"...)
	dst = appendEscaped(dst, v, m.Destination)
	dst = append(dst, "\nmessage-id:"...)
	dst = appendEscaped(dst, v, m.ID)
	dst = append(dst, "\ncontent-type:"+ContentType+"\n"...)
	if !m.Position.IsZero() {
		dst = append(dst, "position:"...)
		dst = m.Position.Append(dst)
		dst = append(dst, "\nprev:"...)
		dst = m.Prev.Append(dst)
		dst = append(dst, '\n')
	}
	if m.Nonce != "" {
		dst = append(dst, "nonce:"...)
		dst = appendEscaped(dst, v, m.Nonce)
		dst = append(dst, '\n')
	}
	return appendBody(dst, m.Body)
}
