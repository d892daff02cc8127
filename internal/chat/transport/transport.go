// Package transport puts STOMP frames into WebSocket messages, as they are or in
// SockJS' arrays: the bytes that go to a socket, made once and shared by every
// viewer that speaks the same transport.
package transport

import (
	"encoding/binary"
	"slices"

	"github.com/gobwas/ws"
	"github.com/hubbub-live/hubbub/internal/chat/sockjs"
)

// A Transport is how STOMP frames travel.
type Transport uint8

// The transports.
const (
	Plain  Transport = iota // STOMP frames, several in one WebSocket text message
	SockJS                  // a["frame","frame"]
)

// maxMessage is where a batch is cut into another WebSocket message: some
// clients take no more than 64 KiB at once.
const maxMessage = 60 << 10

// maxHeader is the size of the longest header of a server's WebSocket frame.
const maxHeader = 10

// A Packer collects STOMP frames into WebSocket messages, one after the other in
// one slice. The zero Packer is ready for Reset.
type Packer struct {
	transport Transport
	out       []byte
	start     int    // of the open message's header room in out; -1: none is open
	joined    []byte // head and rest of a frame for SockJS
}

// Reset starts over, appending to dst (which may be nil).
func (p *Packer) Reset(t Transport, dst []byte) {
	p.transport, p.out, p.start = t, dst, -1
}

// Add appends one STOMP frame, which comes in two parts so that many can share
// the second; both are copied.
func (p *Packer) Add(head, rest []byte) {
	before := len(p.out)
	opened := p.start < 0
	if opened {
		p.start = before
		p.out = append(p.out, make([]byte, maxHeader)...)
	}
	switch p.transport {
	case Plain:
		p.out = append(append(p.out, head...), rest...)
	default:
		p.joined = append(append(p.joined[:0], head...), rest...)
		if opened {
			p.out = append(p.out, 'a', '[')
		} else {
			p.out = append(p.out, ',')
		}
		p.out = sockjs.AppendString(p.out, p.joined)
	}
	if !opened && len(p.out)-p.start > maxMessage { // how long it gets in SockJS is known only now
		p.out = p.out[:before]
		p.end()
		p.Add(head, rest)
	}
}

// Bytes closes the open message and returns everything added since Reset.
func (p *Packer) Bytes() []byte {
	if p.start >= 0 {
		p.end()
	}
	return p.out
}

// end writes the header of the open message, moving the payload back over the
// room that a short header leaves.
func (p *Packer) end() {
	if p.transport == SockJS {
		p.out = append(p.out, ']')
	}
	payload := p.out[p.start+maxHeader:]
	var header [maxHeader]byte
	n := putHeader(&header, ws.OpText, len(payload))
	copy(p.out[p.start:], header[:n])
	copy(p.out[p.start+n:], payload)
	p.out = p.out[:p.start+n+len(payload)]
	p.start = -1
}

func putHeader(header *[maxHeader]byte, op ws.OpCode, size int) int {
	header[0] = 0x80 | byte(op)
	switch {
	case size < 126:
		header[1] = byte(size)
		return 2
	case size < 1<<16:
		header[1] = 126
		binary.BigEndian.PutUint16(header[2:], uint16(size))
		return 4
	default:
		header[1] = 127
		binary.BigEndian.PutUint64(header[2:], uint64(size))
		return 10
	}
}

// AppendMessage appends a WebSocket message with one STOMP frame to dst.
func AppendMessage(t Transport, dst, frame []byte) []byte {
	var p Packer
	p.Reset(t, slices.Grow(dst, maxHeader+len(frame)))
	p.Add(frame, nil)
	return p.Bytes()
}

// AppendText appends a WebSocket text message with the payload as it is.
func AppendText(dst []byte, payload string) []byte { return appendRaw(dst, ws.OpText, []byte(payload)) }

// AppendPing appends a WebSocket ping.
func AppendPing(dst []byte) []byte { return appendRaw(dst, ws.OpPing, nil) }

// AppendPong appends the answer to a ping with that payload.
func AppendPong(dst, payload []byte) []byte { return appendRaw(dst, ws.OpPong, payload) }

// appendRaw appends a WebSocket frame with the payload as it is.
func appendRaw(dst []byte, op ws.OpCode, payload []byte) []byte {
	var header [maxHeader]byte
	n := putHeader(&header, op, len(payload))
	return append(append(dst, header[:n]...), payload...)
}

// AppendHeartBeat appends a STOMP heart-beat.
func AppendHeartBeat(t Transport, dst []byte) []byte {
	if t == SockJS {
		return appendRaw(dst, ws.OpText, []byte(`a["\n"]`))
	}
	return appendRaw(dst, ws.OpText, []byte("\n"))
}

// AppendClose appends what ends a connection with a number and a word.
func AppendClose(t Transport, dst []byte, number int, reason string) []byte {
	if t == SockJS {
		dst = appendRaw(dst, ws.OpText, sockjs.AppendClose(nil, number, reason))
	}
	return appendRaw(dst, ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(number), reason))
}
